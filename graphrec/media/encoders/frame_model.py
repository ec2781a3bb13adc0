"""A network that sees pictures or clips, as an encoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError, DataError
from graphrec.media.encoders.base import Floats, Picture, Pixels
from graphrec.media.encoders.model_settings import ClipSettings, FramesSettings
from graphrec.media.encoders.network import Network, vectors
from graphrec.media.encoders.pooling import pool


class FrameModel:
    """The encoder; see ``graphrec.media.encoders.base.FrameEncoder``.

    Args:
        settings: what the network wants to see.
        network: which runs.
        version: of the network and its settings.
        source: who named the network, for errors.

    Raises:
        ConfigError: the network takes or gives other arrays than the settings say.
    """

    overlap = 0

    def __init__(
        self, settings: FramesSettings | ClipSettings, network: Network, version: str, source: str
    ) -> None:
        self.name, self.version = settings.name, version
        self.picture = Picture(settings.width, settings.height, settings.fit)
        self.frames_per_s = settings.frames_per_s
        self.frames_per_vector = settings.frames_per_vector if isinstance(settings, ClipSettings) else 1
        self._settings, self._network = settings, network
        self._order = ["NTHWC".index(axis) for axis in settings.layout if axis != "N"]
        black = np.zeros((self.frames_per_vector, settings.height, settings.width, 3), np.uint8)
        try:
            self.dimension = self._vectors(black).shape[1]
        except (ConfigError, DataError) as error:
            raise ConfigError(f"{source}: {error}") from error

    def encode(self, frames: Pixels) -> Floats:
        """Describe n moments: uint8 [n * frames_per_vector, height, width, 3], n >= 1, to float32 [n, dimension].

        Raises:
            DataError: the array has another type or shape, or a vector holds something that is no number.
        """
        wanted = (self.picture.height, self.picture.width, 3)
        fits = frames.dtype == np.uint8 and frames.shape[1:] == wanted
        if not fits or not len(frames) or len(frames) % self.frames_per_vector:
            raise DataError(
                f"{self.name}: frames are {frames.dtype} {list(frames.shape)}; uint8 [n, {wanted[0]}, {wanted[1]}, 3] "
                f"with n a multiple of {self.frames_per_vector} is needed"
            )
        found = self._vectors(frames)
        if not np.isfinite(found).all():
            raise DataError(
                f"{self.name}: the model gives infinite numbers; check dtype, scale, mean and std"
            )
        return found

    def pool(self, vectors: Floats) -> Floats:
        """Describe a stretch: float32 [n, dimension], n >= 1, to float32 [dimension per way of pooling]."""
        return pool(vectors, self._settings.pooling)

    def _vectors(self, frames: Pixels) -> Floats:
        clips = frames.reshape(-1, self.frames_per_vector, *frames.shape[1:])
        return vectors(self._network, lambda part: self._input(clips[part]), len(clips), clips[0].size)

    def _input(self, clips: Pixels) -> npt.NDArray[Any]:
        """Bring uint8 [n, t, h, w, 3] into the network's type and order."""
        numbers: npt.NDArray[Any] = clips
        if self._settings.dtype == "float32":
            # As one product and one sum, over small numbers: x / scale / std - mean / std.
            factor = 1 / (self._settings.scale * np.array(self._settings.std))
            offset = np.array(self._settings.mean) / self._settings.std
            numbers = clips * factor.astype(np.float32) - offset.astype(np.float32)
        if isinstance(self._settings, FramesSettings):
            return np.ascontiguousarray(numbers[:, 0].transpose(0, *(axis - 1 for axis in self._order)))
        return np.ascontiguousarray(numbers.transpose(0, *self._order))
