"""Time-synchronised comments: what somebody wrote at a moment of a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from graphrec import schema
from graphrec.errors import DataError
from graphrec.loaders.even_segments import EvenSegments
from graphrec.loaders.tabular import (
    Layout,
    Part,
    Quoting,
    TabularOptions,
    TimeUnit,
    column_names,
    milliseconds,
    read_parts,
)
from graphrec.loading.blocks import Block, NodeBlock, Refused
from graphrec.loading.loader import Options
from graphrec.loading.resolve.comments import PendingComments
from graphrec.media.comments.clean import words_of
from graphrec.media.language import Language
from graphrec.media.segments import LENGTH_S
from graphrec.media.words import language_of, plain
from graphrec.rows import check

ARCHIVE = ("comments.tsv.gz", "comments.tsv")
VIDEOS = "videos.tsv"
NICONICO = {"user": "user", "video": "video", "time_s": "vpos_ms", "text": "body", "posted_at": "posted_at"}
LIKES = "nicoru"
SPLIT = "split"
"""The column that says which part a comment is of, where there is one."""
BLOCKS = 4
"""Larger blocks than a table's: new nodes are stored fastest in the first, and comments are mostly new nodes."""


class On(StrEnum):
    """What a comment is attached to."""

    SEGMENT = "segment"
    FRAME = "frame"


class CommentsOptions(TabularOptions):
    """What the columns are called, and what a comment belongs to."""

    user: str = "user"
    """The column that says who wrote it."""
    video: str = "video"
    """The column that says on which video."""
    time: str = "time_s"
    """The column that says when in the video, seconds from its start."""
    text: str = "text"
    """The column that holds the text."""
    posted_at: str = "posted_at"
    """The column that says when it was posted; may be absent."""
    time_unit: TimeUnit = TimeUnit.MILLISECONDS
    """What numbers in the column posted_at count since 1970, or yyyymmdd; ISO dates need no unit."""
    on: On = On.SEGMENT
    """Attach a comment to the segment that it falls in, or to the last frame before it; where the graph knows none of
    that video, to the video."""
    segment_s: float = Field(LENGTH_S, gt=0)
    """For a niconico archive, whose videos.tsv tells how long the videos are: length of a segment, seconds."""
    language: Language | None = None
    """How to find the words of a text: split at spaces, where the script changes (japanese), or into pairs of
    characters (chinese); by default told from its script."""


class Comments:
    """Loads tables of comments, and the folder of a niconico archive (comments.tsv or .tsv.gz, videos.tsv).

    A comment has no id of its own there: who wrote what on which moment of which video, and when, makes it.
    """

    name: ClassVar[str] = "comments"
    title: ClassVar[str] = "time-synchronised comments: a table, or the folder of a niconico archive"
    example: ClassVar[str] = "graphrec load comments comments.csv --user who --video clip --time second"
    Options: ClassVar[type[Options]] = CommentsOptions

    def blocks(self, paths: Sequence[Path], options: CommentsOptions, workspace: Path) -> Iterator[Block]:
        """Yield videos and segments of an archive, then comments with their users and moments."""
        for path in paths:
            if path.is_dir():
                found = [path / name for name in ARCHIVE if (path / name).is_file()]
                if not found:
                    raise DataError(f"{path}: neither {' nor '.join(ARCHIVE)} is there", str(path))
                if (path / VIDEOS).is_file():
                    yield from _videos(path / VIDEOS, options.segment_s)
                yield from _comments(found[0], options)
            else:
                yield from _comments(path, options)


def _videos(path: Path, segment_s: float) -> Iterator[Block]:
    """Yield the videos of an archive; the last comment tells how long each is at least."""
    for part in read_parts(path, ["video", "title", "max_vpos_ms"], Layout(quoting=Quoting.NONE)):
        lengths = pc.divide(pc.cast(part.table["max_vpos_ms"], pa.float64()), 1000.0)
        videos = pa.table(
            {
                "id": part.table["video"],
                "kind": pa.repeat("video", part.table.num_rows),
                "title": part.table["title"],
                "duration_s": lengths,
            }
        )
        yield NodeBlock("Item", videos, str(path), part.line, part.refused)
        ids = videos["id"].to_numpy(zero_copy_only=False)
        yield from EvenSegments.cut(ids, lengths.to_numpy(), segment_s).blocks(str(path))


