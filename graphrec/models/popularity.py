"""Popularity: what is liked by many is recommended to all."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.graph.data import TrainingData
from graphrec.models.base import Recommender, Scorer, Settings


class PopularitySettings(Settings):
    """Popularity has nothing to set."""


class SharedScorer:
    """Scores that are the same for every user.

    Args:
        scores: float32 [items].
    """

    def __init__(self, scores: Tensor) -> None:
        self._scores = scores

    def score(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        scores = self._scores if items is None else self._scores[items]
        return scores.expand(len(users), -1)


class Popularity(Recommender[PopularitySettings]):
    """Score = number of training edges of the item; items without any are level."""

    name = "popularity"
    title = "most liked in training first"
    Settings = PopularitySettings

    scores: Tensor

    def __init__(self, data: TrainingData, settings: PopularitySettings) -> None:
        super().__init__(data, settings)
        self.register_buffer("scores", torch.from_numpy(data.by_item.lengths).float())

    def scorer(self, items: Tensor | None = None) -> Scorer:
        """Return the scores, the same for all users."""
        return SharedScorer(self.scores)
