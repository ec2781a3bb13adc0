from itertools import pairwise

import numpy as np
import pytest

from graphrec.errors import ConfigError, DataError
from graphrec.media.segments import cut, overlapping, segment_count


def test_cut_keeps_a_last_piece_of_at_least_half():
    assert cut(12.5) == [(0.0, 5.0, 0), (5.0, 10.0, 1), (10.0, 12.5, 2)]


def test_cut_merges_a_shorter_last_piece_into_the_one_before():
    assert cut(12.4) == [(0.0, 5.0, 0), (5.0, 12.4, 1)]


def test_cut_gives_a_very_short_video_one_segment():
    assert cut(0.3) == [(0.0, 0.3, 0)]


@pytest.mark.parametrize("length_s", [5.0, 3.3, 0.1])
def test_count_agrees_with_cut_and_segments_tile_the_video(length_s):
    durations = np.concatenate([np.random.default_rng(0).uniform(0.01, 40, 200), np.arange(1, 60) * 0.1 * 5])
    counts = segment_count(durations, length_s)
    for duration, count in zip(durations, counts, strict=True):
        pieces = cut(duration, length_s)
        assert len(pieces) == count
        assert (pieces[0][0], pieces[-1][1]) == (0.0, duration)
        assert [p for _, _, p in pieces] == list(range(count))
        assert all(a[1] == b[0] for a, b in pairwise(pieces))
        assert all(end > start for start, end, _ in pieces)


@pytest.mark.parametrize("duration", [0, -1, np.nan, np.inf])
def test_impossible_durations_are_refused_with_their_number(duration):
    with pytest.raises(DataError, match=r"1 of 2 durations .*number 1"):
        segment_count([7.0, duration])


def test_impossible_settings_are_refused():
    with pytest.raises(ConfigError, match="segment length of 0"):
        cut(10, 0)
    with pytest.raises(ConfigError, match="theta is 1"):
        overlapping([0], [1], 10, theta=1)


def _covered(start, end, duration=30.0, **settings):
    highlight, position = overlapping([start], [end], duration, **settings)
    assert (highlight == 0).all()
    return position.tolist()


def test_the_papers_figure():
    # User a, from the second segment to the fifth: more than half of the second, less than half of the fifth.
    assert _covered(7.0, 22.0) == [1, 2, 3]


def test_exactly_theta_is_not_enough():
    assert _covered(2.5, 5.0) == []
    assert _covered(2.49, 5.0) == [0]
    assert _covered(2.5, 12.5) == [1]
    # 0.3 - 0.1 and 0.6 - 0.5 carry rounding errors in binary.
    assert _covered(0.1, 0.3, duration=3, theta=0.5, length_s=0.4) == []


def test_theta_zero_takes_what_is_touched_and_no_neighbour():
    assert _covered(5.0, 10.0, theta=0.0) == [1]
    assert _covered(4.9, 10.1, theta=0.0) == [0, 1, 2]


def test_the_last_segment_is_measured_by_its_own_length():
    assert _covered(10.0, 11.3, duration=12.5) == [2]  # 1.3 of 2.5 s
    assert _covered(5.0, 8.7, duration=12.4) == []  # exactly half of the merged 7.4 s
    assert _covered(5.0, 8.8, duration=12.4) == [1]
    assert _covered(10.0, 12.4, duration=12.4) == []  # 2.4 of 7.4 s


def test_what_lies_outside_the_video_counts_nothing():
    assert _covered(-10, 3) == [0]
    assert _covered(28, 99) == []
    assert _covered(27, 99) == [5]
    assert _covered(40, 50) == []
    assert _covered(9, 3) == []


def test_many_highlights_of_many_videos_agree_with_a_plain_loop():
    rng = np.random.default_rng(3)
    starts, lengths, durations = rng.uniform(-2, 60, 500), rng.uniform(0, 25, 500), rng.uniform(1, 50, 500)
    expected = [
        (h, position)
        for h, (start, length, duration) in enumerate(zip(starts, lengths, durations, strict=True))
        for low, high, position in cut(duration)
        if (min(start + length, high) - max(start, low)) / (high - low) > 0.5
    ]
    highlight, position = overlapping(starts, starts + lengths, durations)
    assert list(zip(highlight.tolist(), position.tolist(), strict=True)) == expected
    assert highlight.dtype == position.dtype == np.int64


def test_no_highlights_give_nothing():
    highlight, position = overlapping([], [], 10.0)
    assert len(highlight) == len(position) == 0


def test_a_time_that_is_no_number_is_refused():
    with pytest.raises(DataError, match="not a finite number"):
        overlapping([np.nan], [3.0], 10.0)
