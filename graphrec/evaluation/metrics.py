"""Metrics of rankings, one value per case, and the registry that names them.

All but coverage follow from the ranks of the relevant items (places among the candidates, from 1), so that
they are exact however few items are kept. A case with nothing to find has no value (NaN).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError, unknown
from graphrec.evaluation.rankings import Rankings

Floats = npt.NDArray[np.float64]

ALPHA = 0.5
"""The share of the ground truth that NMSD waits for (TransGRec section 4.1)."""


@dataclass(frozen=True)
class Metric:
    """A metric with its cut-off, as ``metric("recall@20")`` gives it.

    Attributes:
        name: as it was asked for.
        k: the cut-off, or None for a metric of the whole ranking.
        higher_is_better: False for NMSD.
        per_case: the value of each case, float64 [cases]; None where only a whole run has one (coverage).
        overall: the value of the run: the mean, but for coverage.
    """

    name: str
    k: int | None
    higher_is_better: bool
    per_case: Callable[[Rankings], Floats] | None
    overall: Callable[[Rankings], float]


def metric(name: str) -> Metric:
    """Return the metric called ``name``, such as ``map`` or ``recall@20``.

    Raises:
        NotFoundError: there is no such metric.
        ConfigError: the cut-off is not a whole number from 1.
    """
    stem, at, cut = name.partition("@")
    if not at and name in WHOLE:
        return _metric(name, None, WHOLE[name])
    if not at or stem not in (*CUT, "coverage"):
        raise unknown("metric", name, [*WHOLE, *(f"{stem}@k" for stem in (*CUT, "coverage"))])
    if not cut.isascii() or not cut.isdigit() or int(cut) < 1:
        raise ConfigError(f"the cut-off of {name!r} must be a whole number from 1, as in {stem}@10")
    k = int(cut)
    if stem == "coverage":
        return Metric(name, k, True, None, lambda rankings: coverage(rankings, k))
    cut_metric = CUT[stem]
    return _metric(name, k, lambda rankings: cut_metric(rankings, k))


def _metric(name: str, k: int | None, per_case: Callable[[Rankings], Floats]) -> Metric:
    return Metric(name, k, name != "nmsd", per_case, lambda rankings: float(per_case(rankings).mean()))


def average_precision(rankings: Rankings) -> Floats:
    """Return the mean, over all relevant items, of the precision at each one's rank; their mean is MAP."""
    return _ratio(_sum(rankings, _numbers(rankings) / rankings.ranks.indices), rankings.relevant)


def nmsd(rankings: Rankings) -> Floats:
    """Return the normalized meaningful summary duration (TransGRec section 4.1); smaller is better.

    ``(|G*| - a |Gt|) / (|V| - a |Gt|)`` with a = 0.5: |V| candidates, |Gt| of them relevant, and |G*| as many
    of the best ranked as it takes to see a of the relevant. Our rulings, since the paper has none: of an odd
    count the larger half must be seen, ceil(a |Gt|), while a |Gt| in the formula is not rounded, so that the
    best value is 0 for an even count and a little more for an odd one. 0/0 cannot happen while anything is
    relevant, since |V| >= |Gt| > a |Gt|; where nothing is, there is no value.
    """
    found = rankings.relevant > 0
    needed = np.ceil(ALPHA * rankings.relevant[found]).astype(np.int64)
    seen = np.zeros(len(rankings))
    seen[found] = rankings.ranks.indices[rankings.ranks.indptr[:-1][found] + needed - 1]
    ideal = ALPHA * rankings.relevant
    return _ratio(seen - ideal, np.where(found, rankings.candidates - ideal, 0))


def reciprocal_rank(rankings: Rankings) -> Floats:
    """Return 1 / rank of the first relevant item; its mean is MRR."""
    return _ratio(_sum(rankings, (_numbers(rankings) == 1) / rankings.ranks.indices), rankings.relevant > 0)


