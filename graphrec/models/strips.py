"""Strips of frames in order of time: an item's own, and those of each of its trailers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphrec.errors import DataError
from graphrec.graph.columns import Numbers
from graphrec.graph.data import Data
from graphrec.models.item_frames import FRAME, LISTS
from graphrec.ragged import Ints, Ragged

TIME = "Frame.time_s"
"""The property that orders frames."""


@dataclass(frozen=True)
class Strips:
    """What is shown one frame after the other.

    Attributes:
        frames: of each strip, in order of time; no strip is empty, and all its frames have features.
        items: int64 [strips], whose it is.
        trailers: int64 [strips], which trailer it is; -1 for an item's own frames, those of its segments among them.
    """

    frames: Ragged
    items: Ints
    trailers: Ints

    def of(self, items: Ints) -> Strips:
        """Return the strips of ``items``, int64 [n], alone."""
        kept = np.flatnonzero(np.isin(self.items, items))
        return Strips(self.frames.take(kept), self.items[kept], self.trailers[kept])


def strips_of(data: Data) -> Strips:
    """Return the strips of all items; a trailer of several items is a strip of each."""
    own, segments, of_segments, trailers, of_trailers = (data.lists[name] for name in LISTS)
    cut, shown = of_segments.take(segments.indices), of_trailers.take(trailers.indices)
    rows = np.concatenate([own.rows, segments.rows[cut.rows], data.items + shown.rows])
    frames = np.concatenate([own.indices, cut.indices, shown.indices])
    count = data.items + len(trailers.indices)
    every = in_order(Ragged.from_pairs(rows, frames, count).distinct(), data)
    used = np.flatnonzero(every.lengths)
    items = np.concatenate([np.arange(data.items), trailers.rows])
    of_trailer = np.concatenate([np.full(data.items, -1), trailers.indices])
    return Strips(every.take(used), items[used], of_trailer[used])


def in_order(lists: Ragged, data: Data) -> Ragged:
    """Return lists of frames in order of time, without such as have no features; those without a time come last."""
    described = data.content_of(FRAME).described[lists.indices]
    rows, frames = lists.rows[described], lists.indices[described]
    times = data.fields[TIME]
    assert isinstance(times, Numbers)
    arranged = np.lexsort((frames, times.values[frames], rows))
    return Ragged.from_sorted(rows[arranged], frames[arranged], len(lists))


def require_strips(data: Data, who: str) -> None:
    """Raise ``DataError`` where no item has a frame with features."""
    if data.item != "Item":
        raise DataError(f"{who} reads the frames of items, and not of {data.item} nodes; choose --projection ratings")
    if not len(strips_of(data).items):
        raise DataError(
            f"{who} needs items or trailers with frames that have features, and there are none; load some by "
            "`graphrec load trailers`, `graphrec load videos` or `graphrec load frames`"
        )
