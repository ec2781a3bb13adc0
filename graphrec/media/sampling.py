"""Pictures at even times, in the size that somebody wants, in batches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from graphrec.media.encoders.base import Picture, Pixels

SMALLEST_SIDE = 8

Take = Callable[[npt.NDArray[np.float64], Pixels], None]


class PictureSampler:
    """Hands over the picture on screen at each time (k + 1/2) / ``per_s``; others are dropped unconverted.

    Args:
        per_s: samples per second.
        picture: the size of the samples.
        take: gets times, float64 [n], seconds, and pictures, uint8 [n, h, w, 3], RGB; n is at most ``batch``.
        batch: how many pictures are kept before they are handed over.
    """

    def __init__(self, per_s: float, picture: Picture, take: Take, batch: int = 16) -> None:
        self._per_s, self._picture, self._take, self._batch = per_s, picture, take, batch
        self._resize = Resizer(picture)
        self._shown: VideoFrame | None = None
        self._count, self._end_s = 0, 0.0
        self._times: list[float] = []
        self._pixels: list[Pixels] = []

    def picture(self, start_s: float, end_s: float, frame: VideoFrame) -> None:
        """Take the next picture of the video."""
        self._sample_until(start_s)
        self._shown, self._end_s = frame, end_s

    def finish(self) -> None:
        """Hand over the rest; a video shorter than half a step gives one sample, of its middle."""
        self._sample_until(self._end_s)
        if not self._count and self._shown is not None:
            self._times, self._pixels = [self._end_s / 2], [self._resize(self._shown)]
        self._hand_over()

    def _sample_until(self, time_s: float) -> None:
        until = int(np.ceil(time_s * self._per_s - 0.5 - 1e-6))
        if self._shown is not None and self._count < until:
            self._add(until - self._count)

    def _add(self, times: int) -> None:
        assert self._shown is not None
        pixels = self._resize(self._shown)
        for _ in range(times):
            self._times.append((self._count + 0.5) / self._per_s)
            self._pixels.append(pixels)
            self._count += 1
            if len(self._times) == self._batch:
                self._hand_over()

    def _hand_over(self) -> None:
        if self._times:
            self._take(np.array(self._times), np.stack(self._pixels))
            self._times.clear()
            self._pixels.clear()


class Resizer:
    """Turns decoded pictures into RGB arrays of one size, upright as a player shows them.

    Pictures of one video that differ in size all get the size that follows from the first.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._reformatter = VideoReformatter()
        self._size: tuple[int, int] | None = None

    def __call__(self, frame: VideoFrame) -> Pixels:
        """Return uint8 [h, w, 3]."""
        turns = frame.rotation // 90 % 4
        width, height = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
        if self._size is None:
            self._size = scaled(width, height, self._picture)
        wide, high = self._size
        if turns % 2:
            wide, high = high, wide
        small = self._reformatter.reformat(frame, width=wide, height=high, format="rgb24", threads=1)
        pixels = np.rot90(np.asarray(small.to_ndarray(), np.uint8), turns)
        if self._picture.fit == "crop":
            top = (pixels.shape[0] - self._picture.height) // 2
            left = (pixels.shape[1] - self._picture.width) // 2
            pixels = pixels[top : top + self._picture.height, left : left + self._picture.width]
        return np.ascontiguousarray(pixels)


def scaled(width: int, height: int, picture: Picture) -> tuple[int, int]:
    """Return the width and height to which a picture is scaled, before what is too much for a crop is cut off."""
    if picture.fit == "stretch":
        return picture.width, picture.height
    if picture.fit == "crop":
        scale = max(picture.width / width, picture.height / height)
        return max(picture.width, round(width * scale)), max(picture.height, round(height * scale))
    scale = min(1.0, picture.width / width, picture.height / height)
    return max(SMALLEST_SIDE, round(width * scale)), max(SMALLEST_SIDE, round(height * scale))
