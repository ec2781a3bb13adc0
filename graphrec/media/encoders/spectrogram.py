"""The ``spectrogram`` encoder: no description, but spectrograms themselves, for networks that learn from them."""

from __future__ import annotations

import numpy as np

from graphrec.arrays import with_sizes
from graphrec.errors import DataError
from graphrec.media.encoders.base import EncoderSpec, Floats
from graphrec.media.encoders.evenly import evenly
from graphrec.media.encoders.logmel import FRAME_S, RATE, STEP_S, spectrogram

WINDOWS = 32
"""Of a stretch (Hasama and Li, section 3.1)."""
SIDE = 24
"""Bands, and steps of 10 ms, of a window's spectrogram, unless the encoder's name says another: ``spectrogram-64``."""


class Spectrogram:
    """The encoder. A stretch is log-mel spectrograms of ``WINDOWS`` of its windows, spread evenly over it.

    Args:
        side: how many bands, and how many steps of 10 ms a window lasts.
    """

    version = "1"
    rate = RATE

    def __init__(self, side: int) -> None:
        self._side = side
        self.name = with_sizes("spectrogram", (WINDOWS, side, side))
        self.window = round((FRAME_S + (side - 1) * STEP_S) * RATE)
        self.dimension = side * side

    def encode(self, waves: Floats) -> Floats:
        """Return the spectrograms of windows: float32 [n, window], from -1 to 1, to float32 [n, steps * bands].

        Raises:
            DataError: the array has another shape.
        """
        if waves.ndim != 2 or waves.shape[1] != self.window or not len(waves):
            raise DataError(f"waves are {list(waves.shape)}; [n, {self.window}] with n >= 1 is needed")
        return spectrogram(waves, self.rate, self._side).reshape(len(waves), -1)

    def pool(self, vectors: Floats) -> Floats:
        """Return float32 [WINDOWS * steps * bands], an array [WINDOWS, steps, bands] in C order, of logarithms."""
        return np.ascontiguousarray(evenly(vectors, WINDOWS)).ravel()


def create(spec: EncoderSpec) -> Spectrogram:
    """Return the encoder, of the size that its name says."""
    _, _, side = spec.name.partition("-")
    return Spectrogram(int(side or SIDE))
