"""A video in numbers, and where its pictures are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrec.media.cutting import Bounds
from graphrec.media.encoders.base import Floats

Times = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Description:
    """What was found in a video.

    Attributes:
        info: duration, size and the like.
        end_s: up to where it is described, in seconds; less than the duration where an end card was cut off.
        shots: float64 [n + 1], their bounds in seconds; only 0 and the end where nobody asked for them.
        segments: float64 [s, 2], start and end of each in seconds.
        frames: float64 [f], times in seconds of the frames that are kept.
        cover: number of the frame that stands for the whole video, -1 where no frame is kept.
        encoder: name and version of what described the pictures.
        looks: float32 [s, P], [f, P] and [1, P]: the segments, the frames and the whole video; where an encoder makes
            arrays, [s, 0], [f, 0] and [1, P].
        audio: name and version of what described the sound, or None.
        sounds: the same as ``looks`` of the sound, or None.
    """

    info: VideoInfo
    end_s: float
    shots: Bounds
    segments: Bounds
    frames: Times
    cover: int
    encoder: tuple[str, str]
    looks: tuple[Floats, Floats, Floats]
    audio: tuple[str, str] | None
    sounds: tuple[Floats, Floats, Floats] | None


@dataclass(frozen=True)
class VideoInfo:
    """What a file turned out to hold.

    Attributes:
        duration_s: from the first decoded picture's start to the last one's end, seconds.
        fps: decoded pictures per second of that duration.
        width: as shown, after rotation, pixels.
        height: as shown, pixels.
        rotation: by how many degrees a player turns the stored pictures counterclockwise.
        has_audio: whether any sound could be decoded.
    """

    duration_s: float
    fps: float
    width: int
    height: int
    rotation: int
    has_audio: bool


def thumbnail(digest: str, time_s: float) -> str:
    """Return where the picture of a content at a time is kept, below the media folder."""
    return f"thumbnails/{digest[:2]}/{digest}/{round(time_s * 1000)}.jpg"
