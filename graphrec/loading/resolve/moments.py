"""Comments given by their time in a video: which stored segment or frame they are ON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.loading.blocks import Known, Lines, RelationshipBlock, Resolved, no_lines
from graphrec.rows import Checked, check
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions

BEGINS = {"Segment": ("HAS_SEGMENT", "start_s"), "Frame": ("HAS_FRAME", "time_s")}


@dataclass(frozen=True)
class PendingMoments:
    """Comments by their time in a video; they become ON a segment or frame by what the store knows of each video.

    Attributes:
        table: ``comment``, ``video`` (item) and ``time_s`` (float64), without nulls.
        label: ``"Segment"`` for the one that the time is in, ``"Frame"`` for the last one before; where a video has
            none, a comment is ON the video.
        source: the file the rows come from.
        line: the line of the first row in that file.
        elsewhere: lines between the rows that another block accounts for.
        cells: the rows as the file has them, by its names, for rejects; None where that is ``table``.
    """

    table: pa.Table
    label: str
    source: str
    line: int = 1
    elsewhere: Lines = field(default_factory=no_lines)
    cells: pa.Table | None = None
    after_its_file: ClassVar[bool] = False

    def resolve(self, known: Known) -> Iterator[Resolved]:
        """Yield the ON rows."""
        return placed(self, known.store)


def placed(block: PendingMoments, store: GraphStore | None) -> Iterator[Resolved]:
    """Yield the ON rows of a block, checked: those on segments or frames, then those on videos that have none.

    A comment that the graph has ON another one is refused: it was placed with other settings.

    Args:
        block: the comments.
        store: what knows the videos; None for nothing.
    """
    comments, videos = block.table["comment"], block.table["video"]
    rows = pa.table({"from": comments, "to": videos})
    found = np.full(len(rows), -1, np.int64)
    if store is not None:
        found, keys = _places(block, store)
        here = np.flatnonzero(found >= 0)
        on = pa.table({"from": comments.take(pa.array(here)), "to": keys.take(pa.array(found[here]))})
        checked = check(on, ["from", "to"], ())
        checked.rows = here[checked.rows]
        yield _block(block, block.label), _unmoved(checked, block.label, store)
    left = np.flatnonzero(found < 0)
    if len(left):
        checked = check(rows.take(pa.array(left)), ["from", "to"], ())
        checked.rows = left[checked.rows]
        yield _block(block, "Item"), checked


def _block(block: PendingMoments, label: str) -> RelationshipBlock:
    known = ("Comment",) if label == "Item" else ("Comment", label)
    return RelationshipBlock(
        "ON", "Comment", label, block.table, block.source, block.line, existing=known, elsewhere=block.elsewhere,
        cells=block.cells,
    )  # fmt: skip


def _places(block: PendingMoments, store: GraphStore) -> tuple[npt.NDArray[np.int64], pa.ChunkedArray]:
    """Return for each comment the row of its segment or frame, int64 [n], -1 for none; and the ids of those."""
    name, begins = BEGINS[block.label]
    owner = store.read_relationships(name, "Item", block.label)
    nodes = store.read_nodes(block.label, [begins])
    starts = nodes[begins].to_numpy()[positions(owner.target_ids, nodes["id"])][owner.target]
    times = block.table["time_s"].to_numpy()
    span = max(starts.max(initial=0), times.max(initial=0)) + 1
    # Videos one after the other on one line of time, each as long as the longest.
    line = owner.source * span + starts
    order = np.argsort(line, kind="stable")
    video = positions(block.table["video"], owner.source_ids)
    at = np.searchsorted(line[order], video * span + times, side="right") - 1
    first = np.searchsorted(line[order], video * span, side="left")
    # A moment before the first frame belongs to that one.
    at = np.maximum(at, first)
    here = np.flatnonzero((video >= 0) & (at < len(order)))
    here = here[owner.source[order[at[here]]] == video[here]]
    found = np.full(len(times), -1, np.int64)
    found[here] = owner.target[order[at[here]]]
    return found, owner.target_ids


def _unmoved(checked: Checked, label: str, store: GraphStore) -> Checked:
    """Refuse the comments that are ON another node of ``label``."""
    stored = store.read_relationships("ON", "Comment", label)
    if not len(stored.source):
        return checked
    before = np.full(len(stored.source_ids), -1, np.int64)
    before[stored.source] = stored.target
    comment = positions(checked.table["from"], stored.source_ids)
    target = np.where(comment < 0, -1, before[comment])
    now = positions(checked.table["to"], stored.target_ids)
    moved = np.flatnonzero((target >= 0) & (target != now))
    reason = (
        f"the graph has this comment ON another {label}; use the settings of before, or another workspace"
    )
    return checked.without(moved, reason)
