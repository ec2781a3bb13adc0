"""The ``clip`` encoder: no description, but the pictures themselves, small, for networks that learn from them."""

from __future__ import annotations

import numpy as np

from graphrec.arrays import with_sizes
from graphrec.errors import DataError
from graphrec.media.encoders.base import EncoderSpec, Floats, Picture, Pixels
from graphrec.media.encoders.evenly import evenly

FRAMES = 32
"""Of a clip (Hasama and Li, section 3.1)."""
SIDE = 24
"""Pixels of each side of a picture, unless the encoder's name says another: ``clip-112``."""


class Clip:
    """The encoder. A stretch is ``FRAMES`` of its pictures, spread evenly over it, as numbers from 0 to 255.

    Args:
        side: pixels of each side of a picture, whose middle is taken.
    """

    version = "1"
    frames_per_s = 4.0
    frames_per_vector = 1
    overlap = 0

    def __init__(self, side: int) -> None:
        self.name = with_sizes("clip", (FRAMES, side, side, 3))
        self.picture = Picture(side, side, "crop")
        self.dimension = side * side * 3

    def encode(self, frames: Pixels) -> Floats:
        """Return the pictures, uint8 [n, side, side, 3], as float32 [n, side * side * 3].

        Raises:
            DataError: the array has another type or shape.
        """
        side, shape = self.picture.width, frames.shape
        if frames.dtype != np.uint8 or shape[1:] != (side, side, 3) or not len(frames):
            raise DataError(f"frames are {frames.dtype} {list(shape)}; uint8 [n, {side}, {side}, 3], n >= 1, is needed")
        return frames.reshape(len(frames), -1).astype(np.float32)

    def pool(self, vectors: Floats) -> Floats:
        """Return float32 [FRAMES * side * side * 3], an array [FRAMES, side, side, 3] in C order."""
        return evenly(vectors, FRAMES).ravel()


def create(spec: EncoderSpec) -> Clip:
    """Return the encoder, of the size that its name says."""
    _, _, side = spec.name.partition("-")
    return Clip(int(side or SIDE))
