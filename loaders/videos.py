"""Video files: each becomes an item, its segments and their features."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from graphrec.errors import DataError
from graphrec.loaders.base import Block, FeatureBlock, NodeBlock, Options, RelationshipBlock
from graphrec.media.describe import Described, DescribeSettings, describe_cached
from graphrec.media.segments import LENGTH_S

log = logging.getLogger(__name__)

SUFFIXES = {".mp4", ".webm", ".mkv", ".mov", ".avi"}
FEATURE = "descriptor"


class VideoOptions(Options):
    """How videos are cut and what happens to files that cannot be read."""

    segment_s: float = Field(LENGTH_S, gt=0)
    """Length of a segment, seconds."""
    skip_unreadable: bool = False
    """Leave out files that cannot be decoded, with a warning each, instead of stopping at the first."""


class Videos:
    """Loads video files: decodes each once, cuts it in segments, describes them by colour, texture and motion."""

    name: ClassVar[str] = "videos"
    title: ClassVar[str] = "video files: items, segments of 5 s, and a feature vector per segment"
    example: ClassVar[str] = "graphrec load videos clips/"
    Options: ClassVar[type[Options]] = VideoOptions

    def blocks(self, paths: Sequence[Path], options: VideoOptions, workspace: Path) -> Iterator[Block]:
        """Yield item, segments and features of each file; the item's id is the file's name without suffix."""
        settings = DescribeSettings(length_s=options.segment_s)
        files = [file for path in paths for file in _files(path)]
        _refuse_twins(files)
        for file in files:
            try:
                described = describe_cached(file, workspace / "media" / "described", settings)
            except DataError as error:
                if not options.skip_unreadable:
                    raise DataError(str(error), str(file)) from error
                log.warning("left out: %s", error)
                continue
            yield from _blocks(file, described)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"{path}: no such file or folder")
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not found:
        raise DataError(f"{path}: no video files there ({', '.join(sorted(SUFFIXES))})")
    return found


def _refuse_twins(files: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        if file.stem in seen:
            raise DataError(
                f"{file} and {seen[file.stem]} would both be item {file.stem!r}; rename one of them"
            )
        seen[file.stem] = file


def _blocks(file: Path, video: Described) -> Iterator[Block]:
    source, item = str(file), file.stem
    starts, ends, positions = zip(*video.segments, strict=True)
    keys = [f"{item}#{position}" for position in positions]
    yield NodeBlock(
        "Item",
        pa.table(
            {
                "id": [item],
                "kind": ["video"],
                "title": [item.replace("_", " ")],
                "duration_s": [video.duration_s],
                "uri": [str(file.resolve())],
            }
        ),
        source,
    )
    segments = pa.table({"id": keys, "start_s": starts, "end_s": ends, "position": positions})
    yield NodeBlock("Segment", segments, source, fixed=("end_s", "start_s"))
    yield RelationshipBlock(
        "HAS_SEGMENT", "Item", "Segment", pa.table({"from": [item] * len(keys), "to": keys}), source
    )
    yield FeatureBlock(FEATURE, "Segment", keys, video.features, source)
