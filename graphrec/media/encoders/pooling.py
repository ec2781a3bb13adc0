"""How the vectors of moments become one vector of a stretch of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import Floats, FrameEncoder, Pixels

Way = Literal["mean", "max", "difference"]


def pool(vectors: Floats, ways: Sequence[Way]) -> Floats:
    """Pool moments in each of ``ways``: float32 [n, D], n >= 1, to float32 [len(ways) * D].

    ``"difference"`` is the mean absolute difference of neighbours; zeros for one moment.
    """
    return np.concatenate([_WAYS[way](vectors) for way in ways]).astype(np.float32)


def read_ways(text: str) -> tuple[Way, ...]:
    """Read ``mean,max,difference`` or a part of it; raises ``ConfigError`` for anything else."""
    ways = tuple(way for way in _WAYS if way in (given := [part.strip() for part in text.split(",")]))
    if len(ways) != len(given) or not ways:
        raise ConfigError(f"pooling {text!r}: some of {', '.join(_WAYS)} are meant, as in mean,max")
    return ways


class Pooled:
    """An encoder whose moments are pooled in other ways than its own; see ``FrameEncoder``.

    Args:
        encoder: what describes moments.
        ways: how they are pooled; also behind the name, for the vectors are others.
    """

    def __init__(self, encoder: FrameEncoder, ways: Sequence[Way]) -> None:
        self._encoder, self._ways = encoder, ways
        self.name, self.version = f"{encoder.name}-{'-'.join(ways)}", f"{encoder.version} {'-'.join(ways)}"
        self.picture, self.frames_per_s = encoder.picture, encoder.frames_per_s
        self.frames_per_vector, self.overlap = encoder.frames_per_vector, encoder.overlap
        self.dimension = encoder.dimension

    def encode(self, frames: Pixels) -> Floats:
        """Describe moments as the encoder does: uint8 [overlap + n * frames_per_vector, h, w, 3] to float32 [n, D]."""
        return self._encoder.encode(frames)

    def pool(self, vectors: Floats) -> Floats:
        """Describe a stretch: float32 [n, D], n >= 1, to float32 [len(ways) * D]."""
        return pool(vectors, self._ways)


def _difference(vectors: Floats) -> Floats:
    changes = np.abs(np.diff(vectors, axis=0))
    return _mean(changes) if len(changes) else np.zeros_like(vectors[0])


def _mean(vectors: Floats) -> Floats:
    return np.asarray(vectors.mean(axis=0, dtype=np.float64), np.float32)


def _max(vectors: Floats) -> Floats:
    return np.asarray(vectors.max(axis=0))


_WAYS: Mapping[Way, Callable[[Floats], Floats]] = MappingProxyType(
    {"mean": _mean, "max": _max, "difference": _difference}
)
