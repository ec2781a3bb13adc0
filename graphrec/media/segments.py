"""Segments of fixed length, and which of them a highlight covers (TransGRec, section 2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphrec.errors import ConfigError, DataError

LENGTH_S = 5.0
THETA = 0.5

# Times come as decimals; a cover of exactly theta must not pass because 0.1 + 0.2 > 0.3.
_TOLERANCE = 1e-9


def cut(duration_s: float, length_s: float = LENGTH_S) -> list[tuple[float, float, int]]:
    """Cut a video into non-overlapping (start, end, position), in seconds, that cover all of it.

    The last piece is a segment of its own if it has at least half of ``length_s``; a shorter one is merged
    into the segment before it, so that every segment but that of a very short video lasts from 0.5 to 1.5
    times ``length_s`` and no second of the video is lost.

    Raises:
        ConfigError: ``length_s`` is not above 0.
        DataError: ``duration_s`` is not above 0, or not finite.
    """
    count = int(segment_count(duration_s, length_s))
    starts = [position * length_s for position in range(count)]
    return [(s, e, p) for p, (s, e) in enumerate(zip(starts, [*starts[1:], float(duration_s)], strict=True))]


def segment_count(duration_s: ArrayLike, length_s: float = LENGTH_S) -> NDArray[np.int64]:
    """How many segments ``cut`` makes, for many videos at once.

    Args:
        duration_s: float [...], seconds, above 0.
        length_s: seconds, above 0.

    Returns:
        int64 of the same shape, each at least 1.

    Raises:
        ConfigError: ``length_s`` is not above 0.
        DataError: a duration is not above 0, or not finite.
    """
    if not 0 < length_s < np.inf:
        raise ConfigError(f"a segment length of {length_s} s; it must be above 0")
    durations = np.asarray(duration_s, dtype=np.float64)
    wrong = ~(np.isfinite(durations) & (durations > 0))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{int(wrong.sum())} of {durations.size} durations are not finite and above 0 "
            f"(number {first}: {durations.ravel()[first]} s); leave those videos out"
        )
    return np.maximum(1, np.floor(durations / length_s + 0.5 + _TOLERANCE)).astype(np.int64)


def overlapping(
    starts: ArrayLike,
    ends: ArrayLike,
    duration_s: ArrayLike,
    theta: float = THETA,
    length_s: float = LENGTH_S,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The segments of which highlights cover strictly more than the share ``theta``.

    What a highlight has outside its video counts nothing; one that ends where it starts, or before, covers
    nothing.

    Args:
        starts: float [H], seconds from the video's start.
        ends: float [H], seconds.
        duration_s: of each highlight's video: float [H], or one for all.
        theta: the share of a segment, at least 0 and below 1.
        length_s: the length that ``cut`` was given.

    Returns:
        Two int64 [P], ordered by both: the highlight's index, and the segment's position in its video.

    Raises:
        ConfigError: ``theta`` or ``length_s`` is out of range.
        DataError: a start or end is not finite, or a duration not above 0.
    """
    if not 0 <= theta < 1:
        raise ConfigError(f"theta is {theta}; it must be at least 0 and below 1")
    begin, end, duration = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(value, np.float64)) for value in (starts, ends, duration_s))
    )
    if not (np.isfinite(begin).all() and np.isfinite(end).all()):
        raise DataError("a highlight's start or end is not a finite number; leave those rows out")
    count = segment_count(duration, length_s)
    begin, end = np.clip(begin, 0, duration), np.clip(end, 0, duration)
    first = np.minimum(np.floor(begin / length_s).astype(np.int64), count - 1)
    last = np.minimum(np.floor(end / length_s).astype(np.int64), count - 1)
    touched = np.maximum(0, last - first + 1)
    highlight = np.repeat(np.arange(len(begin)), touched)
    position = np.arange(len(highlight)) - np.repeat(np.cumsum(touched) - touched, touched) + first[highlight]
    segment_start = position * length_s
    segment_end = np.where(position == count[highlight] - 1, duration[highlight], segment_start + length_s)
    covered = np.minimum(end[highlight], segment_end) - np.maximum(begin[highlight], segment_start)
    enough = covered > theta * (segment_end - segment_start) + _TOLERANCE
    return highlight[enough], position[enough]
