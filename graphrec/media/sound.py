"""A video's sound as windows of samples at one rate, in batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from av import AudioResampler
from av.audio.frame import AudioFrame
from av.error import FFmpegError

from graphrec.errors import DataError
from graphrec.media.container import audio_stream, opened
from graphrec.media.encoders.base import Floats

TakeSound = Callable[[npt.NDArray[np.float64], Floats], None]


_UNHEARD_S = 0.1
"""Between two pieces: less than this is rounding."""
_LONGEST_GAP_S = 600.0
"""More than this is damage."""


class SoundWindows:
    """Hands over windows of sound, mixed down to one channel, with the time of their middle.

    The first begins with the first picture; where there is no sound, there is silence.

    Args:
        rate: samples per second that are wanted.
        window: samples of a window; the last one is filled up with silence.
        take: gets times, float64 [n], seconds, and float32 [n, window], from -1 to 1.
        batch: how many windows are kept before they are handed over.
    """

    def __init__(self, rate: int, window: int, take: TakeSound, batch: int = 32) -> None:
        self._rate, self._window, self._take, self._batch = rate, window, take, batch
        self._resampler = self._fresh()
        self._format: tuple[object, ...] = ()
        self._waiting: list[Floats] = []
        self._samples = self._count = 0
        self._until_s = 0.0

    def sound(self, start_s: float, frame: AudioFrame) -> None:
        """Take the next piece of sound, heard from ``start_s`` on; its format may change on the way."""
        lasts_s = frame.samples / frame.sample_rate
        if start_s + lasts_s <= 0:
            return
        given = (frame.format.name, frame.layout.name, frame.sample_rate)
        gap_s = start_s - self._until_s
        missing = _UNHEARD_S < gap_s < _LONGEST_GAP_S
        if missing or self._format not in ((), given):
            self._flush()
        if missing:
            self._be_silent(round(gap_s * self._rate))
            self._until_s = start_s
        self._format = given
        self._until_s += lasts_s
        self._add(self._resampler.resample(frame))

    def finish(self, until_s: float = 0.0) -> None:
        """Hand over the rest, and silence up to ``until_s``."""
        self._flush()
        self._be_silent(round(until_s * self._rate) - self._count * self._window - self._samples)
        self._be_silent(-self._samples % self._window)
        if self._samples:
            self._hand_over()

    def _flush(self) -> None:
        if self._format:
            self._add(self._resampler.resample(None))
            self._resampler, self._format = self._fresh(), ()

    def _be_silent(self, samples: int) -> None:
        for start in range(0, samples, self._window):
            self._keep(np.zeros(min(self._window, samples - start), np.float32))

    def _fresh(self) -> AudioResampler:
        # A second at once: most of the work for small pieces is in handing them on.
        return AudioResampler(format="flt", layout="mono", rate=self._rate, frame_size=self._rate)

    def _add(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            self._keep(np.asarray(frame.to_ndarray(), np.float32).ravel())

    def _keep(self, samples: Floats) -> None:
        self._waiting.append(samples)
        self._samples += len(samples)
        if self._samples >= self._batch * self._window:
            self._hand_over()

    def _hand_over(self) -> None:
        """Hand over all whole windows."""
        windows = self._samples // self._window
        sound = np.concatenate(self._waiting)
        used = windows * self._window
        times: npt.NDArray[np.float64] = (self._count + np.arange(windows) + 0.5) * self._window / self._rate
        self._take(times, np.clip(np.nan_to_num(sound[:used]), -1, 1).reshape(windows, self._window))
        self._waiting, self._samples = [sound[used:]], len(sound) - used
        self._count += windows


def sound_of(path: Path, rate: int) -> Floats:
    """Return the sound of a file, mixed down to one channel, without decoding its pictures.

    Args:
        path: of a video.
        rate: samples per second that are wanted.

    Returns:
        float32 [samples], from -1 to 1, filled up with silence to whole seconds.

    Raises ``DataError`` for a file without sound, or one that cannot be opened.
    """
    seconds: list[Floats] = []
    windows = SoundWindows(rate, rate, lambda _, waves: seconds.append(waves.ravel()))
    with opened(path) as container:
        stream = audio_stream(container)
        if stream is None:
            raise DataError(f"{path}: has no sound")
        try:
            for frame in container.decode(stream):
                windows.sound(math.nan, frame)
        except FFmpegError as error:
            raise DataError(f"{path}: its sound cannot be decoded: {error.strerror}") from error
    windows.finish()
    return np.concatenate(seconds) if seconds else np.zeros(0, np.float32)
