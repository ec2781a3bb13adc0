"""A network that hears waves or spectrograms, as an encoder."""

from __future__ import annotations

import numpy as np

from graphrec.errors import ConfigError, DataError
from graphrec.media.encoders.base import Floats
from graphrec.media.encoders.logmel import spectrogram
from graphrec.media.encoders.model_settings import LogmelSettings, WaveformSettings
from graphrec.media.encoders.network import Network, vectors
from graphrec.media.encoders.pooling import pool


class AudioModel:
    """The encoder; see ``graphrec.media.encoders.base.AudioEncoder``.

    Args:
        settings: what the network wants to hear.
        network: which runs.
        version: of the network and its settings.
        source: who named the network, for errors.

    Raises:
        ConfigError: the network takes or gives other arrays than the settings say.
    """

    def __init__(
        self, settings: WaveformSettings | LogmelSettings, network: Network, version: str, source: str
    ) -> None:
        self.name, self.version = settings.name, version
        self.rate, self.window = settings.rate, round(settings.rate * settings.window_s)
        self._settings, self._network = settings, network
        try:
            self.dimension = self._vectors(np.zeros((1, self.window), np.float32)).shape[1]
        except (ConfigError, DataError) as error:
            raise ConfigError(f"{source}: {error}") from error

    def encode(self, waves: Floats) -> Floats:
        """Describe windows: float32 [n, window], from -1 to 1, n >= 1, to float32 [n, dimension].

        Raises:
            DataError: the array has another shape, or a vector holds something that is no number.
        """
        if waves.ndim != 2 or waves.shape[1] != self.window or not len(waves):
            raise DataError(
                f"{self.name}: waves are {list(waves.shape)}; [n, {self.window}] with n >= 1 is needed"
            )
        found = self._vectors(waves)
        if not np.isfinite(found).all():
            raise DataError(f"{self.name}: the model gives infinite numbers; check rate and window_s")
        return found

    def pool(self, vectors: Floats) -> Floats:
        """Describe a stretch: float32 [n, dimension], n >= 1, to float32 [dimension per way of pooling]."""
        return pool(vectors, self._settings.pooling)

    def _vectors(self, waves: Floats) -> Floats:
        return vectors(self._network, lambda part: self._input(waves[part]), len(waves), self.window)

    def _input(self, waves: Floats) -> Floats:
        settings = self._settings
        if isinstance(settings, WaveformSettings):
            return np.asarray(waves, np.float32)
        bands = spectrogram(
            waves, settings.rate, settings.bands, settings.low_hz, settings.high_hz, settings.floor
        )
        layout = settings.layout or self._layout()
        return {"NTM": bands, "NCTM": bands[:, None], "NTMC": bands[..., None]}[layout]

    def _layout(self) -> str:
        shape = self._network.input_shape
        if shape is None or len(shape) != 4:
            return "NTM"
        return "NTMC" if shape[3] == 1 != shape[1] else "NCTM"
