"""Any model on any cases: lists are ranked, numbers are predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from graphrec.errors import ConfigError
from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.evaluation.evaluate_predictions import evaluate_predictions
from graphrec.evaluation.metrics import metric
from graphrec.evaluation.prediction_metrics import prediction_metric
from graphrec.evaluation.predictions import Predictions
from graphrec.graph.data import Data
from graphrec.models.answers import pairs_at, predicted_by, scorer_of
from graphrec.models.base import ANYTHING, Embeds, Model, Predicts, Target
from graphrec.models.known import as_served, known_users
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Cases, NodeCases, PairCases, RankingCases

PAIRS = 1 << 20
"""So many numbers are predicted at a time."""


def judge_model(
    model: Model[Any],
    task: Task[Any],
    data: Data,
    cases: Cases,
    metrics: Sequence[str],
    *,
    seed: int,
    first: Data | None = None,
) -> Evaluation:
    """Measure ``model`` on ``cases`` as it is served: see ``models.known``.

    Args:
        model: trained, and attached to ``data``.
        task: completes what the model cannot predict.
        data: the training data.
        cases: what to rank or predict.
        metrics: by name; those of rankings or of predictions.
        seed: of the order of equal scores, and of the confidence intervals.
        first: of a further task the training data of the first, by which the model knows its users; None: ``data``.

    Raises what ``evaluate`` and ``evaluate_predictions`` raise, and ``ConfigError`` for a model that cannot do this.
    """
    # What a model recommends needs no name; of other records' items it is told which are meant.
    label = None if data.item == model.shape.item else data.item
    with torch.no_grad():
        if isinstance(cases, RankingCases):
            nodes = None if cases.items is None else torch.from_numpy(cases.items)
            own = scorer_of(model, Target(label, nodes))
            known_by = first or data
            scorer = as_served(model, own, data, known_by)
            found = evaluate(scorer, cases, data, metrics, seed=seed, model=model.name)
            if not isinstance(model, Embeds):
                return found
            seen = known_by.by_user.lengths[found.users] > 0
            return replace(found, unscored=int((seen & ~known_users(known_by, own, found.users)).sum()))
        predicted = (
            predicted_pairs(model, cases, Target(label)) if isinstance(cases, PairCases) else _nodes(model, cases)
        )
    whole, known = task.complete(predicted, cases, data)
    who = cases.users if isinstance(cases, PairCases) else cases.nodes
    lists = data.by_user if isinstance(cases, PairCases) else data.by_item
    made = Predictions(who, cases.targets, whole, known)
    found = evaluate_predictions(made, metrics, lists.lengths[who], seed=seed)
    # Of a node that is held out nobody trains on a record: all of them would be a group of their own.
    return replace(found, cold=None) if isinstance(cases, NodeCases) else found


def known_metric(cases: Cases, name: str) -> bool:
    """Return whether more of the metric ``name`` is better; raises ``NotFoundError`` for one that such cases lack."""
    one = metric(name) if isinstance(cases, RankingCases) else prediction_metric(name)
    return one.higher_is_better


def predicted_pairs(
    model: Model[Any], cases: PairCases, target: Target = ANYTHING
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return what ``model`` predicts of each case, float64 [cases]; NaN where it cannot tell."""
    scorer = scorer_of(model, target)
    found = np.empty(len(cases))
    for start in range(0, len(cases), PAIRS):
        part = slice(start, start + PAIRS)
        users, items = (torch.from_numpy(ids[part]).to(model.device) for ids in (cases.users, cases.items))
        at = None if cases.at is None else torch.from_numpy(cases.at[part]).to(model.device)
        found[part] = pairs_at(scorer, users, items, at).double().numpy(force=True)
    return found


def _nodes(model: Model[Any], cases: NodeCases) -> np.ndarray[Any, np.dtype[np.float64]]:
    if not isinstance(model, Predicts):
        raise ConfigError(
            f"{model.name} tells nothing of nodes; `graphrec models {model.name}` tells what it is for"
        )
    found: np.ndarray[Any, np.dtype[np.float64]] = (
        predicted_by(model, torch.from_numpy(cases.nodes).to(model.device)).double().numpy(force=True)
    )
    return found
