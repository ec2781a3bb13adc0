"""Popularity: what is liked by many is recommended to all."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, Model, Scorer, Target
from graphrec.settings import Settings


class PopularitySettings(Settings):
    """Popularity has nothing to set."""


class SharedScorer:
    """Scores that are the same for every user.

    Args:
        scores: float32 [items].
    """

    def __init__(self, scores: Tensor) -> None:
        self._scores = scores

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        scores = self._scores if items is None else self._scores[items]
        return scores.expand(len(users), -1)

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        return self._scores[items]


class Popularity(Model[PopularitySettings]):
    """Score = number of users with a training record of the item, 0 without any. Frames beside items likewise."""

    name = "popularity"
    title = "most liked in training first"
    Settings = PopularitySettings
    several = True

    def __init__(self, shape: Shape, settings: PopularitySettings) -> None:
        super().__init__(shape, settings)
        for label in (shape.item, *shape.others):
            self.register_buffer(f"scores_{label}", torch.zeros(shape.nodes[label]))

    def learner(self, data: Data, run: RunContext) -> Once:
        """Count."""
        every = [data, *(other for other in data.others.values() if other.item != data.item)]

        def count() -> None:
            for buffer in self.buffers():
                buffer.zero_()
            for part in every:
                self._scores(part.item).add_(torch.from_numpy(part.people).to(self.device))

        return Once(count, sum(len(part.records) for part in every))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the scores, the same for all users."""
        return SharedScorer(self._scores(target.label or self.shape.item))

    def _scores(self, label: str) -> Tensor:
        return self.get_buffer(f"scores_{label}")
