"""Metrics by name, whether they are of rankings or of predictions."""

from __future__ import annotations

from graphrec.errors import NotFoundError
from graphrec.evaluation.metrics import metric
from graphrec.evaluation.prediction_metrics import prediction_metric


def more_is_better(name: str) -> bool:
    """Return the direction of a metric; raises ``NotFoundError`` for one that nobody knows."""
    try:
        return metric(name).higher_is_better
    except NotFoundError:
        return prediction_metric(name).higher_is_better
