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
from graphrec.loading.blocks import Refused, Rows, no_lines
from graphrec.loading.checking import lines_of
from graphrec.rows import Checked

REJECTED = ("source", "line", "reason")
"""The first columns of the file. Then come those of the sources, whatever their names, and a line that is no row."""


@dataclass(frozen=True)
class _Reject:
    """A refused row: its values by what the file calls their columns, or the line's text where it is no row."""

    source: str
    line: int
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


def is_rejects(path: Path) -> bool:
    """Return whether a file holds refused rows, by its first line."""
    begin = ",".join(REJECTED).encode() + b","
    with path.open("rb") as file:
        return file.read(len(begin)) == begin


class Rejects:
    """The refused rows with their reasons, as a CSV file that appears when the load ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[_Reject] = []

    def add_lines(self, source: str, refused: Refused) -> None:
        """Keep lines of a file that are no rows."""
        self.rows += [_Reject(source, line.line, line.reason, line.cells, line.text) for line in refused]

    def add(self, block: Rows, checked: Checked) -> None:
        """Keep what was refused of a block, as its file has it."""
        self.add_lines(block.source, block.refused)
        source, table = block.source, block.table if block.cells is None else block.cells
        columns = table.column_names
        if block.cells is None:
            columns = [block.columns.get(name, name) for name in columns]
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
        writer.writerow([*REJECTED, *columns, unread])
        for row in sorted(self.rows, key=lambda row: (files[row.source], row.line)):
            values = [_written(row.values.get(name)) for name in columns]
            writer.writerow([row.source, row.line, row.reason, *values, row.text])
        with replacing(self.path) as file:
            file.write(text.getvalue().encode("utf-8", "surrogatepass"))


def _written(value: Any) -> Any:
    """Return a value as tables have it."""
    if isinstance(value, list):
        return "|".join(map(str, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value
