"""Highlights given by start and end: which stored segments they cover (TransGRec, section 2)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec import schema
from graphrec.errors import DataError
from graphrec.loading.blocks import Known, Lines, Refused, RelationshipBlock, Resolved, no_lines
from graphrec.ragged import Ragged
from graphrec.rows import check
from graphrec.schema import Property
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions

SPAN = (Property("video", "string"), Property("start_s", "float64"), Property("end_s", "float64"))

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PendingIntervals:
    """Highlights as stretches of videos; they become HIGHLIGHTED segments by what the store knows of each video.

    Attributes:
        table: ``from`` (user), ``video`` (item), ``start_s``, ``end_s`` and properties of HIGHLIGHTED.
        theta: the share of a segment that a highlight must cover by more than this.
        source: the file the rows come from.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
        columns: what the file calls the columns of ``table``, where it differs.
        left_out: lines of rows that nobody asked for.
        own: the properties in ``table`` that are the graph's own, beside the schema's.
        cells: the rows as the file has them, by its names, for reasons and rejects; None where that is ``table``.
    """

    table: pa.Table
    theta: float
    source: str
    line: int = 1
    refused: Refused = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    left_out: Lines = field(default_factory=no_lines)
    own: tuple[schema.Property, ...] = ()
    cells: pa.Table | None = None
    after_its_file: ClassVar[bool] = True

    def resolve(self, known: Known) -> Iterator[Resolved]:
        """Yield the HIGHLIGHTED rows; raises ``DataError`` where no graph knows any video."""
        if known.store is None:
            raise DataError("highlights given by start and end need their videos; load those first")
        yield highlighted_rows(self, known, known.store)


def highlighted_rows(block: PendingIntervals, graph: Known, store: GraphStore) -> Resolved:
    """Return the HIGHLIGHTED rows of a block, checked; rows whose video has no segments are refused.

    A highlight covers a segment when it covers more than ``theta`` of it. A segment that several rows of a user
    cover keeps the newest row, by ``at`` and then ``sequence``; equally new rows that differ otherwise are refused.
    """
    highlighted = (*schema.properties("HIGHLIGHTED"), *block.own)

    def users(table: pa.Table) -> dict[int, str]:
        return graph.refused("User", table["from"], block.columns.get("from", "from"))

    # The row's number makes every row its own key: two highlights of one video are no contradiction.
    numbered = block.table.append_column("row", pa.array(np.arange(block.table.num_rows)).cast(pa.string()))
    keys = ["from", "video", "row"]
    checked = check(numbered, keys, (*SPAN, *highlighted), block.columns, cells=block.cells, refuse=users)
    rows = checked.table
    owner = store.read_relationships("HAS_SEGMENT", "Item", "Segment")
    segments = store.read_nodes("Segment", ["start_s", "end_s"])
    at = positions(owner.target_ids, segments["id"])
    start_s, end_s = (segments[name].to_numpy()[at] for name in ("start_s", "end_s"))
    of_video = Ragged.from_pairs(owner.source, owner.target, len(owner.source_ids))
    video = positions(rows["video"], owner.source_ids)
    begin, finish = (rows[name].to_numpy() for name in ("start_s", "end_s"))
    empty = ~(finish > begin)
    known = video >= 0
    known[known] = of_video.lengths[video[known]] > 0
    reasons = np.where(
        known, "its end is not after its start", "its video has no segments; load the video first"
    )
    wrong = np.flatnonzero(empty | ~known)
    refused = [
        (int(rows["row"][int(r)].as_py()), f"highlight of {rows['video'][int(r)].as_py()!r}: {reasons[r]}")
        for r in wrong
    ]
    here = np.flatnonzero(known & ~empty)
    touched = of_video.take(video[here])
    row, segment = here[touched.rows], touched.indices
    covered = np.minimum(finish[row], end_s[segment]) - np.maximum(begin[row], start_s[segment])
    liked = covered > block.theta * (end_s[segment] - start_s[segment]) + 1e-9
    row, segment = row[liked], segment[liked]
    nothing = len(here) - len(np.unique(row))
    if nothing:
        log.info(
            "%s: %s highlights cover no segment by more than %.0f %% of it: they are left out",
            block.source, f"{nothing:,}", block.theta * 100,
        )  # fmt: skip
    properties = [name for name in rows.column_names if name in {p.name for p in highlighted}]
    table = pa.table(
        {
            "from": rows["from"].take(pa.array(row)),
            "to": owner.target_ids.take(pa.array(segment)),
            **{name: rows[name].take(pa.array(row)) for name in properties},
        }
    )
    newest = _newest(table)
    older = table.num_rows - len(newest)
    result = check(table.take(pa.array(newest)), ["from", "to"], highlighted, block.columns)
    refused += [(int(rows["row"][int(row[newest[r]])].as_py()), reason) for r, reason in result.refused]
    result.repeated += older
    result.nothing, result.assumed = nothing, checked.assumed
    result.trimmed, result.composed = checked.trimmed, checked.composed
    # A highlight may contradict another in several segments; one line says so.
    result.refused = sorted(dict(reversed([*checked.refused, *refused])).items())
    return RelationshipBlock(
        "HIGHLIGHTED",
        "User",
        "Segment",
        block.table,
        block.source,
        block.line,
        block.refused,
        block.columns,
        block.left_out,
        own=block.own,
        cells=block.cells,
    ), result


def _newest(table: pa.Table) -> npt.NDArray[np.int64]:
    """Return int64 [n]: the rows than which no other row with the same ends is newer, in order."""
    times = [name for name in ("at", "sequence") if name in table.column_names]
    rows = table.select(["from", "to", *times]).to_pandas()
    for name in times:
        latest = rows.groupby(["from", "to"], sort=False)[name].transform("max")
        rows = rows[(rows[name] == latest) | latest.isna()]
    return np.asarray(rows.index, np.int64)
