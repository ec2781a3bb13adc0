"""Exact nearest neighbours over a matrix: the top k by partition, filters before k."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import ConfigError
from graphrec.store.base import Floats, Ints, Neighbour

SCORES = 1 << 22
"""So many scores are in memory at a time, and twice as many beside them while the best are looked for."""
ULP = 2.0**-24
"""By so much, of their size, numbers of 32 bits are rounded."""

Rescore = Callable[[Ints, Ints], Floats]


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
    """Return the ``k`` best of ``ids`` for ``vector`` (float32 [D]), as ``exact_nearest_each`` for one."""
    return exact_nearest_each(ids, vectors, vector[None], k, among=among, without=[without], metric=metric)[0]


def exact_nearest_each(
    ids: pa.Array,
    vectors: Floats,
    queries: Floats,
    k: int,
    *,
    among: Sequence[str] | None,
    without: Sequence[Sequence[str]],
    metric: str,
) -> list[list[Neighbour]]:
    """Return the ``k`` best of ``ids`` for each of ``queries``, of equals the first by id.

    What a query gets does not depend on those beside it: a product of matrices is rounded as its shape has it, so it
    only proposes, with a bound on the rounding, and what it proposes is scored pair by pair.

    Args:
        ids: string [n].
        vectors: float32 [n, D], may be memory-mapped.
        queries: float32 [q, D].
        k: how many.
        among: ids to choose from; None for all.
        without: for each query ids to leave out.
        metric: ``"dot"`` or ``"cosine"``.
    """
    if metric not in ("dot", "cosine"):
        raise ConfigError(f"metric {metric!r} is not one of dot, cosine")
    if k < 1:
        raise ConfigError(f"k must be at least 1, not {k}")
    queries = np.asarray(queries, np.float32)
    if queries.shape[1:] != vectors.shape[1:]:
        raise ConfigError(
            f"a vector of shape {queries.shape[1:]} cannot be compared with {vectors.shape[1]} numbers"
        )
    if among is not None:
        ids, vectors = chosen(ids, vectors, among)
    if metric == "cosine":
        vectors, queries = unit(vectors), unit(queries)
    longest = np.sqrt(np.fmax.reduce(np.einsum("nd,nd->n", vectors, vectors), initial=0))
    out = _left_out(ids, without)
    found: list[list[Neighbour]] = []
    for part in _steps(len(queries), len(ids)):
        some = queries[part]
        scores = some @ vectors.T
        scores[~np.isfinite(scores)] = -np.inf
        scores[out.of(part)] = -np.inf
        # Twice: what is proposed and what is left may both be rounded, the one down and the other up.
        slack = 4 * (vectors.shape[1] + 8) * ULP * longest * np.linalg.norm(some, axis=1)

        def pair_by_pair(query: Ints, column: Ints, some: Floats = some) -> Floats:
            return _pairs(vectors, column, some, query)

        found += _best(ids, scores, k, slack, pair_by_pair)
    return found


def best_each(
    ids: pa.Array, scores: Floats, k: int, *, among: Sequence[str] | None, without: Sequence[Sequence[str]]
) -> list[list[Neighbour]]:
    """Return the ``k`` best of ``ids`` (string [n]) by each row of ``scores``, of equals the first by id.

    Args:
        ids: what is ranked.
        scores: float32 [q, n]; what is not finite is left out.
        k: how many.
        among: ids to choose from; None for all.
        without: for each row ids to leave out.
    """
    if among is not None:
        columns = _rows(ids, among)
        ids, scores = ids.take(pa.array(columns)), scores[:, columns]
    out = _left_out(ids, without)
    found: list[list[Neighbour]] = []
    for part in _steps(len(scores), len(ids)):
        some = np.array(scores[part], np.float32)
        some[~np.isfinite(some)] = -np.inf
        some[out.of(part)] = -np.inf

        def as_they_are(query: Ints, column: Ints, some: Floats = some) -> Floats:
            return some[query, column]

        found += _best(ids, some, k, np.zeros(len(some)), as_they_are)
    return found


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


@dataclass(frozen=True)
class _Out:
    """What is left out, by query and column, int64 [m] each; queries do not fall."""

    query: Ints
    column: Ints

    def of(self, part: slice) -> tuple[Ints, Ints]:
        """Return the same of the queries ``part``, counted from its first."""
        first, last = np.searchsorted(self.query, [part.start, part.stop])
        return self.query[first:last] - part.start, self.column[first:last]


def _left_out(ids: pa.Array, without: Sequence[Sequence[str]]) -> _Out:
    """Return where the ids ``without``, of each query, stand among ``ids``; few are looked for among many."""
    query = np.repeat(np.arange(len(without)), [len(one) for one in without])
    named = pa.array([one for some in without for one in some], pa.string()).dictionary_encode()
    place = np.full(len(named.dictionary), -1)
    known = pc.index_in(ids, value_set=named.dictionary)
    columns = np.flatnonzero(known.is_valid())
    place[known.drop_null().to_numpy()] = columns
    column = place[named.indices.to_numpy()]
    return _Out(query[column >= 0], column[column >= 0])


def _steps(queries: int, columns: int) -> Iterator[slice]:
    step = max(1, SCORES // max(1, columns))
    for start in range(0, queries, step):
        yield slice(start, min(start + step, queries))


def _pairs(vectors: Floats, rows: Ints, queries: Floats, query: Ints) -> Floats:
    """Return float32 [m], inner products that are each summed on their own."""
    scores = np.empty(len(rows), np.float32)
    step = max(1, SCORES // max(1, vectors.shape[1]))
    for start in range(0, len(rows), step):
        here = slice(start, start + step)
        scores[here] = (vectors[rows[here]] * queries[query[here]]).sum(1)
    return scores


def _best(
    ids: pa.Array, scores: Floats, k: int, slack: npt.NDArray[np.float64], rescore: Rescore
) -> list[list[Neighbour]]:
    """Return each row's best by ``rescore``, which differs from ``scores`` by less than half of ``slack``.

    ``scores`` are float32 [q, n], -inf for what is left out; of columns that score the same the first by id counts.
    """
    width = scores.shape[1]
    if not width:
        return [[] for _ in scores]
    cut = np.partition(scores, width - min(k, width), axis=1)[:, width - min(k, width)] - slack
    query, column = np.nonzero((scores >= cut[:, None]) & (scores > -np.inf))
    exact = rescore(query, column)
    named, at = np.unique(column, return_inverse=True)
    names = ids.take(pa.array(named))
    rank = np.empty(len(named), np.int64)
    rank[pc.sort_indices(names).to_numpy()] = np.arange(len(named))
    order = np.lexsort((rank[at], -exact, query))
    starts = np.searchsorted(query, np.arange(len(scores) + 1))
    kept = [order[start : min(start + k, stop)] for start, stop in itertools.pairwise(starts)]
    flat = np.concatenate(kept)
    keys, told = iter(names.take(pa.array(at[flat])).to_pylist()), iter(exact[flat].tolist())
    return [[Neighbour(next(keys), next(told)) for _ in one] for one in kept]
