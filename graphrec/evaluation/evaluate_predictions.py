"""Judges predicted numbers: metrics with confidence, in all and by how much is known of the user."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError
from graphrec.evaluation.confidence import Floats, interval
from graphrec.evaluation.evaluate import SPARSITY, Evaluation, by_records, of_unknown
from graphrec.evaluation.prediction_metrics import PredictionMetric, mean_of_some, prediction_metric
from graphrec.evaluation.predictions import Predictions
from graphrec.ragged import Ints


def evaluate_predictions(
    found: Predictions,
    metrics: Sequence[str],
    records: Ints,
    *,
    seed: int,
    buckets: Sequence[int] = SPARSITY,
) -> Evaluation:
    """Measure predictions.

    All cases of a user are drawn, and in paired tests swapped, together: they are no independent ones.

    Args:
        found: what was true and what was predicted.
        metrics: names such as ``rmse``, ``auc``, ``ap:3``.
        records: int64 [cases], training records of each case's user.
        seed: of the confidence intervals.
        buckets: lower bounds of the user buckets in training records, rising.

    Raises:
        NotFoundError: an unknown metric.
        ConfigError: a class that is not a whole number from 0.
        DataError: ``records`` is of another length, or a metric is not of such targets or predictions.
    """
    if len(records) != found.cases:
        raise DataError(f"records are needed for each case; got {len(records)} for {found.cases}")
    asked = [prediction_metric(name) for name in metrics]
    figures = {m.name: m.overall(found) for m in asked}
    whole = [m.name for m in asked if m.per_case is None and np.isfinite(figures[m.name])]
    values = {m.name: m.per_case(found) for m in asked if m.per_case is not None}

    def inside(chosen: npt.NDArray[np.bool_]) -> dict[str, float]:
        some = found.take(np.flatnonzero(chosen))
        return {m.name: m.overall(some) for m in asked}

    return Evaluation(
        _digest(found),
        found.users,
        0,
        {name: its for name, its in values.items() if not np.isnan(its).all()},
        figures,
        by_records(inside, records, buckets),
        seed,
        found.users,
        {m.name: m.final for m in asked},
        partial(whole_intervals, found, whole, seed=seed),
        of_unknown(inside, records),
    )


def whole_intervals(
    found: Predictions, metrics: Sequence[str], *, seed: int, rounds: int = 1000
) -> dict[str, tuple[float, float]]:
    """Return the 95 % bootstrap interval of each figure, users drawn with all their cases.

    Args:
        found: what was true and what was predicted.
        metrics: names of metrics that no single case has.
        seed: of the draws.
        rounds: how many bootstrap samples; those without the figure do not count for it.
    """
    if not metrics:
        return {}
    users, user = np.unique(found.users, return_inverse=True)
    measures = [prediction_metric(name) for name in metrics]
    columns = [_rising(*pair, user) for pair in found.classes]

    def of(times: Floats) -> Floats:
        return np.stack([_sample(measures, columns, drawn) for drawn in times], axis=1)

    low, high = interval(len(users), of, seed=seed, rounds=rounds)
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(metrics)}


def _rising(targets: Floats, predicted: Floats, user: Ints) -> tuple[Floats, Floats, Ints]:
    # Sorted once, so that no sample needs it.
    order = np.argsort(predicted, kind="stable")
    return targets[order], predicted[order], user[order]


def _sample(
    measures: Sequence[PredictionMetric], columns: Sequence[tuple[Floats, Floats, Ints]], drawn: Floats
) -> Floats:
    values = np.full((len(measures), len(columns)), np.nan)
    for column, (targets, predicted, user) in enumerate(columns):
        times = drawn[user]
        for row, measure in enumerate(measures):
            if measure.of_class is not None and measure.number in (None, column):
                values[row, column] = measure.of_class(targets, predicted, times)
    return mean_of_some(values)


def _digest(found: Predictions) -> str:
    digest = blake2b(f"{found.targets.shape}".encode(), digest_size=16)
    for array in (found.users, found.targets):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
