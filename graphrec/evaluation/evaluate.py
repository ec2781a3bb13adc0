"""Judges a model on cases: metrics with confidence, in all and by how much is known of the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError
from graphrec.evaluation.confidence import FEWEST, Comparison, Floats, as_is, mean_interval, paired_test
from graphrec.evaluation.metrics import metric
from graphrec.evaluation.ranking import rank
from graphrec.graph.data import Data
from graphrec.models.base import Scorer
from graphrec.ragged import Ints
from graphrec.tasks.cases import RankingCases

SPARSITY = (0, 8, 16)
"""Lower bounds of the user buckets, in training records (TransGRec section 4.3)."""


@dataclass(frozen=True)
class Bucket:
    """Figures of the cases of users with a like number of training records."""

    groups: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """What ``evaluate`` and ``evaluate_predictions`` find.

    Attributes:
        cases: digest of what was ranked or predicted for whom, and what was to be found.
        users: int64 [groups], the user of each case.
        left_out: cases without any relevant item, which count nowhere.
        values: per metric float64 [groups], NaN where a case has none; what no single case has, such as
            coverage@k, is not among them.
        metrics: the figure of each metric: the mean over cases with a value, but for ``finals`` and what no
            single case has; NaN where there is none.
        buckets: by number of the user's training records, such as ``[0,8)``; empty ones are missing.
        seed: of tie-breaking and resampling.
        clusters: int64 [groups], the cases that resampling draws and swaps together; None: each alone.
        finals: from the mean to the figure, of the metrics that are not the mean itself, such as rmse.
        whole: works out the 95 % intervals of what no single case has; None: they have none.
        cold: the cases of users (or nodes) without a training record by themselves; None where there are none.
        unscored: how many cases are of users who have training records and whom the model knows nothing of.
    """

    cases: str
    users: Ints
    left_out: int
    values: Mapping[str, Floats]
    metrics: Mapping[str, float]
    buckets: Mapping[str, Bucket]
    seed: int
    clusters: Ints | None = None
    finals: Mapping[str, Callable[[Floats], Floats]] = field(default_factory=dict)
    whole: Callable[[], Mapping[str, tuple[float, float]]] | None = None
    cold: Bucket | None = None
    unscored: int = 0

    @property
    def groups(self) -> int:
        """How many cases the figures are over."""
        return len(self.users)

    @cached_property
    def ci95(self) -> Mapping[str, tuple[float, float]]:
        """Bootstrap interval of each figure, in their order; worked out when first asked for.

        None of fewer than 20 cases.
        """
        if self.groups < FEWEST:
            return {}
        found = {} if self.whole is None else dict(self.whole())
        names = [name for name in self.values if isfinite(self.metrics[name])]
        if names:
            values = np.stack([self.values[name] for name in names], axis=1)
            bounds = mean_interval(values, seed=self.seed, clusters=self.clusters)
            for name, pair in zip(names, bounds.T, strict=True):
                low, high = self.finals.get(name, as_is)(pair)
                found[name] = float(low), float(high)
        return {name: found[name] for name in self.metrics if name in found}

    def against(self, other: Evaluation, name: str, at: tuple[Ints, Ints] | None = None) -> Comparison:
        """Test whether this model's ``name`` differs from that of ``other`` on the same cases.

        Args:
            other: the other model's.
            name: of the metric.
            at: which cases of this one, and which of the other they are the same as; None for all of both.

        Raises:
            DataError: the cases differ, or one of the two has no per-case values of this metric.
        """
        if at is None and self.cases != other.cases:
            raise DataError("the two runs were judged on different cases; evaluate both on the same split")
        if name not in self.values or name not in other.values:
            raise DataError(f"one of the two runs has no per-case values of {name}; evaluate both with it")
        here, there = at or (slice(None), slice(None))
        return paired_test(
            self.values[name][here],
            other.values[name][there],
            seed=self.seed,
            final=self.finals.get(name, as_is),
            clusters=None if self.clusters is None else self.clusters[here],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the part of the metrics JSON that comes from evaluation; None for figures there are none of."""
        return {
            "groups": self.groups,
            "left_out": self.left_out,
            "metrics": _json(self.metrics),
            "ci95": {name: list(bounds) for name, bounds in self.ci95.items()},
            "buckets": {name: _told(bucket) for name, bucket in self.buckets.items()},
            "cold": None if self.cold is None else _told(self.cold),
            "unscored": self.unscored,
        }


