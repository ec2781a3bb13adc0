"""Comments given by their time in a video: which stored segment or frame they are ON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.loading.blocks import Known, Lines, RelationshipBlock, Resolved, no_lines
from graphrec.loading.resolve.playing import Pieces
from graphrec.loading.resolve.prepared import PreparedComments
from graphrec.rows import Checked, check
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions


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
        return placed(self, known)


def placed(block: PendingMoments, known: Known) -> Iterator[Resolved]:
    """Yield the ON rows of a block, checked, those of one label after the other.

    A comment that ``graphrec prepare`` has placed stays there; another that the graph has ON another one is refused: it
    was placed with other settings.
    """
    comments, videos = block.table["comment"], block.table["video"]
    # What a comment is ON is the first of these that there is.
    ways = [*known.once(PreparedComments).targets(comments, block.label)]
    if known.store is not None:
        pieces = Pieces.stored(known.store, block.label)
        found = pieces.playing(videos, block.table["time_s"].to_numpy())
        ways.append((block.label, pieces.ids.take(pa.array(found, mask=found < 0))))
    ways.append(("Item", videos))
    chosen = np.select([pc.is_valid(column).to_numpy() for _, column in ways], np.arange(len(ways)))
    to = pc.coalesce(*(column for _, column in ways))
    for label in dict.fromkeys([block.label, *(label for label, _ in ways)]):
        of_label = [number for number, (own, _) in enumerate(ways) if own == label]
        here = np.flatnonzero(np.isin(chosen, of_label))
        rows = pa.table({"from": comments, "to": to}).take(pa.array(here))
        checked = check(rows, ["from", "to"], ())
        checked.rows = here[checked.rows]
        if label == block.label and known.store is not None:
            checked = _unmoved(checked, label, known.store)
        if len(here) or label == block.label:
            yield _block(block, label), checked


def _block(block: PendingMoments, label: str) -> RelationshipBlock:
    known = ("Comment",) if label == "Item" else ("Comment", label)
    return RelationshipBlock(
        "ON", "Comment", label, block.table, block.source, block.line, existing=known, elsewhere=block.elsewhere,
        cells=block.cells,
    )  # fmt: skip


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
