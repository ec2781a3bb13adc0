"""The ``logmel`` encoder: loudness and timbre of sound, without any weights; and the spectrograms it is made of."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from graphrec.errors import ConfigError, DataError
from graphrec.media.encoders.base import EncoderSpec, Floats

RATE = 16_000
BANDS = 64
LOW_HZ, HIGH_HZ = 60.0, 7800.0
FLOOR = 0.01
"""Added to magnitudes before their logarithm is taken; 80 dB below the loudest tone."""

FRAME_S, STEP_S = 0.025, 0.010
# What a spectrum needs while it is computed, 5 KB a frame, is needed for so many frames at once.
_FRAMES_AT_ONCE = 4096


class LogMel:
    """The encoder. A window's vector holds each band's mean, variance and mean absolute change from frame to frame.

    Changes are counted inside of windows, so that a stretch does not depend on what comes after it.
    """

    name = "logmel"
    version = "1"
    rate = RATE
    window = RATE
    dimension = 3 * BANDS

    def encode(self, waves: Floats) -> Floats:
        """Describe windows: float32 [n, window], from -1 to 1, n >= 1, to float32 [n, dimension].

        Raises:
            DataError: the array has another shape.
        """
        if waves.ndim != 2 or waves.shape[1] != self.window or not len(waves):
            raise DataError(f"waves are {list(waves.shape)}; [n, {self.window}] with n >= 1 is needed")
        bands = spectrogram(waves, self.rate)
        change = np.abs(np.diff(bands, axis=1)).mean(axis=1)
        return np.concatenate([bands.mean(axis=1), bands.var(axis=1), change], axis=1)

    def pool(self, vectors: Floats) -> Floats:
        """Return each band's mean, standard deviation and mean absolute change over a stretch.

        Args:
            vectors: float32 [n, dimension], n >= 1.

        Returns:
            float32 [3 * BANDS], of logarithms to the base e.
        """
        means, variances, changes = np.split(vectors.astype(np.float64), 3, axis=1)
        deviation = np.sqrt(variances.mean(axis=0) + means.var(axis=0))
        return np.concatenate([means.mean(axis=0), deviation, changes.mean(axis=0)]).astype(np.float32)


def create(spec: EncoderSpec) -> LogMel:
    """Return the encoder, which has no settings."""
    return LogMel()


def spectrogram(
    waves: Floats,
    rate: int,
    bands: int = BANDS,
    low_hz: float = LOW_HZ,
    high_hz: float = HIGH_HZ,
    floor: float = FLOOR,
) -> Floats:
    """Return the logarithm of the loudness in bands of the mel scale, 25 ms every 10 ms.

    Args:
        waves: float32 [..., samples], from -1 to 1, at least 25 ms long.
        rate: samples per second.
        bands: how many.
        low_hz: where the lowest begins.
        high_hz: where the highest ends, at most half of ``rate``.
        floor: added to magnitudes before the logarithm.

    Returns:
        float32 [..., frames, bands]; only whole frames.

    Raises:
        ConfigError: bands that sound of this rate cannot have, or more than can be told apart.
        DataError: the sound is shorter than a frame.
    """
    length, step = _lengths(rate)
    if waves.shape[-1] < length:
        raise DataError(f"the sound has {waves.shape[-1]} samples; at least {length} are needed")
    filters = _filters(rate, bands, low_hz, high_hz)
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    frames = sliding_window_view(waves, length, axis=-1)[..., ::step, :]
    # All that lie next to each other in one line: whole windows, or parts of a long sound.
    rows = frames.reshape(-1, *frames.shape[-2:]) if waves.ndim > 1 else frames[None]
    found = np.empty((*rows.shape[:2], bands), np.float32)
    many = max(1, _FRAMES_AT_ONCE // rows.shape[1])
    for row in range(0, len(rows), many):
        for at in range(0, rows.shape[1], _FRAMES_AT_ONCE):
            part = np.s_[row : row + many, at : at + _FRAMES_AT_ONCE]
            spectrum = np.fft.rfft(rows[part] * hann, 2 * (len(filters) - 1))
            found[part] = np.log(np.abs(spectrum).astype(np.float32) @ filters + np.float32(floor))
    return found.reshape(*frames.shape[:-1], bands)


def spectrogram_clips(wave: Floats, rate: int, count: int = 32, frames: int = 96) -> Floats:
    """Return the spectrograms of clips spread evenly over a sound, the first at its start and the last at its end.

    Args:
        wave: float32 [samples]; one shorter than a clip is filled up with silence.
        rate: samples per second.
        count: clips, at least 1.
        frames: of a clip, 10 ms each, at least 1.

    Returns:
        float32 [count, frames, BANDS].
    """
    length, step = _lengths(rate)
    samples = length + (frames - 1) * step
    filled = np.pad(wave, (0, max(0, samples - len(wave))))
    starts = np.linspace(0, len(filled) - samples, count).round().astype(int)
    return spectrogram(np.stack([filled[start : start + samples] for start in starts]), rate)


def _lengths(rate: int) -> tuple[int, int]:
    return round(FRAME_S * rate), round(STEP_S * rate)


@cache
def _filters(rate: int, bands: int, low_hz: float, high_hz: float) -> Floats:
    """Triangles on HTK's mel scale, each from the middle of the band below to that of the one above: [bins, bands]."""
    if not low_hz < high_hz <= rate / 2:
        raise ConfigError(
            f"bands from {low_hz:g} to {high_hz:g} Hz are not possible; sound of {rate} samples per second has "
            f"frequencies from 0 to {rate / 2:g} Hz"
        )
    size = 1 << (_lengths(rate)[0] - 1).bit_length()
    hertz = np.array([low_hz, high_hz, *np.fft.rfftfreq(size, 1 / rate)])
    low, high, *bins = 1127 * np.log1p(hertz / 700)
    corners = np.linspace(low, high, bands + 2)
    width, at = corners[1] - corners[0], np.array(bins)[:, None]
    filters = np.maximum(0, 1 - np.abs(at - corners[1:-1]) / width)
    if not filters.any(axis=0).all():
        raise ConfigError(f"{bands} bands from {low_hz:g} to {high_hz:g} Hz are too many; take fewer")
    return np.asarray(filters, np.float32)
