"""Any CSV, TSV or Parquet file: the columns you name become nodes or relationships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from graphrec import schema
from graphrec.errors import UsageError
from graphrec.loaders.asked_properties import AskedProperty, asked_of, with_properties
from graphrec.loaders.tabular import Part, TabularOptions, TimeUnit, read_parts
from graphrec.loading.blocks import Block, NodeBlock, RelationshipBlock
from graphrec.loading.loader import Options
from graphrec.loading.resolve.intervals import SPAN, PendingIntervals
from graphrec.media.segments import THETA


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
    """A property; repeat for more. One that graphrec knows (rating, at, title, ..: docs/schema.md) as name:column, or
    name alone where the column is called the same. Any other is kept as your own, with a type: country, age:int,
    watch_s:seconds:float, tags:list:'|' (text where nothing is said, int, float, bool, time, list). A relationship
    exists once: of the rows that name the same two ends, and of what is stored, the newest `at` counts."""
    interval: str | None = None
    """For HIGHLIGHTED: the end is a video (Item) and these two columns, start:end in seconds, choose its segments."""
    theta: float = Field(default=THETA, ge=0, lt=1)
    """With --interval: the share of a segment that must be covered for it to count."""
    time_unit: TimeUnit = TimeUnit.MILLISECONDS
    """What numbers in `at` and other times count since 1970: s, ms, us or ns; or yyyymmdd for dates such as 20210304.
    ISO dates need no unit; they are UTC unless they say otherwise. Times are kept in milliseconds."""
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
        if (options.nodes is None) == (options.rels is None):
            raise UsageError(
                "say what the rows are: --nodes Label:column, or --rels TYPE --from Label:column "
                "--to Label:column"
            )
        for path in paths:
            if options.nodes is not None:
                label, column = _pair(options.nodes)
                schema.label(label)
                properties = asked_of(options.property, label)
                names = [(schema.KEY, column), *((one.name, one.column) for one in properties)]
                for part, own in self._parts(path, names, label, properties, options):
                    place = str(path), part.line, part.refused, dict(names), part.left_out
                    yield NodeBlock(label, part.table, *place, own=own, cells=part.cells)
            else:
                yield from self._relationships(path, options)

    def _relationships(self, path: Path, options: TableOptions) -> Iterator[Block]:
        if options.from_ is None or options.to is None:
            raise UsageError("a relationship has two ends: --from Label:column --to Label:column")
        known = schema.relationship(options.rels or "")
        start, from_column = _pair(options.from_)
        end, to_column = _pair(options.to)
        properties = asked_of(options.property, known.name)
        names = [("from", from_column), ("to", to_column), *((one.name, one.column) for one in properties)]
        if options.interval is None:
            one, other = schema.label(start).name, schema.label(end).name
            for part, own in self._parts(path, names, known.name, properties, options):
                place = str(path), part.line, part.refused, dict(names), part.left_out
                yield RelationshipBlock(known.name, one, other, part.table, *place, own=own, cells=part.cells)
            return
        if (known.name, end) != ("HIGHLIGHTED", "Item"):
            raise UsageError("--interval goes with --rels HIGHLIGHTED --to Item:column")
        begin, finish = _pair(options.interval)
        names = [("video" if name == "to" else name, column) for name, column in names]
        names += [("start_s", begin), ("end_s", finish)]
        for part, own in self._parts(path, names, known.name, properties, options):
            where = str(path), part.line, part.refused, dict(names), part.left_out
            yield PendingIntervals(part.table, options.theta, *where, own=own, cells=part.cells)

    def _parts(
        self,
        path: Path,
        names: Sequence[tuple[str, str]],
        kind: str,
        properties: Sequence[AskedProperty],
        options: TableOptions,
    ) -> Iterator[tuple[Part, tuple[schema.Property, ...]]]:
        """Yield the rows with the columns that ``names`` says, and which of ``properties`` are the graph's own."""
        columns = list(dict.fromkeys(column for _, column in names))
        types = {known.name: known.type for known in (*SPAN, *schema.properties(kind))}
        types |= {one.name: one.type for one in properties if one.type is not None}
        numbers = [column for name, column in names if types.get(name) in ("float64", "int64")]
        layout = replace(options.layout, header=options.header)
        for part in read_parts(path, columns, layout, numbers=numbers, rows=options.rows):
            ends = {name: part.table[column] for name, column in names}
            table, own = with_properties(ends, part.table, properties, kind, options.time_unit)
            yield replace(part, table=pa.table(table)), own


def _pair(text: str) -> tuple[str, str]:
    left, _, right = text.partition(":")
    if not left or not right:
        raise UsageError(f"{text!r} should be two names with a colon between them, for example User:userId")
    return left, right
