"""The judge of a training run: one metric on the validation cases."""

from __future__ import annotations

from typing import Any

from graphrec.evaluation.judged import judge_model, known_metric
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Model
from graphrec.tasks.base import Task
from graphrec.tasks.cases import RankingCases, Split
from graphrec.training.judge import Judge


def validation_judge(task: Task[Any], split: Split[Any], options: TrainOptions) -> Judge:
    """Return what stops a training on ``split``; raises ``NotFoundError`` for an unknown metric.

    Args:
        task: tells what to watch, unless the options do.
        split: whose validation cases are judged.
        options: the metric and the seed of ties.
    """
    cases = split.valid
    name = task.watched(cases) if options.metric == "auto" else options.metric
    higher_is_better = known_metric(cases, name)

    def measure(model: Model[Any]) -> float:
        return judge_model(model, task, split.data, cases, [name], seed=options.seed).metrics[name]

    some = bool(cases.relevant.lengths.any()) if isinstance(cases, RankingCases) else bool(len(cases))
    return Judge(name, higher_is_better, measure if some else None)
