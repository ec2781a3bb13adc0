"""Stored comments placed anew: on the segment or frame that plays at a moment of theirs, whatever they are ON now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.loading.resolve.equal_shots import EqualShots, equal_shots
from graphrec.loading.resolve.playing import BEGINS, Pieces
from graphrec.store.base import GraphStore, Ints
from graphrec.store.upsert import positions


@dataclass(frozen=True)
class Placing:
    """What is to be written of ON, and what is to go.

    Attributes:
        shots: the frames of equal shots, which come and go with the comments on them.
        new: by label, ``from`` and ``to`` of what is not there yet.
        gone: the same of what a comment is ON no longer.
        moved: how many comments are ON something else then.
        stayed: how many are ON the same segment or frame as before.
        on_videos: how many are ON a whole video, before and after.
        nowhere: how many are ON nothing, before and after.
    """

    shots: EqualShots
    new: Mapping[str, pa.Table]
    gone: Mapping[str, pa.Table]
    moved: int
    stayed: int
    on_videos: int
    nowhere: int

    def write(self, store: GraphStore) -> None:
        """Bring the graph to it; cut off, it has left each comment ON something, and is finished by doing it again."""
        with store.transaction():
            self.shots.write(store)
            for label, rows in self.new.items():
                store.write_relationships("ON", "Comment", label, rows)
            for label, rows in self.gone.items():
                store.delete_relationships("ON", "Comment", label, rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of what, by what it is called."""
        return {
            "moved": self.moved,
            "stayed": self.stayed,
            "on whole videos": self.on_videos,
            "on nothing": self.nowhere,
            "videos in equal shots": self.shots.videos,
            "of unknown length": self.shots.guessed,
            "commented shots": len(self.shots.frames),
            "videos with frames": self.shots.kept,
        }


def placing(comments: pa.Table, store: GraphStore, on: str | None = None, shots: int | None = None) -> Placing:
    """Return how comments come to be ON what plays at their moments.

    Args:
        comments: ``id``, ``video`` (empty where nobody knows), ``moment_s`` and ``time_s`` (float64), without nulls.
        store: what knows the videos, and what comments are ON.
        on: ``"Segment"`` or ``"Frame"``, on which all are then whose video has any; None for the label that each is ON
            now: what is ON a whole video, or on a piece that is no video's, stays there.
        shots: see ``equal_shots``.
    """
    count = len(comments)
    moved, settled, whole, pinned, taken = (np.zeros(count, bool) for _ in range(5))
    cut = equal_shots(comments, store, None if on == "Segment" else shots)
    pieces_of = {"Segment": Pieces.stored(store, "Segment"), "Frame": cut.pieces}
    known = {label: _edges(comments["id"], store, label, pieces_of[label].ids) for label in BEGINS}
    for label, (ids, comment, target) in known.items():
        # Of a trailer, which has moments of its own.
        pinned[comment[~_of_videos(store, label, ids)[target]]] = True
    new, gone = {}, {}
    for label in sorted(BEGINS, key=lambda one: one != on):
        pieces, (ids, comment, target) = pieces_of[label], known[label]
        settled[comment] = True
        asked = np.ones(count, bool) if label == on else np.isin(np.arange(count), comment)
        here = np.flatnonzero(asked & ~pinned & ~taken)
        found = pieces.playing(comments["video"].take(pa.array(here)), comments["moment_s"].to_numpy()[here])
        # Where each shall be, among the ids of the label; -1 for one that stays where it is, or goes to another label.
        wanted = np.full(count, -1, np.int64)
        wanted[here[found >= 0]] = positions(pieces.ids.take(pa.array(found[found >= 0])), ids)
        there = wanted[comment] == target
        missing = wanted >= 0
        missing[comment[there]] = False
        stale = ~there & ((wanted[comment] >= 0) | taken[comment])
        new[label] = _rows(comments, ids, np.flatnonzero(missing), wanted[missing])
        gone[label] = _rows(comments, ids, comment[stale], target[stale])
        moved |= missing
        moved[comment[stale]] = True
        if label == on:
            taken = wanted >= 0
    ids, comment, target = _edges(comments["id"], store, "Item", comments["video"].slice(0, 0))
    whole[comment] = True
    stale = taken[comment]
    gone["Item"] = _rows(comments, ids, comment[stale], target[stale])
    moved[comment[stale]] = True
    counts = (moved, settled & ~moved, whole & ~settled & ~moved, ~(whole | settled | moved))
    return Placing(cut, new, gone, *(int(one.sum()) for one in counts))


def _edges(
    comments: pa.ChunkedArray, store: GraphStore, label: str, more: pa.ChunkedArray
) -> tuple[pa.ChunkedArray, Ints, Ints]:
    """Return the ids of a label and ``more``, and which of ``comments`` is ON which of those, int64 [e] twice."""
    edges = store.read_relationships("ON", "Comment", label)
    row = positions(edges.source_ids, comments)[edges.source]
    added = more.filter(pa.array(positions(more, edges.target_ids) < 0))
    ids = pa.chunked_array([*edges.target_ids.chunks, *added.chunks], pa.string())
    return ids, row[row >= 0], edges.target[row >= 0]


def _of_videos(store: GraphStore, label: str, ids: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return bool [n], which of ``ids``, nodes of a label, videos have."""
    owner = store.read_relationships(BEGINS[label][0], "Item", label)
    found = np.zeros(len(ids), bool)
    found[positions(owner.target_ids, ids)[np.unique(owner.target)]] = True
    return found


def _rows(comments: pa.Table, ids: pa.ChunkedArray, comment: Ints, target: Ints) -> pa.Table:
    return pa.table({"from": comments["id"].take(pa.array(comment)), "to": ids.take(pa.array(target))})
