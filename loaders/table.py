"""Any CSV, TSV or Parquet file: the columns you name become nodes or relationships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from graphrec import schema
from graphrec.errors import UsageError
from graphrec.loaders.tabular import Part, TabularOptions, milliseconds, read_parts
from graphrec.loading.blocks import Block, NodeBlock, RelationshipBlock
from graphrec.loading.loader import Options
from graphrec.loading.resolve.intervals import PendingIntervals
from graphrec.media.segments import THETA


class TimeUnit(StrEnum):
    """What numbers that are times count since 1970."""

    SECONDS = "s"
    MILLISECONDS = "ms"


class TableOptions(TabularOptions):
    """What the columns mean."""

    nodes: str | None = None
    """Nodes of this label from the column of their ids, as Label:column."""
    rels: str | None = None
    """Relationships of this type; give both ends by --from and --to."""
    from_: str | None = None
    """Start of the relationships, as Label:column."""
    to: str | None = None
    """End of the relationships, as Label:column."""
    property: list[str] = Field(default_factory=list)
    """A property, as name:column; repeat for more. `name` alone where the column is called the same. A relationship
    exists once: of the rows that name the same two ends, and of what is stored, the newest `at` counts."""
    interval: str | None = None
    """For HIGHLIGHTED: the end is a video (Item) and these two columns, start:end in seconds, choose its segments."""
    theta: float = Field(default=THETA, ge=0, lt=1)
    """With --interval: the share of a segment that must be covered for it to count."""
    time_unit: TimeUnit = TimeUnit.MILLISECONDS
    """What numbers in `at` and other times count since 1970: seconds or milliseconds. ISO dates need no unit; they are
    UTC unless they say otherwise. Times are kept in milliseconds."""
    header: bool = True
    """The first line names the columns; without it they are numbered from 1."""


class TableLoader:
    """Loads nodes or relationships from any table."""

    name: ClassVar[str] = "table"
    title: ClassVar[str] = "any CSV, TSV or Parquet file: columns to nodes or relationships"
    example: ClassVar[str] = (
        "graphrec load table ratings.csv --rels RATED --from User:userId --to Item:movieId "
        "--property rating --property at:timestamp --time-unit s"
    )
    Options: ClassVar[type[Options]] = TableOptions

    def blocks(self, paths: Sequence[Path], options: TableOptions, workspace: Path) -> Iterator[Block]:
        """Yield the rows of each file."""
        properties = [_pair(text, alone=True) for text in options.property]
        if (options.nodes is None) == (options.rels is None):
            raise UsageError(
                "say what the rows are: --nodes Label:column, or --rels TYPE --from Label:column "
                "--to Label:column"
            )
        for path in paths:
            if options.nodes is not None:
                label, column = _pair(options.nodes)
                known = schema.label(label)
                names = [(schema.KEY, column), *((known.property(n).name, c) for n, c in properties)]
                for part in self._parts(path, names, options):
                    yield NodeBlock(label, part.table, str(path), part.line, part.refused, dict(names))
            else:
                yield from self._relationships(path, properties, options)

    def _relationships(
        self, path: Path, properties: list[tuple[str, str]], options: TableOptions
    ) -> Iterator[Block]:
        if options.from_ is None or options.to is None:
            raise UsageError("a relationship has two ends: --from Label:column --to Label:column")
        known = schema.relationship(options.rels or "")
        start, from_column = _pair(options.from_)
        end, to_column = _pair(options.to)
        names = [
            ("from", from_column),
            ("to", to_column),
            *((known.property(n).name, c) for n, c in properties),
        ]
        if options.interval is None:
            ends = schema.label(start).name, schema.label(end).name
            for part in self._parts(path, names, options):
                yield RelationshipBlock(
                    known.name, *ends, part.table, str(path), part.line, part.refused, dict(names)
                )
            return
        if (known.name, end) != ("HIGHLIGHTED", "Item"):
            raise UsageError("--interval goes with --rels HIGHLIGHTED --to Item:column")
        begin, finish = _pair(options.interval)
        names = [("video" if name == "to" else name, column) for name, column in names]
        names += [("start_s", begin), ("end_s", finish)]
        for part in self._parts(path, names, options):
            yield PendingIntervals(part.table, options.theta, str(path), part.line, part.refused, dict(names))

    def _parts(self, path: Path, names: list[tuple[str, str]], options: TableOptions) -> Iterator[Part]:
        columns = list(dict.fromkeys(column for _, column in names))
        for part in read_parts(
            path, columns, header=options.header, delimiter=options.delimiter, encoding=options.encoding
        ):
            table = {name: part.table[column] for name, column in names}
            if options.time_unit is TimeUnit.SECONDS:
                table |= {name: milliseconds(table[name]) for name in table if schema.is_time(name)}
            yield replace(part, table=pa.table(table))


def _pair(text: str, *, alone: bool = False) -> tuple[str, str]:
    left, colon, right = text.partition(":")
    if not colon and alone:
        return left, left
    if not left or not right:
        raise UsageError(f"{text!r} should be two names with a colon between them, for example User:userId")
    return left, right
