"""A table's columns, a part of its rows at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from graphrec.errors import DataError
from graphrec.loaders.tabular import text, typed
from graphrec.loaders.tabular.cells import with_decimal_points, without_leading_blanks
from graphrec.loaders.tabular.conditions import RowCondition, conditions, wanted
from graphrec.loaders.tabular.dialect import Dialect, dialect_of
from graphrec.loaders.tabular.opening import TextFile, kind_of, text_file
from graphrec.loaders.tabular.options import Layout, Quoting
from graphrec.loading.blocks import Lines, Refusal, Refused, by_line, lines_of_rows, no_lines
from graphrec.loading.rejects import is_rejects

log = logging.getLogger(__name__)

WITH_DECIMAL_COMMAS = (";", "\t", "|")
"""Where columns are separated so, a comma within a number is a decimal one."""


@dataclass(frozen=True)
class Part:
    """Some rows of a file.

    Attributes:
        table: the rows, without those refused or left out.
        line: where the first of them stands (text; a row that spans lines counts as one) or its number (Parquet).
        refused: lines with too few or too many columns, or with the header again.
        left_out: lines of the rows that nobody asked for.
        cells: the same rows with all columns that were needed, the conditions' too.
    """

    table: pa.Table
    line: int
    refused: Refused = ()
    left_out: Lines = field(default_factory=no_lines)
    cells: pa.Table | None = None

    @property
    def lines(self) -> Lines:
        """int64 [rows], the line of each."""
        return lines_of_rows(self.line, self.table.num_rows, self.refused, self.left_out)

    def refusing(self, reasons: Mapping[int, str]) -> Part:
        """Return it without the rows of these numbers, which are refused for these reasons."""
        cells = self.table if self.cells is None else self.cells
        rows, lines = pa.array(list(reasons), pa.int64()), self.lines
        refused = [
            Refusal(int(lines[row]), reason, cells=values)
            for (row, reason), values in zip(reasons.items(), cells.take(rows).to_pylist(), strict=True)
        ]
        kept = np.ones(self.table.num_rows, bool)
        kept[list(reasons)] = False
        return replace(
            self,
            table=self.table.filter(pa.array(kept)),
            refused=tuple(sorted([*self.refused, *refused], key=by_line)),
            cells=cells.filter(pa.array(kept)),
        )


def read_parts(
    path: Path,
    columns: Sequence[str],
    layout: Layout | None = None,
    *,
    numbers: Sequence[str] = (),
    rows: Sequence[str] = (),
    size: int = 1,
) -> Iterator[Part]:
    """Yield ``columns`` of a file in parts, of text of about 16 MB.

    Args:
        path: delimited text, packed (gz, bz2, zst, zip) or not, Parquet or Arrow.
        columns: names, or numbers from 1 where there is no header.
        layout: how text is laid out; by default with a header, in UTF-8, and what else is found out.
        numbers: those of ``columns`` that hold numbers, in which a comma may be a decimal one.
        rows: conditions, such as ``event=like``; other rows are left out.
        size: how many times as large the parts are.

    Raises ``DataError`` for a missing or empty file, one without rows, what is no table, a missing or ambiguous column,
    a type that is neither text nor number, or a wrong encoding; ``UsageError`` for what cannot be meant.
    """
    found = conditions(rows)
    asked = list(dict.fromkeys([*columns, *(condition.column for condition in found)]))
    if kind_of(path) == "text":
        parts = _text(path, asked, layout or Layout(), numbers, size)
    else:
        parts = (Part(table, line) for table, line in typed.blocks(path, asked))
    seen = kept = 0
    for part in parts:
        if found:
            part = _filtered(part, found)
        seen += part.table.num_rows + len(part.refused) + len(part.left_out)
        kept += part.table.num_rows
        table = part.table.select(list(dict.fromkeys(columns)))
        yield Part(table, part.line, part.refused, part.left_out, part.table)
    if not seen:
        raise DataError(f"{path}: the file has no rows", str(path))
    if found and not kept:
        log.warning("%s: none of its %d rows is as --rows wants them (%s)", path, seen, ", ".join(rows))


def column_names(path: Path, layout: Layout | None = None, columns: Sequence[str] = ()) -> list[str]:
    """Return what the columns are called.

    Args:
        path: what ``read_parts`` takes.
        layout: how text is laid out.
        columns: those that must be among them, which tells how they are separated.

    Raises what ``read_parts`` does.
    """
    if kind_of(path) != "text":
        return typed.names(path)
    file, layout = _opened(path, layout or Layout())
    return dialect_of(file, columns, layout, told=False).names


def _opened(path: Path, layout: Layout) -> tuple[TextFile, Layout]:
    """Return a text and how it is laid out: refused rows as they were written, whatever their source was."""
    if is_rejects(path):
        layout = Layout(quoting=Quoting.QUOTED, delimiter=",", rejects=True)
    return text_file(path, layout.encoding), layout


def _text(
    path: Path, columns: Sequence[str], layout: Layout, numbers: Sequence[str], size: int
) -> Iterator[Part]:
    file, layout = _opened(path, layout)
    dialect = dialect_of(file, columns, layout)
    places = dialect.places(columns, path)
    mended = _Mended()
    for table, line, refused in text.blocks(file, dialect, places, size):
        part = Part(table.rename_columns(list(columns)), line, refused)
        if layout.header:
            part = _without_headers(part, columns)
        yield mended.part(part, dialect, numbers)
    mended.tell(file, dialect)


def _without_headers(part: Part, columns: Sequence[str]) -> Part:
    again = text.headers_again(part.table, columns)
    if not again.any():
        return part
    refused = [Refusal(line, text.AGAIN, ",".join(columns)) for line in part.lines[again].tolist()]
    return Part(part.table.filter(pa.array(~again)), part.line, tuple(sorted([*part.refused, *refused], key=by_line)))


def _filtered(part: Part, found: Sequence[RowCondition]) -> Part:
    kept = wanted(part.table, found).to_numpy()
    return Part(part.table.filter(pa.array(kept)), part.line, part.refused, part.lines[~kept])


class _Mended:
    """Mends the cells of a text, counts, and tells of it once."""

    def __init__(self) -> None:
        self.blanks = 0
        self.commas: dict[str, int] = {}

    def part(self, part: Part, dialect: Dialect, numbers: Sequence[str]) -> Part:
        """Return a part with its cells mended."""
        columns = dict(zip(part.table.column_names, part.table.columns, strict=True))
        if dialect.spaced:
            for name, column in columns.items():
                columns[name], count = without_leading_blanks(column)
                self.blanks += count
        if dialect.separator in WITH_DECIMAL_COMMAS:
            for name in set(numbers) & set(columns):
                columns[name], count = with_decimal_points(columns[name])
                self.commas[name] = self.commas.get(name, 0) + count
        return Part(pa.table(columns), part.line, part.refused, part.left_out)

    def tell(self, file: TextFile, dialect: Dialect) -> None:
        """Say what was mended."""
        if self.blanks:
            log.info("%s: blanks after the separator are left out of %d values", file.path, self.blanks)
        for name, count in self.commas.items():
            if count:
                log.info(
                    "%s: in %s the comma of %d numbers is a decimal one (3,5 is 3.5)", file.path, name, count
                )
