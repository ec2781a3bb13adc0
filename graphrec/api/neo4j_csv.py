"""A table as a header file and a data file in the dialect of Neo4j's importer.

Tried with the importer of 5.26: with fields in quotes it keeps quotes, commas, blanks at the ends, control characters,
backslashes and, in files named as multiline, line breaks of every kind as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from graphrec.errors import DataError
from graphrec.schema import Property

TYPES = {"string": "string", "int64": "long", "float64": "double", "bool": "boolean", "list": "string[]"}
BETWEEN = "\x1f"
"""Between the texts of a list; ``--array-delimiter`` tells the importer."""

# A null is written without quotes and an empty string with them: so the importer tells one from the other.
DIALECT = csv.WriteOptions(include_header=False, quoting_style="needed")


@dataclass(frozen=True)
class CsvFiles:
    """A header and its data.

    Attributes:
        header: name of the file with the columns' names and types.
        data: name of the file with the rows.
        rows: how many.
        multiline: whether a field holds a line break.
        longest: bytes of the longest field.
    """

    header: str
    data: str
    rows: int
    multiline: bool
    longest: int


def columns(properties: Sequence[Property]) -> list[str]:
    """Return what a header calls ``properties``."""
    return [f"{prop.name}:{TYPES[prop.type]}" for prop in properties]


def write_csv(folder: Path, name: str, header: Sequence[str], tables: Iterable[pa.Table]) -> CsvFiles | None:
    """Write ``<name>-header.csv`` and ``<name>.csv``, a table at a time; None, and no file, where there are no rows.

    Raises ``DataError`` for a number that is not finite, or a list with a text that the importer would cut.
    """
    blocks: Iterator[pa.Table] = (_joined(name, table) for table in tables if table.num_rows)
    first = next(blocks, None)
    if first is None:
        return None
    files = f"{name}-header.csv", f"{name}.csv"
    (folder / files[0]).write_text(",".join(header) + "\n", encoding="utf-8")
    rows, multiline, longest = 0, False, 0
    with csv.CSVWriter(str(folder / files[1]), first.schema, write_options=DIALECT) as writer:
        for block in (first, *blocks):
            for column, values in zip(block.column_names, block.columns, strict=True):
                if pa.types.is_string(values.type):
                    multiline = multiline or bool(pc.any(pc.match_substring_regex(values, "[\r\n]")).as_py())
                    longest = max(longest, pc.max(pc.binary_length(values)).as_py() or 0)
                elif (
                    pa.types.is_floating(values.type)
                    and not pc.all(pc.is_finite(values), min_count=0).as_py()
                ):
                    raise DataError(
                        f"{name}.{column} holds a number that is not finite; load the right one first"
                    )
            writer.write_table(block)
            rows += block.num_rows
    return CsvFiles(*files, rows, multiline, longest)


def _joined(name: str, table: pa.Table) -> pa.Table:
    """Return ``table`` with its lists as one text each."""
    for place, (column, values) in enumerate(zip(table.column_names, table.columns, strict=True)):
        if pa.types.is_list(values.type):
            if pc.any(pc.match_substring(pc.list_flatten(values), BETWEEN)).as_py():
                raise DataError(f"a list of {name}.{column} holds the control character {BETWEEN!r}; mend it first")
            table = table.set_column(place, column, pc.binary_join(values, BETWEEN))
    return table
