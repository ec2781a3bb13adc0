"""What a world's runs are held against: baselines on the same cases, and an oracle that knows the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.evaluation.judged import judge_model
from graphrec.graph.ids import Ids
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Scorer
from graphrec.models.registry import model as model_class
from graphrec.serving.load_model import Loaded
from graphrec.tasks.cases import RankingCases
from graphrec.training.trainer import train

ORACLE = "an oracle that knows every taste"


def baselines(loaded: Loaded, titles: Mapping[str, str], seed: int) -> dict[str, Loaded]:
    """Return models that are trained at once on the data of a run, by title.

    Args:
        loaded: the run.
        titles: by name of the model.
        seed: of training.
    """
    found = {}
    for name, title in titles.items():
        kind: Any = model_class(name)
        model = kind(loaded.split.data.shape, kind.Settings())
        train(model, loaded.split, TrainOptions.model_validate({"seed": seed}))
        found[title] = replace(loaded, model=model)
    return found


def measured(
    systems: Mapping[str, Loaded],
    metrics: Sequence[str],
    seed: int,
    *,
    oracle: Scorer | None = None,
    cases: RankingCases | None = None,
    also: str | None = None,
) -> dict[str, Evaluation]:
    """Return the evaluations of all systems on the same cases, the oracle's last.

    Args:
        systems: by title.
        metrics: by name.
        seed: of the order of equal scores, and of the confidence intervals.
        oracle: scores of what is ranked, where the truth is known.
        cases: what to rank; None for the test cases.
        also: the further projection whose test cases are ranked instead.
    """
    found = {}
    with torch.inference_mode():
        for title, one in systems.items():
            part = one if also is None else one.beside[also]
            asked = part.split.test if cases is None else cases
            found[title] = judge_model(
                one.model, part.task, part.split.data, asked, metrics, seed=seed, first=one.split.data
            )
        if oracle is not None:
            found[ORACLE] = evaluate(oracle, asked, part.split.data, metrics, seed=seed, model=ORACLE)
    return found


class Truth:
    """Scores that are known.

    Args:
        scores: float [users, items], of some order.
        users: ids, in that order.
        items: likewise.
        as_users: the order to have; all of them are among ``users``.
        as_items: likewise.
    """

    def __init__(
        self,
        scores: npt.NDArray[np.float64],
        users: Sequence[str],
        items: Sequence[str],
        as_users: Ids,
        as_items: Ids,
    ) -> None:
        row, column = ({name: at for at, name in enumerate(names)} for names in (users, items))
        rows = [row[name] for name in as_users.values.to_pylist()]
        columns = [column[name] for name in as_items.values.to_pylist()]
        self._scores = torch.from_numpy(scores[np.ix_(rows, columns)]).float()

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        scores = self._scores[users]
        return scores if items is None else scores[:, items]

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        return self._scores[users, items]
