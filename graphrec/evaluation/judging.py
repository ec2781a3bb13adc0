"""The judge of a training run: one metric on the validation cases."""

from __future__ import annotations

from typing import Any

from graphrec.evaluation.evaluate import evaluate
from graphrec.evaluation.metrics import metric
from graphrec.graph.data import Split
from graphrec.models.base import Recommender
from graphrec.training.judge import Judge
from graphrec.training.options import TrainOptions


def validation_judge(split: Split, options: TrainOptions) -> Judge:
    """Return what stops a training on ``split``; raises ``NotFoundError`` for an unknown metric.

    Args:
        split: whose validation cases are ranked.
        options: the metric and the seed of ties.
    """
    chosen = metric(options.metric_for(split.valid))

    def measure(model: Recommender[Any]) -> float:
        scorer = model.scorer(split.valid.items)
        found = evaluate(scorer, split.valid, split.data, [chosen.name], seed=options.seed, model=model.name)
        return found.metrics[chosen.name]

    some = bool(split.valid.relevant.lengths.any())
    return Judge(chosen.name, chosen.higher_is_better, measure if some else None)
