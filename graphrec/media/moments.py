"""What a video looks and sounds like at each moment, encoded beside the decoder, and pooled over stretches of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame

from graphrec.media.cutting import Bounds
from graphrec.media.description import Times
from graphrec.media.encoders.base import AudioEncoder, Floats, FrameEncoder, Pixels
from graphrec.media.sound import SoundWindows

_Coming = Callable[[], Floats]
_BEHIND = 4
"""Batches that may wait for the encoder, so that memory stays bounded where it is slower than the decoder."""


@dataclass(frozen=True)
class Moments:
    """Vectors with their times: float64 [m] and float32 [m, D], m >= 1."""

    times: Times
    vectors: Floats
    pool: Callable[[Floats], Floats]

    def stretches(self, bounds: Bounds) -> Floats:
        """Pool what lies in each stretch, [n, 2]; the nearest moment stands for one that holds none."""
        pooled = []
        for (start, _), (first, last) in zip(bounds, np.searchsorted(self.times, bounds), strict=True):
            if first == last:
                first = int(np.argmin(np.abs(self.times - start)))
            pooled.append(self.pool(self.vectors[first : max(last, first + 1)]))
        return np.array(pooled, np.float32)

    def at(self, times: Times) -> Floats:
        """Return float32 [n, P], the moments nearest to ``times``."""
        after = np.minimum(np.searchsorted(self.times, times), len(self.times) - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.where(times - self.times[before] <= self.times[after] - times, before, after)
        pooled = [self.pool(self.vectors[number : number + 1]) for number in nearer.tolist()]
        width = pooled[0].shape[0] if pooled else self.pool(self.vectors[:1]).shape[0]
        return np.array(pooled, np.float32).reshape(len(times), width)


class Looking:
    """Gives sampled pictures to an encoder, clip by clip."""

    def __init__(self, encoder: FrameEncoder, beside: Beside) -> None:
        self._encoder, self._beside = encoder, beside
        self._clip = encoder.frames_per_vector
        self._before: Pixels | None = None
        self._times: list[float] = []
        self._pixels: list[Pixels] = []
        self._found: list[tuple[Times, _Coming]] = []

    def take(self, times: Times, pixels: Pixels) -> None:
        """Take the next pictures, uint8 [n, h, w, 3], and their times, float64 [n]."""
        self._times += times.tolist()
        self._pixels += list(pixels)
        self._encode(len(self._times) // self._clip)

    def finish(self) -> Moments:
        """Return all moments of the video."""
        if self._times:
            # What is left is less than a clip: its last picture is held.
            missing = self._clip - len(self._times)
            self._times += [self._times[-1]] * missing
            self._pixels += [self._pixels[-1]] * missing
            self._encode(1)
        return _moments(self._found, self._encoder.pool)

    def _encode(self, clips: int) -> None:
        if not clips:
            return
        used, overlap = clips * self._clip, self._encoder.overlap
        before = [self._before if self._before is not None else self._pixels[0]] * overlap
        vectors = self._beside.run(self._encoder.encode, np.stack([*before, *self._pixels[:used]]))
        self._found.append((np.array(self._times[:used]).reshape(clips, -1).mean(axis=1), vectors))
        self._before = self._pixels[used - 1]
        del self._times[:used], self._pixels[:used]


class Hearing:
    """Gives windows of sound to an encoder; a video without sound is silent."""

    def __init__(self, encoder: AudioEncoder, beside: Beside) -> None:
        self._encoder, self._beside = encoder, beside
        self._windows = SoundWindows(encoder.rate, encoder.window, self._take)
        self._found: list[tuple[Times, _Coming]] = []

    def sound(self, start_s: float, frame: AudioFrame) -> None:
        """Take the next piece of sound, heard from ``start_s`` on."""
        self._windows.sound(start_s, frame)

    def finish(self, duration_s: float) -> Moments:
        """Return all moments of the video, which are silent where there is no sound."""
        self._windows.finish(duration_s)
        return _moments(self._found, self._encoder.pool)

    def _take(self, times: Times, waves: Floats) -> None:
        self._found.append((times, self._beside.run(self._encoder.encode, waves)))


class Beside:
    """Runs encoders in a thread of their own while the video is decoded further.

    Args:
        threads: of the decoder; with 1 there is no other, and encoders run at once.
    """

    def __init__(self, threads: int) -> None:
        self._executor = None if threads == 1 else ThreadPoolExecutor(1, "encode")
        self._waiting: deque[Future[Floats]] = deque()

    def run(self, encode: Callable[[Any], Floats], batch: object) -> _Coming:
        """Encode a batch; return what waits for its vectors."""
        if self._executor is None:
            vectors = encode(batch)
            return lambda: vectors
        future = self._executor.submit(encode, batch)
        self._waiting.append(future)
        if len(self._waiting) > _BEHIND:
            self._waiting.popleft().result()
        return future.result

    def __enter__(self) -> Beside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)


def _moments(found: list[tuple[Times, _Coming]], pool: Callable[[Floats], Floats]) -> Moments:
    times, coming = zip(*found, strict=True)
    return Moments(np.concatenate(times), np.concatenate([vectors() for vectors in coming]), pool)
