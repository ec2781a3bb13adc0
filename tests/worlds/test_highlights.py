import csv

import numpy as np
import pytest

from graphrec.errors import ConfigError, DataError
from graphrec.media.describe_file import describe
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.registry import Encoders, frame_encoder
from graphrec.media.keyframes import FrameRule
from graphrec.media.segments import overlapping
from graphrec.media.settings import DescribeSettings
from graphrec.media.thumbnails import spooling
from graphrec.worlds.highlights import COLUMNS, make_world

SMALL = {"videos": 10, "users": 40, "topics": 5, "segments": (8, 12)}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("world"), seed=3, **SMALL)


@pytest.fixture(scope="module")
def described(world):
    encoders, settings = (
        Encoders(frame_encoder(EncoderSpec("descriptor"))),
        DescribeSettings(frames=FrameRule("none")),
    )
    with spooling(world.videos.parent / "spool") as spool:
        return {v: describe(world.videos / f"{v}.mp4", settings, encoders, spool)[0] for v in world.topics}


def _rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(world, tmp_path, sampled):
    same, other = (make_world(tmp_path / str(seed), seed=seed, **SMALL) for seed in (3, 4))
    for name in ("highlights", "truth"):
        assert getattr(same, name).read_bytes() == getattr(world, name).read_bytes()
        assert getattr(other, name).read_bytes() != getattr(world, name).read_bytes()
    np.testing.assert_array_equal(same.tastes, world.tastes)
    one, two, three = (sampled(w.videos / "v000.mp4").frames for w in (world, same, other))
    np.testing.assert_array_equal(one, two)
    assert one.shape != three.shape or (one != three).any()


def test_every_video_lasts_as_long_as_its_segments(world, described):
    assert len(list(world.videos.iterdir())) == SMALL["videos"]
    for video, topics in world.topics.items():
        assert described[video].info.duration_s == pytest.approx(5 * len(topics), abs=1e-6)
        assert len(described[video].segments) == len(topics)


def test_new_videos_are_in_truth_only(world):
    assert len(world.new_videos) == 2
    seen, hidden = ({row["video"] for row in _rows(path)} for path in (world.highlights, world.truth))
    assert seen <= set(world.topics) - set(world.new_videos)
    assert hidden == set(world.new_videos)


def test_rows_are_in_order_of_time_and_inside_their_videos(world, described):
    for path in (world.highlights, world.truth):
        rows = _rows(path)
        assert tuple(rows[0]) == COLUMNS
        for row in rows:
            length = described[row["video"]].info.duration_s
            assert 0 <= float(row["start_s"]) < float(row["end_s"]) <= length
        times = [int(r["at"]) for r in rows]
        assert times == sorted(times)
    assert max(int(r["at"]) for r in _rows(world.highlights)) < min(int(r["at"]) for r in _rows(world.truth))


def test_the_oracle_knows_what_users_highlight_and_theta_matters(world, described):
    rows = _rows(world.truth)
    starts, ends, durations = (
        [float(r["start_s"]) for r in rows],
        [float(r["end_s"]) for r in rows],
        [described[r["video"]].info.duration_s for r in rows],
    )
    index, positions = overlapping(starts, ends, durations)
    shares = []
    for i, position in zip(index, positions, strict=True):
        scores = world.tastes[world.users.index(rows[i]["user"]), world.topics[rows[i]["video"]]]
        shares.append((scores < scores[position]).mean())
    assert np.mean(shares) > 0.65
    assert len(index) < 0.8 * len(overlapping(starts, ends, durations, theta=0.0)[0])


def test_topics_can_be_learnt_across_videos_but_not_from_one_cue(world, described):
    features = np.concatenate([described[v].looks[0] for v in world.topics])
    topics = np.concatenate(list(world.topics.values()))
    video = np.repeat(np.arange(len(world.topics)), [len(t) for t in world.topics.values()])
    distance = np.square(features[:, None] - features[None]).sum(axis=2)
    distance[video[:, None] == video] = np.inf
    assert 0.75 < (topics[distance.argmin(axis=1)] == topics).mean() <= 1


def test_progress_is_told_for_each_video(tmp_path):
    told = []
    make_world(tmp_path, seed=0, videos=3, users=2, segments=(1, 2), progress=lambda *p: told.append(p))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_folder_with_other_videos_is_refused(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "holiday.mp4").touch()
    with pytest.raises(DataError, match=r"holiday\.mp4"):
        make_world(tmp_path, seed=0, videos=2, segments=(1, 1))
    assert [p.name for p in (tmp_path / "videos").iterdir()] == ["holiday.mp4"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        make_world(tmp_path / "file", seed=0, videos=2, segments=(1, 1))


@pytest.mark.parametrize(
    "wrong", [{"videos": 1}, {"users": 0}, {"topics": 17}, {"segments": (3, 2)}, {"new_share": 1.0}]
)
def test_numbers_out_of_range_are_refused(tmp_path, wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        make_world(tmp_path, seed=0, **wrong)
