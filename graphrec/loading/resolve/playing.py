"""What of a video is playing at a moment: the segment that the moment is in, or the last frame before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.store.base import GraphStore, Ints
from graphrec.store.upsert import positions

BEGINS = {"Segment": ("HAS_SEGMENT", "start_s"), "Frame": ("HAS_FRAME", "time_s")}
"""By what a video has them, and the property that says when they begin."""


@dataclass(frozen=True)
class Pieces:
    """Segments or frames of videos.

    Attributes:
        ids: string [p].
        videos: string [v], ids of videos.
        video: int64 [p], which of ``videos`` each is of.
        begins: float64 [p], seconds.
    """

    ids: pa.ChunkedArray
    videos: pa.ChunkedArray
    video: Ints
    begins: npt.NDArray[np.float64]

    @classmethod
    def stored(cls, store: GraphStore, label: str) -> Pieces:
        """Return all of ``label``, ``"Segment"`` or ``"Frame"``, that videos have."""
        name, begins = BEGINS[label]
        owner = store.read_relationships(name, "Item", label)
        nodes = store.read_nodes(label, [begins])
        begin = nodes[begins].to_numpy()[positions(owner.target_ids, nodes["id"])]
        return cls(owner.target_ids.take(pa.array(owner.target)), owner.source_ids, owner.source, begin[owner.target])

    def playing(self, videos: pa.ChunkedArray, times: npt.NDArray[np.float64]) -> Ints:
        """Return the piece that plays in each of ``videos`` at ``times`` (seconds), int64 [n]; -1 where there is none.

        A moment before a video's first piece belongs to that one.
        """
        span = max(self.begins.max(initial=0), times.max(initial=0)) + 1
        # Videos one after the other on one line of time, each as long as the longest.
        line = self.video * span + self.begins
        order = np.argsort(line, kind="stable")
        video = positions(videos, self.videos)
        at = np.searchsorted(line[order], video * span + times, side="right") - 1
        first = np.searchsorted(line[order], video * span, side="left")
        at = np.maximum(at, first)
        here = np.flatnonzero((video >= 0) & (at < len(order)))
        here = here[self.video[order[at[here]]] == video[here]]
        found = np.full(len(times), -1, np.int64)
        found[here] = order[at[here]]
        return found
