"""A video file -> its shots, segments and frames, with what they look and sound like, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame

from graphrec.media.cutting import Bounds
from graphrec.media.description import Described, Times
from graphrec.media.encoders.base import AudioEncoder, Floats, FrameEncoder, Pixels
from graphrec.media.keyframes import Candidates, Pick, choose
from graphrec.media.one_pass import PictureSink, SoundSink, one_pass
from graphrec.media.sampling import Sampler
from graphrec.media.settings import DescribeSettings
from graphrec.media.shots import shot_finder
from graphrec.media.sound import Windows
from graphrec.media.thumbnails import PICTURE, Spool


@dataclass(frozen=True)
class Encoders:
    """What describes pictures and, unless None, sound."""

    frames: FrameEncoder
    audio: AudioEncoder | None = None


def describe(
    path: Path, settings: DescribeSettings, encoders: Encoders, spool: Spool, *, threads: int = 0
) -> tuple[Described, list[int]]:
    """Describe a video and say which pictures of ``spool`` are its frames.

    Args:
        path: the video.
        settings: how.
        encoders: by what.
        spool: a new one, which takes the candidates for frames.
        threads: decoding threads; 0 for as many as there are cores.

    Raises:
        ConfigError: a setting is out of range, or the detector's package is missing.
        DataError: the file cannot be used (see ``one_pass``).
    """
    looking = _Looking(encoders.frames)
    moments = Sampler(
        settings.frames_per_s or encoders.frames.frames_per_s, encoders.frames.picture, looking.take
    )
    candidates = Sampler(settings.frames.per_s, PICTURE, spool.take)
    shots = shot_finder(settings.detector) if settings.find_shots else None
    viewers: list[PictureSink] = [moments]
    if shots is not None:
        viewers.append(shots)
    if settings.frames.kind != "none":
        viewers.append(candidates)
    hearing = _Hearing(encoders.audio) if encoders.audio else None
    listeners: list[SoundSink] = [hearing] if hearing else []
    info = one_pass(path, viewers, listeners, threads=threads, hardware=settings.hardware)
    moments.finish()
    candidates.finish()
    look = looking.finish()
    bounds = shots.finish() if shots is not None else np.array([0.0, info.duration_s])
    segments = settings.segments.cut(bounds, look.times, look.vectors)
    whole = np.array([[0.0, info.duration_s]])
    looks = look.stretches(segments)
    video = look.stretches(whole)
    chosen, cover = _frames(settings, spool, look, bounds, segments, looks, video)
    times = np.array([spool.times[number] for number in chosen])
    sound = hearing.finish() if hearing else None
    return Described(
        info,
        bounds,
        segments,
        times,
        cover,
        encoders.frames.name,
        (looks, look.at(times), video),
        encoders.audio.name if encoders.audio else None,
        (sound.stretches(segments), sound.at(times), sound.stretches(whole)) if sound else None,
    ), chosen


def _frames(
    settings: DescribeSettings,
    spool: Spool,
    look: _Moments,
    shots: Bounds,
    segments: Bounds,
    looks: Floats,
    video: Floats,
) -> tuple[list[int], int]:
    """Choose frames by their number in the spool, and which of them stands for the video."""
    if not spool.times:
        return [], -1
    times = np.array(spool.times)
    found = Candidates(times, look.at(times), np.array(spool.sharpness))
    if settings.frames.kind == "rate":
        chosen = np.arange(len(times))
    elif settings.frames.kind == "shots":
        stretches = np.stack([shots[:-1], shots[1:]], axis=1)
        chosen = choose(found, stretches, look.stretches(stretches), settings.pick)
    else:
        chosen = choose(found, segments, looks, settings.pick)
    of_chosen = Candidates(times[chosen], found.vectors[chosen], found.sharpness[chosen])
    everything = np.array([[0.0, np.inf]])
    cover = choose(of_chosen, everything, video, Pick.BEST)
    return chosen.tolist(), int(cover[0]) if len(cover) else -1


@dataclass(frozen=True)
class _Moments:
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
        after = np.clip(np.searchsorted(self.times, times), 1, max(1, len(self.times) - 1))
        after = np.minimum(after, len(self.times) - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.where(times - self.times[before] <= self.times[after] - times, before, after)
        pooled = [self.pool(self.vectors[number : number + 1]) for number in nearer.tolist()]
        width = pooled[0].shape[0] if pooled else self.pool(self.vectors[:1]).shape[0]
        return np.array(pooled, np.float32).reshape(len(times), width)


class _Looking:
    """Gives sampled pictures to an encoder, clip by clip."""

    def __init__(self, encoder: FrameEncoder) -> None:
        self._encoder = encoder
        self._clip = encoder.frames_per_vector
        self._before: Pixels | None = None
        self._times: list[float] = []
        self._pixels: list[Pixels] = []
        self._found: list[tuple[Times, Floats]] = []

    def take(self, times: Times, pixels: Pixels) -> None:
        self._times += times.tolist()
        self._pixels += list(pixels)
        self._encode(len(self._times) // self._clip)

    def finish(self) -> _Moments:
        if self._times:
            # What is left is less than a clip: its last picture is held.
            missing = self._clip - len(self._times)
            self._times += [self._times[-1]] * missing
            self._pixels += [self._pixels[-1]] * missing
            self._encode(1)
        times, vectors = zip(*self._found, strict=True)
        return _Moments(np.concatenate(times), np.concatenate(vectors), self._encoder.pool)

    def _encode(self, clips: int) -> None:
        if not clips:
            return
        used, overlap = clips * self._clip, self._encoder.overlap
        before = [self._before if self._before is not None else self._pixels[0]] * overlap
        vectors = self._encoder.encode(np.stack([*before, *self._pixels[:used]]))
        self._found.append((np.array(self._times[:used]).reshape(clips, -1).mean(axis=1), vectors))
        self._before = self._pixels[used - 1]
        del self._times[:used], self._pixels[:used]


class _Hearing:
    """Gives windows of sound to an encoder; a video without sound is silent."""

    def __init__(self, encoder: AudioEncoder) -> None:
        self._encoder = encoder
        self._windows = Windows(encoder.rate, encoder.window, self._take)
        self._found: list[tuple[Times, Floats]] = []

    def sound(self, frame: AudioFrame) -> None:
        self._windows.sound(frame)

    def finish(self) -> _Moments:
        self._windows.finish()
        if not self._found:
            self._take(np.zeros(1), np.zeros((1, self._encoder.window), np.float32))
        times, vectors = zip(*self._found, strict=True)
        return _Moments(np.concatenate(times), np.concatenate(vectors), self._encoder.pool)

    def _take(self, times: Times, waves: Floats) -> None:
        self._found.append((times, self._encoder.encode(waves)))
