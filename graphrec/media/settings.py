"""How videos are described: everything that a process of its own must be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from graphrec.media.cutting import Cutting, Detector
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.keyframes import FrameRule, Pick


@dataclass(frozen=True)
class DescribeSettings:
    """All that a description depends on besides the file and the encoders.

    Attributes:
        segments: how segments are cut.
        frames: which frames are kept.
        pick: which picture stands for a shot or segment.
        detector: how shots are found, where they are wanted.
        frames_per_s: pictures described per second; None for what the encoder wants.
        hardware: an FFmpeg device type that decodes, or None.
        shots: find shots even where neither segments nor frames need them.
        cut_end_card: describe a video up to the still picture at its end only, where it has one.
    """

    segments: Cutting = field(default_factory=Cutting)
    frames: FrameRule = field(default_factory=FrameRule)
    pick: Pick = Pick.BEST
    detector: Detector = Detector.ADAPTIVE
    frames_per_s: float | None = None
    hardware: str | None = None
    shots: bool = False
    cut_end_card: bool = False

    @property
    def find_shots(self) -> bool:
        """Whether shots must be found."""
        return self.shots or self.segments.by_shots or self.frames.kind == "shots"


@dataclass(frozen=True)
class EncoderSpecs:
    """The encoders in words, for another process."""

    frames: EncoderSpec = field(default_factory=lambda: EncoderSpec("descriptor"))
    audio: EncoderSpec | None = None


@dataclass(frozen=True)
class DescribeJob:
    """What all files of a run have in common.

    Attributes:
        media: where descriptions and pictures are kept.
        settings: how files are described.
        encoders: by what.
        threads: threads of one process.
        memory_mb: how much memory one process may use.
    """

    media: Path
    settings: DescribeSettings = field(default_factory=DescribeSettings)
    encoders: EncoderSpecs = field(default_factory=EncoderSpecs)
    threads: int = 1
    memory_mb: int = 4096