def auc(rankings: Rankings) -> Floats:
    """Return the share of (relevant, other) pairs of candidates in the right order.

    Where every candidate is relevant there is no pair: 0.5, which is chance.
    """
    others = rankings.candidates - rankings.relevant
    pairs = rankings.relevant * others
    wrong = _sum(rankings, rankings.ranks.indices - _numbers(rankings))
    right = 1 - np.divide(wrong, pairs, out=np.full(len(rankings), 0.5), where=pairs > 0)
    return np.where(rankings.relevant > 0, right, np.nan)


def hit_ratio(rankings: Rankings, k: int) -> Floats:
    """Return hits in the first k / min(k, relevant): TransGRec's HR@N, not "any hit"."""
    return _ratio(_hits(rankings, k), np.minimum(k, rankings.relevant))


def recall(rankings: Rankings, k: int) -> Floats:
    """Return hits in the first k / relevant."""
    return _ratio(_hits(rankings, k), rankings.relevant)


def precision(rankings: Rankings, k: int) -> Floats:
    """Return hits in the first k / k, also where fewer than k items were ranked."""
    return _ratio(_hits(rankings, k), np.where(rankings.relevant > 0, k, 0))


def f1(rankings: Rankings, k: int) -> Floats:
    """Return the harmonic mean of precision and recall in the first k, 0 where both are 0.

    That is 2 hits / (k + relevant), since both have the hits above.
    """
    return _ratio(2 * _hits(rankings, k), np.where(rankings.relevant > 0, k + rankings.relevant, 0))


def ndcg(rankings: Rankings, k: int) -> Floats:
    """Return DCG@k / its best possible value, with gains 0 and 1 and discounts 1 / log2(rank + 1)."""
    ranks = rankings.ranks.indices
    gain = _sum(rankings, np.where(ranks <= k, 1 / np.log2(ranks + 1), 0))
    longest = min(k, int(rankings.relevant.max(initial=0)))
    best = np.concatenate([np.zeros(1), np.cumsum(1 / np.log2(np.arange(longest) + 2))])
    return _ratio(gain, best[np.minimum(k, rankings.relevant)])


def coverage(rankings: Rankings, k: int) -> float:
    """Return the share of the candidate items that are among the first k of any case.

    Raises:
        ConfigError: fewer than k items per case were kept.
    """
    lengths = rankings.items.lengths
    if np.any(lengths < np.minimum(k, rankings.candidates)):
        raise ConfigError(f"coverage@{k} needs the first {k} items of each case; rank with depth={k} or more")
    place = np.arange(len(rankings.items.indices)) - np.repeat(rankings.items.indptr[:-1], lengths)
    return len(np.unique(rankings.items.indices[place < k])) / max(1, rankings.catalogue)


WHOLE: dict[str, Callable[[Rankings], Floats]] = {
    "map": average_precision,
    "nmsd": nmsd,
    "mrr": reciprocal_rank,
    "auc": auc,
}
CUT: dict[str, Callable[[Rankings, int], Floats]] = {
    "hr": hit_ratio,
    "recall": recall,
    "precision": precision,
    "f1": f1,
    "ndcg": ndcg,
}


def _numbers(rankings: Rankings) -> npt.NDArray[np.int64]:
    """Number the relevant items of each case from 1, in the order of their ranks."""
    ranks = rankings.ranks
    return np.arange(1, len(ranks.indices) + 1) - np.repeat(ranks.indptr[:-1], ranks.lengths)


def _sum(rankings: Rankings, values: npt.ArrayLike) -> Floats:
    sums = np.bincount(rankings.ranks.rows, np.asarray(values, np.float64), len(rankings))
    return sums.astype(np.float64)


def _hits(rankings: Rankings, k: int) -> Floats:
    return _sum(rankings, rankings.ranks.indices <= k)


def _ratio(above: Floats, below: npt.ArrayLike) -> Floats:
    divisor = np.asarray(below, np.float64)
    ratios: Floats = np.divide(above, divisor, out=np.full(len(above), np.nan), where=divisor > 0)
    return ratios
