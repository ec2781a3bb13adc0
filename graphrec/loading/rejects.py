"""Refused rows, kept in a file that can be mended and loaded."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from graphrec.files import replacing
from graphrec.loading.blocks import NodeBlock, Rows, no_lines
from graphrec.loading.checking import lines_of
from graphrec.rows import Checked


@dataclass(frozen=True)
class _Reject:
    """A refused row: its values by what the file calls their columns, or the line's text where it is no row."""

    source: str
    line: int
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


class Rejects:
    """The refused rows with their reasons, as a CSV file that appears when the load ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[_Reject] = []

    def add(self, block: Rows, checked: Checked) -> None:
        """Keep what was refused of a block."""
        source, table = block.source, block.table
        for need in block.needs if isinstance(block, NodeBlock) else ():
            table = table.append_column(need.said, need.ids)
        self.rows += [_Reject(source, *line[:2], text=line.text) for line in block.refused]
        columns = [block.columns.get(name, name) for name in table.column_names]
        refused = table.take(pa.array([row for row, _ in checked.refused], pa.int64()))
        lines = lines_of(block) if checked.refused else no_lines()
        for (row, reason), values in zip(checked.refused, refused.to_pylist(), strict=True):
            named = dict(zip(columns, values.values(), strict=True))
            self.rows.append(_Reject(source, int(lines[row]), reason, named))

    def finish(self, wanted: bool) -> None:
        """Write the file, unless nothing was refused."""
        if not self.rows or not wanted:
            return
        columns = list(dict.fromkeys(name for row in self.rows for name in row.values))
        files = {source: place for place, source in enumerate(dict.fromkeys(row.source for row in self.rows))}
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        # What cannot be read as a row; a column of the rows themselves may be called text.
        unread = "text" if "text" not in columns else "line_text"
        writer.writerow(["source", "line", "reason", *columns, unread])
        for row in sorted(self.rows, key=lambda row: (files[row.source], row.line)):
            values = [row.values.get(name) for name in columns]
            writer.writerow([row.source, row.line, row.reason, *values, row.text])
        with replacing(self.path) as file:
            file.write(text.getvalue().encode("utf-8", "surrogatepass"))
