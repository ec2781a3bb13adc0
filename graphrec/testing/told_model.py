"""A model that answers what it is told: the oracle, and what knows nothing."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, Model, Scorer, Target
from graphrec.settings import Settings


class ToldSettings(Settings):
    """There is nothing to set."""


class Told(Model[ToldSettings]):
    """Answers from tables.

    Args:
        data: what for.
        scores: [users, items].
        numbers: [items, classes].
    """

    name = "told"
    title = "what it was told"
    Settings = ToldSettings
    tasks = ()

    def __init__(self, data: Data, scores: Tensor | None = None, numbers: Tensor | None = None) -> None:
        super().__init__(data.shape, ToldSettings())
        self.scores = torch.zeros(data.users, data.items) if scores is None else scores.float()
        self.numbers = torch.zeros(data.items, data.shape.classes) if numbers is None else numbers.float()

    def learner(self, data: Data, run: RunContext) -> Once:
        """Learn nothing."""
        return Once(lambda: None, len(data.records))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the table."""
        return _Table(self.scores)

    def predict(self, nodes: Tensor) -> Tensor:
        """Return float32 [n, classes]."""
        return self.numbers[nodes]


class _Table:
    def __init__(self, scores: Tensor) -> None:
        self._scores = scores

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        return self._scores[users] if items is None else self._scores[users][:, items]

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        return self._scores[users, items]
