"""What costs nothing, measured on the same cases: popularity, chance, content kNN; or what stands in for a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from graphrec.evaluation.confidence import FEWEST
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.evaluate_predictions import evaluate_predictions
from graphrec.evaluation.judged import judge_model, known_metric
from graphrec.evaluation.predictions import Predictions
from graphrec.evaluation.verdict import CHANCE, Baseline
from graphrec.graph.data import Data
from graphrec.learning.options import TrainOptions
from graphrec.models.registry import model as model_class
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Cases, NodeCases, PairCases, RankingCases, Split
from graphrec.tasks.saturation import saturated
from graphrec.training.trainer import train

TITLES = {"popularity": "popularity", "random": CHANCE, "contentknn": "content kNN"}
"""Of rankings; models that have nothing to learn, or learn at once."""
STANDS_IN = {"rating": "the means of users and items", "click": "the share of clicks"}
MANY_RANKED, FEWEST_DRAWS, MOST_DRAWS = 100_000_000, 4, 32
"""Chance is the mean of so many random orders that about so many items are ranked, from fewest to most."""
MOST_RANKED = 400_000_000
"""Of fewer orders, at last of one, where all together would rank more: each takes as long as testing the model."""
LARGEST = 1 << 28
"""Content of more numbers than this (1 GiB) is not held in memory for a comparison."""


def baselines(
    model: str, task: Task[Any], split: Split[Any], options: TrainOptions
) -> dict[str, Evaluation]:
    """Return the evaluations of the test cases by all baselines but ``model`` itself, by title."""
    cases = split.test
    if not isinstance(cases, RankingCases):
        title = STANDS_IN.get(task.name, "the mean")
        return {title: _stands_in(task, split.data, cases, options.seed)}
    found = {}
    for name, title in TITLES.items():
        if name == model or (name == "contentknn" and not 0 < split.data.content.width * split.data.items <= LARGEST):
            continue
        draws = _draws(cases, split.data) if name == "random" else 1
        found[title] = _mean([_judged(name, task, split, options, options.seed + draw) for draw in range(draws)])
    return found


def _draws(cases: RankingCases, data: Data) -> int:
    """Return over how many random orders chance is averaged: fewer where there is much to rank."""
    ranked = len(cases) * data.items
    draws = int(np.clip(MANY_RANKED // max(1, ranked), FEWEST_DRAWS, MOST_DRAWS))
    return max(1, min(draws, MOST_RANKED // max(1, ranked)))


def _judged(name: str, task: Task[Any], split: Split[Any], options: TrainOptions, seed: int) -> Evaluation:
    kind = model_class(name)
    baseline = kind(split.data.shape, kind.Settings.model_validate({"seed": seed} if name == "random" else {}))
    train(baseline, split, TrainOptions.model_validate({"seed": options.seed, "device": options.device}))
    return judge_model(baseline, task, split.data, split.test, task.metrics(split.test), seed=options.seed)


def _mean(found: list[Evaluation]) -> Evaluation:
    """Return the mean of evaluations of the same cases, of figures and of each case's values."""
    first = found[0]
    values = {name: np.mean([one.values[name] for one in found], axis=0) for name in first.values}
    return replace(
        first,
        values=values,
        metrics={name: float(np.mean([one.metrics[name] for one in found])) for name in first.metrics},
    )


def compared(
    test: Evaluation, others: dict[str, Evaluation], cases: Cases, watched: str
) -> tuple[str, tuple[Baseline, ...]]:
    """Return the metric by which ``test`` and ``others`` are compared, and the others.

    It is ``watched``, if cases have a value of it and their order changes it, else the first metric of which that
    is true; where none is, the first of all, without a test.
    """
    every = [test, *others.values()]
    names = [
        name
        for name in (watched, *test.metrics)
        if all(name in one.values for one in every)
        and not (isinstance(cases, RankingCases) and saturated(name, cases))
    ]
    name = next(iter((*names, *test.metrics)))
    sign = 1 if known_metric(cases, name) else -1
    few = test.groups < FEWEST or name not in test.values
    return name, tuple(
        Baseline(
            title,
            other.metrics[name],
            sign * (test.metrics[name] - other.metrics[name]),
            None if few else test.against(other, name).p_value,
        )
        for title, other in others.items()
    )


def _stands_in(task: Task[Any], data: Data, cases: PairCases | NodeCases, seed: int) -> Evaluation:
    """Judge what stands in where a model can tell nothing."""
    who, lists = (cases.users, data.by_user) if isinstance(cases, PairCases) else (cases.nodes, data.by_item)
    whole, known = task.complete(np.full(cases.targets.shape, np.nan), cases, data)
    found = Predictions(who, cases.targets, whole, known)
    return evaluate_predictions(found, task.metrics(cases), lists.lengths[who], seed=seed)
