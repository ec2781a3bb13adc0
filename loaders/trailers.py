"""Trailers of movies: the table that links YouTube's ids to MovieLens', and their files where there are any."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from graphrec.errors import DataError
from graphrec.loaders.tabular import Part, column_names, read_parts
from graphrec.loaders.video_files import SUFFIXES, find
from graphrec.loading.blocks import Block, FileBlock
from graphrec.loading.loader import Options
from graphrec.loading.resolve.trailer_films import PendingTrailerFiles, TrailerJob
from graphrec.loading.resolve.trailer_names import NO_TRAILER
from graphrec.loading.resolve.trailers import PendingTrailers
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.keyframes import FrameRule
from graphrec.media.settings import DescribeJob, DescribeSettings, EncoderSpecs
from graphrec.workspace import Workspace

log = logging.getLogger(__name__)

COLUMNS = {"id": "youtubeId", "item": "movieId", "title": "title"}
AVAILABILITY = ("youtube_id", "status_code")
ADDRESS = "https://www.youtube.com/watch?v="
ID = r"^[A-Za-z0-9_-]{11}$"


class TrailersOptions(Options):
    """Which trailers to leave out, where their files are, and how these are described."""

    availability: Path | None = None
    """A table (youtube_availability.csv) with youtube_id and status_code; what is not 200 is left out,
    unless its file is in --files."""
    files: Path | None = None
    """A folder of video files named by YouTube's id: their frames are stored, and what these look like."""
    max_minutes: float = Field(10, gt=0)
    """Longer files are no trailers, and are left out."""
    frames: str = "1/s"
    """Which frames of the files are stored: N/s (as in 1/s), per-shot, or keyframes (one in five seconds)."""
    encoder: str = "descriptor"
    """What describes pictures: descriptor (colour, texture; no weights), mobilenet_v2, or a model's TOML."""
    weights: Path | None = None
    """The encoder's weights, where it needs some."""
    workers: int | None = Field(None, ge=1)
    """Processes that decode; by default as many as there are cores."""

    def job(self, workspace: Path) -> TrailerJob:
        """Return how files are read; raises ``ConfigError``."""
        weights = str(self.weights) if self.weights else None
        encoders = EncoderSpecs(EncoderSpec(self.encoder, weights))
        settings = DescribeSettings(frames=FrameRule.parse(self.frames), cut_end_card=True)
        describe = DescribeJob(Workspace(workspace).media, settings, encoders)
        return TrailerJob(describe, self.max_minutes, self.workers)


class Trailers:
    """Loads tables of the form of ml-youtube.csv: youtubeId, movieId, title; and folders of trailers' files.

    Left out, and counted in the log: ids that are none of YouTube's (a spreadsheet has made ``#NAME?`` of those that
    begin with a minus), titles such as "part 2 of 9" and "full movie", dead links, and trailers of movies that the
    graph does not know. Files that are left out are told one by one, with why: those that cannot be read or are too
    long, the same film under two names, and names that fit no movie, or several.
    """

    name: ClassVar[str] = "trailers"
    title: ClassVar[str] = "trailers of movies that are loaded already: ml-youtube.csv, and folders of their files"
    example: ClassVar[str] = (
        "graphrec load trailers ml-youtube.csv --availability youtube_availability.csv --files trailers/"
    )
    Options: ClassVar[type[Options]] = TrailersOptions

    def blocks(self, paths: Sequence[Path], options: TrailersOptions, workspace: Path) -> Iterator[Block]:
        """Yield the trailers of each table and folder.

        A file of a folder that is no table's is named by a YouTube id that the graph knows, or ``Title (Year)``.
        """
        job = options.job(workspace)
        dead = None if options.availability is None else _dead(options.availability)
        files = {} if options.files is None else _files(options.files)
        unnamed = set(files)
        for path in paths:
            if path.is_dir():
                yield PendingTrailerFiles([file.path for file in find([path], None)], job, str(path))
                continue
            if more := sorted({*column_names(path)} - {*COLUMNS.values()}):
                log.warning(
                    "%s: %s not read; `graphrec load table FILE --nodes Trailer:youtubeId --property views:int` adds "
                    "properties to trailers", path, f"{', '.join(more)} {'is' if len(more) == 1 else 'are'}",
                )  # fmt: skip
            for part in read_parts(path, list(COLUMNS.values())):
                unnamed -= set(part.table[COLUMNS["id"]].cast(pa.string()).to_pylist())
                yield _trailers(path, part, dead, files, job)
        for name in sorted(unnamed):
            cure = "load the folder itself to match it by title and year"
            reason = f"{files[name]}: no row has its name for an id; {cure}"
            yield FileBlock(str(files[name]), len(unnamed), reason)


def _trailers(
    path: Path, part: Part, dead: pa.Array | None, files: Mapping[str, Path], job: TrailerJob
) -> Block:
    # A Parquet file keeps its own order of columns, and ids as numbers.
    table = pa.table({name: part.table[column].cast(pa.string()) for name, column in COLUMNS.items()})
    usable = pc.and_(pc.match_substring_regex(pc.fill_null(table["id"], ""), ID), pc.is_valid(table["item"]))
    table = _without(table, pc.invert(usable), path, "rows without an id of YouTube's are left out")
    other = pc.match_substring_regex(pc.fill_null(table["title"], ""), NO_TRAILER)
    table = _without(table, other, path, "titles are not those of trailers and are left out")
    # Whoever has the file needs no link.
    there = pa.array([*files], pa.string())
    if dead is not None:
        gone = pc.and_(pc.is_in(table["id"], dead), pc.invert(pc.is_in(table["id"], there)))
        table = _without(table, gone, path, "dead links are left out")
    uris = [ADDRESS + key for key in table["id"].to_pylist()]
    table = table.append_column("uri", pa.array(uris, pa.string()))
    return PendingTrailers(table, str(path), part.line, part.refused, files, job)


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
    return {path.stem: path.absolute() for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES}
