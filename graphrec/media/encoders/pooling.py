"""How the vectors of moments become one vector of a stretch of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from graphrec.media.encoders.base import Floats

Way = Literal["mean", "max", "difference"]


def pool(vectors: Floats, ways: Sequence[Way]) -> Floats:
    """Pool moments in each of ``ways``: float32 [n, D], n >= 1, to float32 [len(ways) * D].

    ``"difference"`` is the mean absolute difference of neighbours; zeros for one moment.
    """
    return np.concatenate([_WAYS[way](vectors) for way in ways]).astype(np.float32)


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
