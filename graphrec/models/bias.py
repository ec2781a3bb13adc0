"""Biases: how well an item is rated, and how kindly a user rates."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, Model, Scorer, Target
from graphrec.models.mf import MF
from graphrec.settings import Settings
from graphrec.tasks.fallback import Biases


class BiasSettings(Settings):
    """Biases have nothing to set."""


class Bias(Model[BiasSettings]):
    """r_ui = μ + b_i + b_u (Koren et al. 2009, Eq. 3), of damped means; what every rating model has to beat."""

    name = "bias"
    title = "the rating that item and user have on average"
    paper, doi = MF.paper, MF.doi
    Settings = BiasSettings
    tasks = ("rating",)

    mean: Tensor
    users: Tensor
    items: Tensor

    def __init__(self, shape: Shape, settings: BiasSettings) -> None:
        super().__init__(shape, settings)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("users", torch.zeros(shape.users))
        self.register_buffer("items", torch.zeros(shape.items))

    def learner(self, data: Data, run: RunContext) -> Once:
        """Take means."""
        return Once(partial(self._fit, data), len(data.records))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the predictions."""
        return _Sums(self.users + self.mean, self.items)

    def _fit(self, data: Data) -> None:
        found = Biases(data.records, data.value, data.items)
        self.mean.fill_(found.mean)
        self.users.copy_(torch.from_numpy(found.users))
        self.items.copy_(torch.from_numpy(found.items))


class _Sums:
    def __init__(self, users: Tensor, items: Tensor) -> None:
        self._users, self._items = users, items

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        return self._users[users][:, None] + (self._items if items is None else self._items[items])

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        return self._users[users] + self._items[items]
