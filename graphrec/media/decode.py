"""A short video as one array of small pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import Picture
from graphrec.media.one_pass import one_pass
from graphrec.media.sampling import SMALLEST_SIDE, Sampler

FRAMES_PER_S = 2.0
SIZE = 96


@dataclass(frozen=True)
class Decoded:
    """What one pass over a file gave.

    Attributes:
        duration_s: from the first decoded frame's start to the last one's end, seconds.
        fps: decoded frames per second of that duration.
        width: as shown, pixels.
        height: as shown, pixels.
        times: float64 [n], seconds from the first frame's start: (k + 1/2) / frames per second asked for, or the
            middle of a video that is over before the first of these.
        frames: uint8 [n, h, w, 3], RGB, the picture on screen at each of ``times``; n >= 1.
    """

    duration_s: float
    fps: float
    width: int
    height: int
    times: NDArray[np.float64]
    frames: NDArray[np.uint8]


def decode(path: str | Path, *, frames_per_s: float = FRAMES_PER_S, size: int = SIZE) -> Decoded:
    """Decode a video once; sample the picture on screen at times (k + 1/2) / ``frames_per_s``.

    Args:
        path: an mp4, mov, mkv, webm, avi or another common video file; told by its content, not by its name.
        frames_per_s: samples per second.
        size: the longest side of the sampled frames in pixels; smaller videos are not enlarged, except that
            no side gets less than 8 pixels.

    Raises:
        ConfigError: ``frames_per_s`` or ``size`` is out of range.
        DataError: the file cannot be used (see ``one_pass``).
    """
    if not frames_per_s > 0:
        raise ConfigError(f"frames_per_s is {frames_per_s}; it must be above 0")
    if size < SMALLEST_SIDE:
        raise ConfigError(f"size is {size}; it must be at least {SMALLEST_SIDE} pixels")
    times: list[NDArray[np.float64]] = []
    frames: list[NDArray[np.uint8]] = []

    def take(at: NDArray[np.float64], pictures: NDArray[np.uint8]) -> None:
        times.append(at)
        frames.append(pictures)

    sampler = Sampler(frames_per_s, Picture(size, size, "longest"), take)
    info = one_pass(Path(path), [sampler])
    sampler.finish()
    return Decoded(
        info.duration_s, info.fps, info.width, info.height, np.concatenate(times), np.concatenate(frames)
    )
