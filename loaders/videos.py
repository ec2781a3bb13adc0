"""Video files: each becomes an item with its segments and frames, and what they look and sound like."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from graphrec.loaders.video_files import SUFFIXES, find, passed_over
from graphrec.loading.blocks import Block, FileBlock
from graphrec.loading.loader import Options
from graphrec.loading.resolve.described_video import DescribedVideo
from graphrec.loading.resolve.videos import PendingVideos
from graphrec.media.cutting import Cutting, Detector
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.journal import Journal, shown
from graphrec.media.keyframes import FrameRule, Pick
from graphrec.media.settings import DescribeJob, DescribeSettings, EncoderSpecs
from graphrec.media.video_file import VideoFile
from graphrec.workspace import Workspace

log = logging.getLogger(__name__)

_TOGETHER = 100
"""Files that are stored in one transaction where nobody has to wait for them."""


class VideoOptions(Options):
    """How videos are cut and described."""

    segments: str = "fixed:5"
    """fixed:SECONDS, equal:COUNT, shots, or scenes:SECONDS (like shots joined until none is shorter)."""
    frames: str = "keyframes"
    """N/s (as in 1/s), per-shot, keyframes (one per segment) or none."""
    pick: Pick = Pick.BEST
    """Which picture stands for a shot or segment."""
    detector: Detector = Detector.ADAPTIVE
    """How shots are found."""
    shots: bool = False
    """Find shots even where neither segments nor frames need them; the explorer's timelines show them."""
    encoder: str = "descriptor"
    """What describes pictures: descriptor (colour, texture, motion; no weights), mobilenet_v2, or a model's TOML; or
    clip, which keeps them."""
    weights: Path | None = None
    """The encoder's weights, where it needs some."""
    pooling: str | None = None
    """How a network's moments make a segment: mean,max,difference or a part of it; by default its own way."""
    audio: str | None = None
    """What describes sound: logmel (no weights), a model's TOML file, or spectrogram; by default nothing does."""
    frames_per_s: float | None = Field(None, gt=0, le=1000)
    """Pictures described per second; by default what the encoder wants."""
    metadata: Path | None = None
    """CSV or JSON list with file, id, title, genres, uploader, year, trailer_of; else metadata.csv beside the files."""
    workers: int | None = Field(None, ge=1)
    """Processes that decode; by default as many as there are cores."""
    limit_s: float | None = Field(None, gt=0, le=1_000_000)
    """Seconds that one file may take; by default two minutes and two seconds per megabyte."""
    memory_mb: int = Field(4096, ge=256)
    """Memory that one process may use."""
    hardware: str | None = None
    """Decode by a device of this FFmpeg type, such as cuda or vaapi, where there is one."""

    @property
    def settings(self) -> DescribeSettings:
        """What descriptions depend on; raises ``ConfigError``."""
        return DescribeSettings(
            Cutting.parse(self.segments),
            FrameRule.parse(self.frames),
            self.pick,
            self.detector,
            self.frames_per_s,
            self.hardware,
            self.shots,
        )

    @property
    def encoders(self) -> EncoderSpecs:
        """By what videos are described."""
        weights = str(self.weights) if self.weights else None
        frames = EncoderSpec(self.encoder, weights, pooling=self.pooling)
        return EncoderSpecs(frames, EncoderSpec(self.audio) if self.audio else None)


class VideoLoader:
    """Loads video files, each decoded once in a process of its own; one that cannot be used costs only itself."""

    name: ClassVar[str] = "videos"
    title: ClassVar[str] = "video files: items, segments, key frames, and what they look and sound like"
    example: ClassVar[str] = "graphrec load videos clips/ --segments shots --audio logmel"
    Options: ClassVar[type[Options]] = VideoOptions

    def blocks(self, paths: Sequence[Path], options: VideoOptions, workspace: Path) -> Iterator[Block]:
        """Yield what became of each file; one that cannot be used is told as such, and the others go on.

        An item's id is the file's name without suffix, unless the metadata say another.
        """
        # What decodes takes long to import, and every command would.
        from graphrec.media.describe_files import describe_all

        media = Workspace(workspace).media
        job = DescribeJob(media, options.settings, options.encoders, memory_mb=options.memory_mb)
        files, refused = _distinct(find(paths, options.metadata))
        if others := passed_over(paths):
            names = ", ".join(path.name for path in others[:5])
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            kinds = ", ".join(sorted(SUFFIXES))
            log.info("%d files are left out, which are not %s: %s%s", len(others), kinds, names, more)
        total = len(files) + len(refused)
        journal = Journal(media)
        for file, reason in refused:
            journal.failed(file.path, file.item, reason)
            yield FileBlock(shown(file.path), total, reason)
        together: list[DescribedVideo] = []
        outcomes = describe_all(
            [(file.path, file.item) for file in files], job, workers=options.workers, limit_s=options.limit_s
        )
        for file, outcome in zip(files, outcomes, strict=True):
            yield FileBlock(str(file.path), total, outcome.reason)
            if outcome.described is not None:
                together.append(DescribedVideo(file, outcome.digest, outcome.described))
            if together and (not outcome.next_is_ready or len(together) == _TOGETHER):
                yield PendingVideos(together)
                together = []
        if together:
            yield PendingVideos(together)


def _distinct(files: Sequence[VideoFile]) -> tuple[list[VideoFile], list[tuple[VideoFile, str]]]:
    """Return the files to load, and those that cannot be, with why."""
    first: dict[str, VideoFile] = {}
    refused = []
    for file in files:
        try:
            str(file.path).encode()
        except UnicodeEncodeError:
            refused.append((file, f"{shown(file.path)}: its name is no UTF-8; rename it"))
            continue
        if file.fault:
            refused.append((file, file.fault))
            continue
        if first.setdefault(file.item, file) is not file:
            other = first[file.item].path
            reason = (
                f"{file.path}: item {file.item!r} is {other} already; rename it or give it an id of its own"
            )
            refused.append((file, reason))
    kept = set(first.values())
    return [file for file in files if file in kept], refused
