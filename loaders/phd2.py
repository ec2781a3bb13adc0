"""PHD2: the highlights that users of Gifs.com cut from videos (del Molino and Gygli, ACM MM 2018)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pydantic import Field

from graphrec.errors import DataError
from graphrec.loaders.even_segments import EvenSegments, segment_ids
from graphrec.loaders.tabular import read_parts
from graphrec.loading.blocks import (
    Block,
    FeatureBlock,
    NodeBlock,
    Refusal,
    Refused,
    RelationshipBlock,
    by_line,
)
from graphrec.loading.loader import Options
from graphrec.media.segments import LENGTH_S, THETA, overlapping

log = logging.getLogger(__name__)

FILES = ("training.csv", "testing.csv")
IDS = ("youtubeId", "user_id")
NUMBERS = ("start", "duration", "video_duration")


class Phd2Options(Options):
    """How videos are cut."""

    segment_s: float = Field(LENGTH_S, gt=0)
    """Length of a segment, seconds."""
    theta: float = Field(THETA, ge=0, lt=1)
    """The share of a segment that a highlight must cover for it to be liked (TransGRec, section 2)."""


class Phd2:
    """Loads training.csv, testing.csv, or a folder that holds them.

    Columns: youtubeId, start, duration, user_id, video_duration, is_last.
    Cleaning: rows whose video has no known length, or that lie outside it, are left out and counted in the log.
    A user's rows are listed newest first, so ``sequence`` counts from the last row up; the rows with ``is_last`` get
    ``split`` = test.
    """

    name: ClassVar[str] = "phd2"
    title: ClassVar[str] = (
        "PHD2 highlights (Gifs.com): videos in 5 s segments, and which of them a user liked"
    )
    example: ClassVar[str] = "graphrec load phd2 phd2/"
    Options: ClassVar[type[Options]] = Phd2Options

    def blocks(self, paths: Sequence[Path], options: Phd2Options, workspace: Path) -> Iterator[Block]:
        """Yield videos, segments, highlights, and the feature `place` of each file."""
        for path in [file for given in paths for file in _files(given)]:
            rows, refused = _read(path)
            rows = _clean(path, rows)
            videos = rows.groupby("youtubeId", sort=False)["video_duration"].max()
            yield from _segments(str(path), videos, options.segment_s)
            placed = rows.assign(length=rows["youtubeId"].map(videos))
            yield _highlights(str(path), placed, refused, options)


def place(
    positions: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.float64],
    segment_s: float,
) -> npt.NDArray[np.float32]:
    """Describe where a segment lies and how long its video is, the only content known here.

    Args:
        positions: int64 [n], 0 for a video's first segment.
        counts: int64 [n], segments of its video.
        lengths: float64 [n], seconds of its video.
        segment_s: seconds of a segment.

    Returns:
        float32 [n, 40]: Gaussian bumps over the relative position (16), over log seconds from the start (8), over
        log seconds to the end (8) and over the log of the video's length (8).
    """
    start = positions * segment_s

    def bumps(value: npt.NDArray[np.float64], low: float, high: float, count: int) -> npt.NDArray[np.float64]:
        centres = np.linspace(low, high, count)
        found: npt.NDArray[np.float64] = np.exp(
            -0.5 * ((value[:, None] - centres) / (centres[1] - centres[0])) ** 2
        )
        return found

    relative = (positions + 0.5) / counts
    return np.hstack(
        [
            bumps(relative, 0, 1, 16),
            bumps(np.log1p(start), 0, np.log1p(3600), 8),
            bumps(np.log1p(np.maximum(lengths - start, 0)), 0, np.log1p(3600), 8),
            bumps(np.log1p(lengths), 0, np.log1p(7200), 8),
        ]
    ).astype(np.float32)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = [path / name for name in FILES if (path / name).is_file()]
    if not found:
        raise DataError(f"{path}: neither {' nor '.join(FILES)} is there", str(path))
    return found


def _read(path: Path) -> tuple[pd.DataFrame, Refused]:
    """Return the rows, with numbers for text, and the lines that are no rows."""
    refused: dict[int, Refusal] = {}
    tables = []
    for part in read_parts(path, [*IDS, *NUMBERS, "is_last"]):
        tables.append(part.table.to_pandas().set_axis(part.lines))
        refused |= {line.line: line for line in part.refused}
    rows = pd.concat(tables)

    def refusal(line: int, reason: str) -> Refusal:
        return Refusal(line, reason, cells=rows.loc[line].dropna().to_dict())

    for column in IDS:
        empty = rows.index[rows[column].isna()].tolist()
        refused |= {line: refusal(line, f"{column} is empty") for line in empty}
    read = {}
    for column in NUMBERS:
        numbers = pd.to_numeric(rows[column], errors="coerce").astype(float)
        for line, text in rows[column][~np.isfinite(numbers)].items():
            refused.setdefault(line, refusal(line, f"{column} {text!r} is not a number"))
        read[column] = numbers
    rows = rows.assign(**read)
    kept = rows[~rows.index.isin(refused)].reset_index(drop=True)
    return kept, tuple(sorted(refused.values(), key=by_line))


def _clean(path: Path, rows: pd.DataFrame) -> pd.DataFrame:
    rows["sequence"] = rows.groupby("user_id").cumcount(ascending=False)
    unknown_length = rows["video_duration"] <= 0
    outside = ~unknown_length & ((rows["start"] >= rows["video_duration"]) | (rows["duration"] <= 0))
    for reason, found in (
        ("whose video has no known length", unknown_length),
        ("outside their video", outside),
    ):
        if found.any():
            log.info("%s: %d rows %s are left out", path, int(found.sum()), reason)
    return rows[~unknown_length & ~outside]


def _segments(source: str, videos: pd.Series[float], segment_s: float) -> Iterator[Block]:
    lengths = videos.to_numpy(float)
    segments = EvenSegments.cut(videos.index.to_numpy(object), lengths, segment_s)
    ids = pa.array(segments.videos, pa.string())
    items = {"id": ids, "kind": pa.repeat("video", len(ids)), "duration_s": lengths}
    yield NodeBlock("Item", pa.table(items), source)
    yield from segments.blocks(source)
    counts, of_video = segments.counts[segments.video], lengths[segments.video]
    features = place(segments.position, counts, of_video, segment_s)
    yield FeatureBlock("place", "Segment", segments.keys.to_pylist(), features, source)


def _highlights(source: str, rows: pd.DataFrame, refused: Refused, options: Phd2Options) -> Block:
    starts, ends = rows["start"].to_numpy(), (rows["start"] + rows["duration"]).to_numpy()
    row, position = overlapping(starts, ends, rows["length"].to_numpy(), options.theta, options.segment_s)
    keys = segment_ids(rows["youtubeId"].to_numpy(object)[row], position)
    liked = pd.DataFrame(
        {
            "from": rows["user_id"].to_numpy()[row],
            "to": keys.to_pandas(),
            "sequence": rows["sequence"].to_numpy()[row],
            "split": np.where(rows["is_last"].to_numpy()[row] == "True", "test", "train"),
        }
    )
    # A segment that a user liked twice counts once, at the later time.
    newest = liked.sort_values("sequence", kind="stable").drop_duplicates(["from", "to"], keep="last")
    table = pa.Table.from_pandas(newest, preserve_index=False)
    return RelationshipBlock("HIGHLIGHTED", "User", "Segment", table, source, refused=refused)
