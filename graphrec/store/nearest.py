"""Exact nearest neighbours over a matrix: the top k by partition, filters before k."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from graphrec.errors import ConfigError
from graphrec.store.base import Floats, Neighbour
from graphrec.store.upsert import positions

BLOCK = 65_536


def exact_nearest(
    ids: pa.Array,
    vectors: Floats,
    vector: Floats,
    k: int,
    *,
    among: Sequence[str] | None,
    without: Sequence[str],
    metric: str,
) -> list[Neighbour]:
    """Return the ``k`` best of ``ids`` for ``vector`` (float32 [D]), scored in blocks of rows.

    Args:
        ids: string [n].
        vectors: float32 [n, D], may be memory-mapped.
        vector: float32 [D].
        k: how many.
        among: ids to choose from; None for all.
        without: ids to leave out.
        metric: ``"dot"`` or ``"cosine"``.
    """
    if metric not in ("dot", "cosine"):
        raise ConfigError(f"metric {metric!r} is not one of dot, cosine")
    if k < 1:
        raise ConfigError(f"k must be at least 1, not {k}")
    vector = np.asarray(vector, np.float32)
    if vector.shape != vectors.shape[1:]:
        raise ConfigError(
            f"a vector of shape {vector.shape} cannot be compared with {vectors.shape[1]} numbers"
        )
    rows = np.arange(len(ids))
    if among is not None:
        rows = np.unique(positions(pa.array(among, pa.string()), ids))
        rows = rows[rows >= 0]
    if without:
        rows = np.setdiff1d(rows, positions(pa.array(without, pa.string()), ids), assume_unique=True)
    scores = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), BLOCK):
        part = vectors[rows[start : start + BLOCK]]
        scores[start : start + BLOCK] = part @ vector
        if metric == "cosine":
            norms = np.linalg.norm(part, axis=1) * np.linalg.norm(vector)
            scores[start : start + BLOCK] /= np.maximum(norms, np.finfo(np.float32).tiny)
    best = np.argpartition(-scores, k - 1)[:k] if k < len(rows) else np.arange(len(rows))
    best = best[np.argsort(-scores[best], kind="stable")]
    return [Neighbour(ids[int(rows[b])].as_py(), float(scores[b])) for b in best]
