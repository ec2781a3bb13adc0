"""What of a video is playing at a moment: the segment that the moment is in, or the last frame before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.store.base import GraphStore, Ints
from graphrec.store.upsert import positions

BEGINS = {"Segment": ("HAS_SEGMENT", "start_s"), "Frame": ("HAS_FRAME", "time_s")}
"""By what a video has them, and the property that says when they begin."""

Times = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pieces:
    """Segments or frames of videos.

    Attributes:
        ids: string [p].
        videos: string [v], ids of videos.
        video: int64 [p], which of ``videos`` each is of.
        begins: float64 [p], seconds.
        shots: int64 [p], ``Frame.shots``; 0 for what stands for no equal shot.
    """

    ids: pa.ChunkedArray
    videos: pa.ChunkedArray
    video: Ints
    begins: Times
    shots: Ints

    @classmethod
    def stored(cls, store: GraphStore, label: str) -> Pieces:
        """Return all of ``label``, ``"Segment"`` or ``"Frame"``, that videos have and that begin at a known time.

        A segment's first frame stands for it from its start on. Frames of equal shots, which have no picture, count
        only where a video has no others.
        """
        name, begins = BEGINS[label]
        owner = store.read_relationships(name, "Item", label)
        nodes = store.read_nodes(label, [begins, *(["shots"] if label == "Frame" else [])])
        row = positions(owner.target_ids, nodes["id"])[owner.target]
        begin = _numbers(nodes[begins])[row]
        shots = np.zeros(len(row), np.int64)
        kept = np.isfinite(begin)
        if label == "Frame":
            begin = np.fmin(begin, _segment_starts(store, owner.target_ids)[owner.target])
            shots = pc.fill_null(nodes["shots"], 0).to_numpy()[row]
            others = np.bincount(owner.source, (shots == 0) & kept, len(owner.source_ids)) > 0
            kept &= (shots == 0) | ~others[owner.source]
        ids = owner.target_ids.take(pa.array(owner.target[kept]))
        return cls(ids, owner.source_ids, owner.source[kept], begin[kept], shots[kept])

    def playing(self, videos: pa.ChunkedArray, times: Times) -> Ints:
        """Return the piece that plays in each of ``videos`` at ``times`` (seconds), int64 [n]; -1 where there is none.

        A moment before a video's first piece belongs to that one.
        """
        # Videos one after the other on one line, on which times are numbered: sums of seconds would be rounded.
        known = np.unique(self.begins)
        span = len(known) + 1
        line = self.video * span + np.searchsorted(known, self.begins)
        order = np.argsort(line, kind="stable")
        video = positions(videos, self.videos)
        moment = video * span + np.searchsorted(known, times, side="right") - 1
        at = np.searchsorted(line[order], moment, side="right") - 1
        first = np.searchsorted(line[order], video * span, side="left")
        at = np.maximum(at, first)
        here = np.flatnonzero((video >= 0) & (at < len(order)))
        here = here[self.video[order[at[here]]] == video[here]]
        found = np.full(len(times), -1, np.int64)
        found[here] = order[at[here]]
        return found


def _segment_starts(store: GraphStore, frames: pa.ChunkedArray) -> Times:
    """Return where the segment begins of which each of ``frames`` (ids) is the first, float64 [f]; NaN for others."""
    of = store.read_relationships("HAS_FRAME", "Segment", "Frame")
    found = np.full(len(frames), np.nan)
    if not len(of.source):
        return found
    segments, nodes = store.read_nodes("Segment", ["start_s"]), store.read_nodes("Frame", ["time_s"])
    start = _numbers(segments["start_s"])[positions(of.source_ids, segments["id"])][of.source]
    time = _numbers(nodes["time_s"])[positions(of.target_ids, nodes["id"])][of.target]
    order = np.lexsort((time, of.source))
    first = order[np.diff(of.source[order], prepend=-1) > 0]
    found[positions(of.target_ids, frames)[of.target[first]]] = start[first]
    return found


def _numbers(column: pa.ChunkedArray) -> Times:
    """Return a column as float64 [n], NaN for a null."""
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), np.float64)