def evaluate(
    scorer: Scorer,
    cases: RankingCases,
    data: Data,
    metrics: Sequence[str],
    *,
    seed: int,
    buckets: Sequence[int] = SPARSITY,
    model: str = "the model",
) -> Evaluation:
    """Rank the cases and measure.

    Args:
        scorer: the model's scores.
        cases: what to rank; cases without any relevant item are left out and counted.
        data: the training data.
        metrics: names such as ``map``, ``nmsd``, ``recall@20``.
        seed: of the order of equal scores, and of the confidence intervals.
        buckets: lower bounds of the user buckets in training records, rising.
        model: the name that errors give.

    Raises:
        NotFoundError: an unknown metric.
        ConfigError: a cut-off that is not a whole number from 1.
        DataError: no case has a relevant item, or a case is wrong in itself (see ``rank``).
        TrainingError: a score is not finite.
    """
    asked = {name: metric(name) for name in metrics}
    judged = _with_relevant(cases)
    if not len(judged):
        raise DataError("no case has anything to find; choose another split, or load more records per user")
    depth = max((m.k for m in asked.values() if m.per_case is None and m.k is not None), default=0)
    rankings = rank(scorer, judged, data, depth=depth, seed=seed, model=model)
    values = {name: m.per_case(rankings) for name, m in asked.items() if m.per_case is not None}
    figures = {name: m.overall(rankings) for name, m in asked.items()}
    records = data.by_user.lengths[judged.users]

    def inside(chosen: npt.NDArray[np.bool_]) -> dict[str, float]:
        return _means(values, chosen)

    return Evaluation(
        _digest(judged, data),
        judged.users,
        len(cases) - len(judged),
        values,
        figures,
        by_records(inside, records, buckets),
        seed,
        cold=of_unknown(inside, records),
    )


def _digest(cases: RankingCases, data: Data) -> str:
    # From a pool, what each user has in training is left out: it is part of what was ranked.
    listed = data.by_user.take(cases.users) if cases.candidates is None else cases.candidates
    digest = blake2b(f"{cases.candidates is None} {data.items}".encode(), digest_size=16)
    for array in (cases.users, cases.pool, *vars(cases.relevant).values(), *vars(listed).values()):
        digest.update(b"all" if array is None else np.ascontiguousarray(array).tobytes())
        digest.update(b"|")
    return digest.hexdigest()


def _with_relevant(cases: RankingCases) -> RankingCases:
    keep = np.flatnonzero(cases.relevant.lengths)
    if len(keep) == len(cases):
        return cases
    candidates = None if cases.candidates is None else cases.candidates.take(keep)
    fresh = None if cases.fresh is None else cases.fresh[keep]
    return RankingCases(cases.users[keep], cases.relevant.take(keep), candidates, cases.pool, cases.known, fresh)


def by_records(
    figures: Callable[[npt.NDArray[np.bool_]], Mapping[str, float]], records: Ints, bounds: Sequence[int]
) -> dict[str, Bucket]:
    """Return the buckets of an evaluation.

    Args:
        figures: from which cases are inside, bool [groups], to their figures.
        records: int64 [groups], training records of each case's user.
        bounds: lower bounds of the buckets, rising.
    """
    found = {}
    for low, high in zip(bounds, [*bounds[1:], None], strict=True):
        inside = (records >= low) if high is None else (records >= low) & (records < high)
        if inside.any():
            found[f"[{low},{'..' if high is None else high})"] = Bucket(int(inside.sum()), figures(inside))
    return found


def of_unknown(figures: Callable[[npt.NDArray[np.bool_]], Mapping[str, float]], records: Ints) -> Bucket | None:
    """Return the bucket of the cases of users without a training record, with arguments as ``by_records`` has them."""
    unknown = records == 0
    return Bucket(int(unknown.sum()), figures(unknown)) if unknown.any() else None


def _means(values: Mapping[str, Floats], inside: npt.NDArray[np.bool_]) -> dict[str, float]:
    return {name: float(cases[inside].mean()) for name, cases in values.items()}


def _told(bucket: Bucket) -> dict[str, Any]:
    return {"groups": bucket.groups, "metrics": _json(bucket.metrics)}


def _json(figures: Mapping[str, float]) -> dict[str, float | None]:
    # JSON knows no NaN.
    return {name: value if isfinite(value) else None for name, value in figures.items()}
