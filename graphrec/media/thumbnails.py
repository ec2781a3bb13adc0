"""Small pictures of frames for people to look at: JPEG files, named by content and time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import cv2
import numpy as np
import numpy.typing as npt

from graphrec.files import replacing
from graphrec.media.description import thumbnail
from graphrec.media.encoders.base import Picture, Pixels

PICTURE = Picture(320, 320, "longest")
QUALITY = 85


class Spool:
    """Takes pictures as they come, and keeps them on disk until it is known which of them are wanted.

    Args:
        file: a new temporary file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._bounds = [0]
        self.times: list[float] = []
        self.sharpness: list[float] = []

    def take(self, times: npt.NDArray[np.float64], pixels: Pixels) -> None:
        """Take times, float64 [n], and pictures, uint8 [n, h, w, 3], RGB."""
        for time_s, picture in zip(times.tolist(), pixels, strict=True):
            encoded = cv2.imencode(
                ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
            )[1]
            self._bounds.append(self._bounds[-1] + self._file.write(encoded.tobytes()))
            self.times.append(time_s)
            self.sharpness.append(_sharpness(picture))

    def keep(self, chosen: Iterable[int], media: Path, digest: str) -> None:
        """Write the ``chosen`` pictures, by their number, to where ``thumbnail`` says; others are forgotten."""
        for number in chosen:
            path = media / thumbnail(digest, self.times[number])
            if not path.exists():
                self._file.seek(self._bounds[number])
                with replacing(path) as file:
                    file.write(self._file.read(self._bounds[number + 1] - self._bounds[number]))


@contextmanager
def spooling(folder: Path) -> Iterator[Spool]:
    """Open a spool whose temporary file is in ``folder``; raises ``OSError`` where there is no room."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        yield Spool(file)


def _sharpness(picture: Pixels) -> float:
    """The variance of the Laplacian, which blur flattens."""
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())
