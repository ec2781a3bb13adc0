"""Highlights: the stretches of videos that users cut, shared or marked, as seconds of each video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from graphrec.loaders.tabular import TabularOptions, TimeUnit, column_names, milliseconds, read_parts
from graphrec.loading.blocks import Block
from graphrec.loading.loader import Options
from graphrec.loading.resolve.intervals import PendingIntervals
from graphrec.media.segments import THETA


class HighlightsOptions(TabularOptions):
    """What the columns are called."""

    user: str = "user"
    """The column that says whose highlight it is."""
    video: str = "video"
    """The column that says of which video, which must be loaded already."""
    start: str = "start_s"
    """The column that says where it begins, seconds from the video's start."""
    end: str = "end_s"
    """The column that says where it ends, seconds from the video's start."""
    at: str = "at"
    """The column that says when the user did so; may be absent."""
    time_unit: TimeUnit = TimeUnit.MILLISECONDS
    """What numbers in the column at count since 1970, or yyyymmdd; ISO dates need no unit."""
    theta: float = Field(THETA, ge=0, lt=1)
    """The share of a segment that a highlight must cover for it to count."""


class Highlights:
    """Loads tables of user, video, start and end; the segments that are covered become HIGHLIGHTED."""

    name: ClassVar[str] = "highlights"
    title: ClassVar[str] = "highlights: a table of user, video, start and end in seconds"
    example: ClassVar[str] = "graphrec load highlights cuts.csv --start begin --end finish"
    Options: ClassVar[type[Options]] = HighlightsOptions

    def blocks(self, paths: Sequence[Path], options: HighlightsOptions, workspace: Path) -> Iterator[Block]:
        """Yield the highlights of each file."""
        for path in paths:
            columns = {
                "from": options.user,
                "video": options.video,
                "start_s": options.start,
                "end_s": options.end,
            }
            if options.at in column_names(path, options.layout, list(columns.values())):
                columns["at"] = options.at
            asked = list(dict.fromkeys(columns.values()))
            numbers = [options.start, options.end, options.at]
            for part in read_parts(path, asked, options.layout, numbers=numbers, rows=options.rows):
                table = {name: part.table[column] for name, column in columns.items()}
                if "at" in table:
                    table["at"] = milliseconds(table["at"], options.time_unit)
                place = str(path), part.line, part.refused, columns, part.left_out
                yield PendingIntervals(pa.table(table), options.theta, *place, cells=part.cells)
