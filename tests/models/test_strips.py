"""Frames of items and trailers in order of time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.graph.columns import Numbers
from graphrec.models.strips import TIME, in_order, require_strips, strips_of
from graphrec.ragged import Ragged
from graphrec.testing.framed import FRAMES, ITEMS, framed


def timed(times=(0.0, 5.0, np.nan, 2.0, 1.0, 0.5)):
    return replace(framed(), fields={TIME: Numbers(np.array(times))})


def test_an_items_own_frames_and_each_trailer_are_strips() -> None:
    strips = strips_of(timed())
    found = [(item, trailer, strips.frames[row].tolist()) for row, (item, trailer) in enumerate(
        zip(strips.items.tolist(), strips.trailers.tolist(), strict=True)
    )]  # fmt: skip
    # Frame 3 is shown before frame 1, 2 has no time, 4 no features, and 0 is of a segment of item 3.
    assert found == [(0, -1, [3, 1]), (1, -1, [2]), (3, -1, [0]), (4, -1, [5, 2]), (1, 0, [5])]


def test_a_trailer_of_two_items_is_a_strip_of_each() -> None:
    data = timed()
    both = Ragged.from_pairs(np.array([1, 2]), np.array([0, 0]), ITEMS)
    strips = strips_of(replace(data, lists={**data.lists, "Item>Trailer": both}))
    of_trailer = np.flatnonzero(strips.trailers == 0)
    assert strips.items[of_trailer].tolist() == [1, 2]
    assert [strips.frames[row].tolist() for row in of_trailer] == [[5], [5]]


def test_frames_without_a_time_keep_the_order_of_their_ids() -> None:
    data = timed([np.nan] * FRAMES)
    every = Ragged(np.array([0, FRAMES]), np.arange(FRAMES)[::-1].copy())
    assert in_order(every, data)[0].tolist() == [0, 1, 2, 3, 5]


def test_items_without_frames() -> None:
    data = timed()
    nothing = {name: Ragged(np.zeros_like(one.indptr), one.indices[:0]) for name, one in data.lists.items()}
    with pytest.raises(DataError, match="frames that have features, and there are none"):
        require_strips(replace(data, lists=nothing), "trailernet")
    with pytest.raises(DataError, match="not of Segment nodes"):
        require_strips(replace(data, item="Segment"), "trailernet")
