"""Trailers of movies: the table that links YouTube's ids to MovieLens', and their files where there are any."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from graphrec.errors import DataError
from graphrec.loaders.tabular import Part, read_parts
from graphrec.loaders.video_files import SUFFIXES
from graphrec.loading.blocks import Block
from graphrec.loading.loader import Options
from graphrec.loading.resolve.trailers import PendingTrailers

log = logging.getLogger(__name__)

COLUMNS = {"id": "youtubeId", "item": "movieId", "title": "title"}
AVAILABILITY = ("youtube_id", "status_code")
ADDRESS = "https://www.youtube.com/watch?v="
ID = r"^[A-Za-z0-9_-]{11}$"
NO_TRAILER = r"(?i)\bpart\s+\d+\s*(?:of|/)\s*\d+|\bfull\s+(?:movie|film|length)\b"


class TrailersOptions(Options):
    """Which trailers to leave out, and where their files are."""

    availability: Path | None = None
    """A table (youtube_availability.csv) with youtube_id and status_code; what is not 200 is left out."""
    files: Path | None = None
    """A folder of video files named by YouTube's id; they give the trailers' place and length."""
    max_minutes: float = Field(10, gt=0)
    """Longer files are no trailers, and are left out."""


class Trailers:
    """Loads tables of the form of ml-youtube.csv: youtubeId, movieId, title.

    Left out, and counted in the log: ids that are none of YouTube's (a spreadsheet has made ``#NAME?`` of those that
    begin with a minus), titles such as "part 2 of 9" and "full movie", dead links, files that are too long or cannot be
    read, and trailers of movies that the graph does not know.
    """

    name: ClassVar[str] = "trailers"
    title: ClassVar[str] = "trailers of movies that are loaded already: ml-youtube.csv"
    example: ClassVar[str] = (
        "graphrec load trailers ml-youtube.csv --availability youtube_availability.csv --files trailers/"
    )
    Options: ClassVar[type[Options]] = TrailersOptions

    def blocks(self, paths: Sequence[Path], options: TrailersOptions, workspace: Path) -> Iterator[Block]:
        """Yield the trailers of each table."""
        dead = None if options.availability is None else _dead(options.availability)
        files = {} if options.files is None else _files(options.files)
        for path in paths:
            for part in read_parts(path, list(COLUMNS.values())):
                yield _trailers(path, part, dead, files, options.max_minutes)


def _trailers(
    path: Path, part: Part, dead: pa.Array | None, files: dict[str, Path], max_minutes: float
) -> Block:
    # A Parquet file keeps its own order of columns, and ids as numbers.
    table = pa.table({name: part.table[column].cast(pa.string()) for name, column in COLUMNS.items()})
    usable = pc.and_(pc.match_substring_regex(pc.fill_null(table["id"], ""), ID), pc.is_valid(table["item"]))
    table = _without(table, pc.invert(usable), path, "rows without an id of YouTube's are left out")
    other = pc.match_substring_regex(pc.fill_null(table["title"], ""), NO_TRAILER)
    table = _without(table, other, path, "titles are not those of trailers and are left out")
    if dead is not None:
        table = _without(table, pc.is_in(table["id"], dead), path, "dead links are left out")
    lengths = {key: _length(files[key]) for key in table["id"].to_pylist() if key in files}
    bad = pa.array(
        [key for key, length in lengths.items() if not 0 < length <= 60 * max_minutes], pa.string()
    )
    long = f"files that cannot be read or last more than {max_minutes:g} minutes are left out"
    table = _without(table, pc.is_in(table["id"], bad), path, long)
    keys = table["id"].to_pylist()
    uris = [str(files[key].resolve()) if key in files else ADDRESS + key for key in keys]
    table = table.append_column("uri", pa.array(uris, pa.string()))
    table = table.append_column("duration_s", pa.array([lengths.get(key) for key in keys], pa.float64()))
    return PendingTrailers(table, str(path), part.line, part.refused)


def _without(table: pa.Table, wrong: pa.ChunkedArray, path: Path, what: str) -> pa.Table:
    count = pc.sum(wrong).as_py()
    if count:
        log.info("%s: %d %s", path, count, what)
    return table.filter(pc.invert(wrong))


def _dead(path: Path) -> pa.Array:
    """Return the ids that did not answer."""
    tables = [part.table for part in read_parts(path, AVAILABILITY)]
    table = pa.concat_tables(tables)
    return (
        table["youtube_id"]
        .filter(pc.not_equal(table["status_code"].cast(pa.string()), "200"))
        .combine_chunks()
    )


def _files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of trailers", str(folder))
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES}


def _length(path: Path) -> float:
    try:
        # FFmpeg takes a tenth of a second to import, and every load would.
        from graphrec.media.probe import duration_s

        return duration_s(path)
    except DataError as error:
        log.warning("%s", error)
        return 0.0
