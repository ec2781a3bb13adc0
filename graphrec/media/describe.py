"""A video file -> its segments with a feature vector each, computed once for the same content."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from graphrec.errors import DataError
from graphrec.media import descriptor
from graphrec.media.decode import FRAMES_PER_S, SIZE, decode
from graphrec.media.segments import LENGTH_S, cut


@dataclass(frozen=True)
class DescribeSettings:
    """All that the result depends on besides the file and the encoder.

    Attributes:
        length_s: segment length, seconds.
        frames_per_s: frames described per second.
        size: their longest side, pixels.
    """

    length_s: float = LENGTH_S
    frames_per_s: float = FRAMES_PER_S
    size: int = SIZE


@dataclass(frozen=True)
class Described:
    """A video in numbers.

    Attributes:
        duration_s: measured, seconds.
        fps: frames per second, measured.
        width: pixels.
        height: pixels.
        segments: (start, end, position), seconds from the video's start.
        features: float32 [segments, D].
    """

    duration_s: float
    fps: float
    width: int
    height: int
    segments: list[tuple[float, float, int]]
    features: NDArray[np.float32]


DEFAULTS = DescribeSettings()


def describe(path: str | Path, settings: DescribeSettings = DEFAULTS) -> Described:
    """Decode a video, cut it, and describe each segment by the ``descriptor`` encoder.

    Raises:
        ConfigError: a setting is out of range.
        DataError: the file cannot be used (see ``graphrec.media.decode.decode``).
    """
    video = decode(path, frames_per_s=settings.frames_per_s, size=settings.size)
    segments = cut(video.duration_s, settings.length_s)
    features = np.empty((len(segments), descriptor.DIMENSION), np.float32)
    for start_s, end_s, position in segments:
        first, last = np.searchsorted(video.times, (start_s, end_s))
        # A segment shorter than the sampling step may hold no sample; the nearest one stands for it.
        first = min(int(first), len(video.times) - 1)
        features[position] = descriptor.encode(video.frames[first : max(int(last), first + 1)])
    return Described(video.duration_s, video.fps, video.width, video.height, segments, features)


def describe_cached(
    path: str | Path,
    cache_dir: str | Path,
    settings: DescribeSettings = DEFAULTS,
) -> Described:
    """Like ``describe``, but content described before is not decoded again, whatever the file's name.

    Args:
        path: the video.
        cache_dir: holds one small .npz per content, encoder and settings; made where it does not exist.
        settings: as for ``describe``.

    Raises:
        ConfigError: a setting is out of range.
        DataError: the file cannot be used, or the cache folder cannot be written.
    """
    cached = Path(cache_dir) / f"{_key(Path(path), settings)}.npz"
    found = _read(cached, settings)
    if found is not None:
        return found
    described = describe(path, settings)
    _write(cached, described)
    return described


def _key(path: Path, settings: DescribeSettings) -> str:
    context = [descriptor.NAME, descriptor.VERSION, asdict(settings)]
    digest = blake2b(json.dumps(context, sort_keys=True).encode(), digest_size=20)
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; check the path") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); name a readable file") from error
    return digest.hexdigest()


def _read(cached: Path, settings: DescribeSettings) -> Described | None:
    """What was stored; None if nothing was, or if it is damaged and must be computed again."""
    try:
        with cached.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            duration_s, fps, width, height = stored["video"].tolist()
            features = stored["features"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    return Described(duration_s, fps, int(width), int(height), cut(duration_s, settings.length_s), features)


def _write(cached: Path, described: Described) -> None:
    video = np.array([described.duration_s, described.fps, described.width, described.height], np.float64)
    temporary: Path | None = None
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cached.parent, suffix=".tmp", delete=False) as file:
            temporary = Path(file.name)
            np.savez(file, video=video, features=described.features)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(cached)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise DataError(
            f"{cached.parent}: the feature cache cannot be written ({error.strerror}); "
            "free some space or name another folder"
        ) from error
