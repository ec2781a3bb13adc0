"""Random scores: what chance gives."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, Model, Scorer, Target
from graphrec.settings import Settings


class RandomSettings(Settings):
    """Settings of the random baseline."""

    seed: int = Field(0, ge=0)
    """Of the scores."""


class Random(Model[RandomSettings]):
    """A score for each user and item that depends on nothing but the two ids and the seed."""

    name = "random"
    title = "random scores: what chance gives"
    Settings = RandomSettings
    several = True

    def learner(self, data: Data, run: RunContext) -> Once:
        """Learn nothing."""
        return Once(lambda: None, len(data.records))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the scores; the same pair always has the same one."""
        return _RandomScorer(self.shape.nodes[target.label or self.shape.item], self.settings.seed)


class _RandomScorer:
    def __init__(self, items: int, seed: int) -> None:
        self._items, self._seed = items, seed

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        if items is None:
            items = torch.arange(self._items, device=users.device)
        return self.pairs(users[:, None], items)

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        # A 64-bit mix (splitmix64's finaliser; int64 wraps) rather than a generator: scores must not depend
        # on what is asked together.
        x = (
            users * -7046029254386353131
            + items * 7809847782465536322
            + (self._seed + 1) % (1 << 31) * 2862933555
        )
        for shift, factor in ((30, -4658895280553007687), (27, -7723592293110705685), (31, 1)):
            x = (x ^ (x >> shift & (1 << 64 - shift) - 1)) * factor
        return (x & 0xFFFFFF).float() / 0x1000000
