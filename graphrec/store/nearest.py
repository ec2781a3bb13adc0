"""Exact nearest neighbours over a matrix: the top k by partition, filters before k."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import ConfigError
from graphrec.store.base import Floats, Ints, Neighbour

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
    rows = None
    if among is not None:
        rows = _rows(ids, among)
    scores = _scores(vectors, rows, vector, metric)
    left = len(scores)
    if without:
        out = _rows(ids, without)
        if rows is not None:
            out = np.flatnonzero(np.isin(rows, out, assume_unique=True))
        scores[out] = -np.inf
        left -= len(out)
    k = min(k, left)
    best = np.argpartition(-scores, k - 1)[:k] if 0 < k < len(scores) else np.arange(len(scores))
    best = best[np.argsort(-scores[best], kind="stable")][:k]
    found = best if rows is None else rows[best]
    return [Neighbour(ids[int(row)].as_py(), float(scores[b])) for row, b in zip(found, best, strict=True)]


def unit(vectors: Floats) -> Floats:
    """Return the directions of float32 [n, D], each of length 1; where there is none, zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Floats = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return found


def chosen(ids: pa.Array, vectors: Floats, wanted: Sequence[str]) -> tuple[pa.Array, Floats]:
    """Return those of ``ids`` (string [n]) and ``vectors`` (float32 [n, D]) that are ``wanted``."""
    if not len(ids):
        return ids, vectors
    rows = _rows(ids, wanted)
    return ids.take(pa.array(rows)), vectors[rows]


def in_bytes(embeddings: tuple[pa.Array, Floats]) -> int:
    """Return how much memory ids and their vectors take."""
    ids, vectors = embeddings
    return int(ids.nbytes + vectors.nbytes)


def _rows(ids: pa.Array, wanted: Sequence[str]) -> Ints:
    """Return which of ``ids`` are ``wanted``, int64 [n]; few are looked for among many, never the other way round."""
    return np.flatnonzero(pc.is_in(ids, value_set=pa.array(wanted, pa.string())))


def _scores(vectors: Floats, rows: Ints | None, vector: Floats, metric: str) -> Floats:
    count = len(vectors) if rows is None else len(rows)
    scores = np.empty(count, np.float32)
    for start in range(0, count, BLOCK):
        here = slice(start, start + BLOCK)
        part = vectors[here] if rows is None else vectors[rows[here]]
        scores[here] = part @ vector
        if metric == "cosine":
            norms = np.linalg.norm(part, axis=1) * np.linalg.norm(vector)
            scores[here] /= np.maximum(norms, np.finfo(np.float32).tiny)
    return scores