def _comments(path: Path, options: CommentsOptions) -> Iterator[Block]:
    columns = {
        "user": options.user,
        "video": options.video,
        "time_s": options.time,
        "text": options.text,
        "posted_at": options.posted_at,
    }
    layout = options.layout
    names = column_names(path, layout, list(columns.values())[:4])
    archive = "vpos_ms" in names and "body" in names
    if archive:
        columns, layout = NICONICO, replace(layout, quoting=Quoting.NONE)
    columns = {name: column for name, column in columns.items() if name != "posted_at" or column in names}
    if archive and LIKES in names:
        columns = {**columns, "likes": LIKES}
    if SPLIT in names:
        columns = {**columns, SPLIT: SPLIT}
    asked = list(dict.fromkeys(columns.values()))
    numbers = [column for name, column in columns.items() if name in ("time_s", "posted_at")]
    for part in read_parts(path, asked, layout, numbers=numbers, rows=options.rows, size=BLOCKS):
        table, refused, rows = _checked(part, columns, options.time_unit)
        if archive:
            table = _with(table, "time_s", pc.divide(table["time_s"], 1000.0))
        ids = _ids(table)
        texts = plain(table["text"].combine_chunks())
        words = words_of(texts, options.language or language_of(texts))
        nodes = pa.table(
            {"id": ids, "words": words, **_columns(table, "text", "time_s", "posted_at", "likes", SPLIT)}
        )
        wrote = pa.table({"from": table["user"], "to": ids})
        moments = pa.table({"comment": ids, "video": table["video"], "time_s": table["time_s"]})
        label = "Segment" if options.on is On.SEGMENT else "Frame"
        yield PendingComments(
            nodes, wrote, moments, label, str(path), part.line, refused, part.left_out, columns, rows
        )


def _checked(part: Part, columns: dict[str, str], unit: TimeUnit) -> tuple[pa.Table, Refused, pa.Table]:
    """Return the rows of a part in their types, the lines that cannot be stored, and the rows as the file has them.

    A comment that is refused must not leave a relationship behind.
    """
    cells = part.table if part.cells is None else part.cells
    table = pa.table({name: part.table[column] for name, column in columns.items()})
    if "posted_at" in columns:
        table = _with(table, "posted_at", milliseconds(table["posted_at"], unit))
    # The row's number makes every row its own key: two comments of one user are no contradiction.
    table = table.append_column("row", pa.array(np.arange(table.num_rows)).cast(pa.string()))
    checked = check(table, ["user", "video", "row"], schema.label("Comment").properties, columns, cells=cells)
    for name in ("text", "time_s"):
        column = checked.table[name]
        empty = pc.equal(pc.utf8_length(column), 0) if name == "text" else column.is_null()
        wrong = np.flatnonzero(pc.fill_null(empty, True).to_numpy())
        checked = checked.without(wrong, f"{columns[name]} is empty")
    rest = part.refusing(dict(checked.refused))
    return checked.table, rest.refused, rest.cells


def _ids(table: pa.Table) -> pa.Array:
    """Return an id per comment, made of all that tells it from others; two that are alike in all are one."""
    told = [name for name in ("user", "time_s", "posted_at", "text") if name in table.column_names]
    texts = [pc.fill_null(table[name].cast(pa.string()), "") for name in told]
    content = pc.binary_join_element_wise(*texts, "\x1f").to_pylist()
    digests = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest() for text in content]
    return pc.binary_join_element_wise(table["video"], pa.array(digests, pa.string()), "@").combine_chunks()


def _columns(table: pa.Table, *names: str) -> dict[str, pa.ChunkedArray]:
    return {name: table[name] for name in names if name in table.column_names}


def _with(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)
