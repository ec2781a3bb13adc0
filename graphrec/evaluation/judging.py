"""The judge of a training run: one metric on the validation cases."""

from __future__ import annotations

from typing import Any

from graphrec.evaluation.judged import judge_model, known_metric
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Model
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Split
from graphrec.training.judge import Judge


def validation_judge(task: Task[Any], split: Split[Any], options: TrainOptions) -> Judge:
    """Return what stops a training on ``split``; raises ``NotFoundError`` for an unknown metric.

    Args:
        task: tells what to watch, unless the options do.
        split: whose validation cases are judged.
        options: the metric and the seed of ties.
    """
    name = task.watched(split.valid) if options.metric == "auto" else options.metric
    higher_is_better = known_metric(split.valid, name)

    def measure(model: Model[Any]) -> float:
        found = judge_model(model, split, split.valid, [name], seed=options.seed)
        return found.metrics[name]

    return Judge(name, higher_is_better, measure if _some(split.valid) else None)


def _some(cases: Any) -> bool:
    relevant = getattr(cases, "relevant", None)
    return bool(len(cases)) if relevant is None else bool(relevant.lengths.any())
