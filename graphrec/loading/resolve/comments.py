"""Comments with who wrote them and what they are on: a row of a table is all of that, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.loading.blocks import (
    Known,
    Lines,
    NodeBlock,
    Refusal,
    Refused,
    RelationshipBlock,
    Resolved,
    by_line,
    lines_of_rows,
    no_lines,
)
from graphrec.loading.resolve.moments import PendingMoments
from graphrec.loading.resolve.prepared import PreparedComments


@dataclass(frozen=True)
class PendingComments:
    """Rows of comments, each without nulls.

    Attributes:
        nodes: ``id``, ``words`` and further properties of each comment.
        wrote: ``from`` (user) and ``to`` (comment).
        moments: what ``PendingMoments`` takes.
        label: what comments are ON, as there.
        source: the file the rows come from.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
        left_out: lines of rows that nobody asked for.
        columns: what the file calls ``user`` and ``video``.
        cells: the rows as the file has them, by its names.
    """

    nodes: pa.Table
    wrote: pa.Table
    moments: pa.Table
    label: str
    source: str
    line: int = 1
    refused: Refused = ()
    left_out: Lines = field(default_factory=no_lines)
    columns: Mapping[str, str] = field(default_factory=dict)
    cells: pa.Table | None = None
    after_its_file: ClassVar[bool] = False

    def resolve(self, known: Known) -> Iterator[Resolved | NodeBlock | RelationshipBlock]:
        """Yield the comments, who wrote them, and what they are ON."""
        wrong = known.refused("Item", self.moments["video"], self.columns.get("video", "video"))
        wrong |= known.refused("User", self.wrote["from"], self.columns.get("user", "user"))
        lines = lines_of_rows(self.line, self.nodes.num_rows, self.refused, self.left_out)
        told = [{} if self.cells is None else self.cells.slice(row, 1).to_pylist()[0] for row in wrong]
        more = [
            Refusal(int(lines[row]), reason, cells=cells)
            for (row, reason), cells in zip(wrong.items(), told, strict=True)
        ]
        refused = tuple(sorted([*self.refused, *more], key=by_line))
        kept = pa.array(np.setdiff1d(np.arange(self.nodes.num_rows), list(wrong)).astype(np.int64))
        nodes, wrote, moments = (table.take(kept) for table in (self.nodes, self.wrote, self.moments))
        cells = None if self.cells is None else self.cells.take(kept)
        # A null says nothing about the words that it has.
        prepared = pa.array(known.once(PreparedComments).are(nodes["id"]))
        words = pc.if_else(prepared, None, nodes["words"])
        nodes = nodes.set_column(nodes.column_names.index("words"), "words", words)
        place = self.source, self.line
        yield NodeBlock("Comment", nodes, *place, refused, left_out=self.left_out, cells=cells)
        elsewhere = np.concatenate([np.array([line.line for line in refused], np.int64), self.left_out])
        yield RelationshipBlock(
            "WROTE", "User", "Comment", wrote, *place, existing=("Comment",), elsewhere=elsewhere, cells=cells
        )
        yield from PendingMoments(moments, self.label, *place, elsewhere, cells).resolve(known)
