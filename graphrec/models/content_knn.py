"""Content kNN: items that look like what the user liked."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from graphrec.graph.data import TrainingData
from graphrec.models.base import EmbeddingScorer, Recommender, Scorer, Settings, require_features
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.ragged import Ragged


class ContentKNNSettings(Settings):
    """Settings of content kNN."""

    scaling: Scaling = "standard"
    """How features are scaled before the cosine (see FeatureScaling)."""
    neighbours: int = Field(0, ge=0)
    """How many of the user's most similar items count for a candidate; 0: the mean over all of them."""


class ContentKNN(Recommender[ContentKNNSettings]):
    """Score = mean cosine between the candidate and the user's training items, all or the nearest."""

    name = "contentknn"
    title = "items whose content is like that of the user's own"
    Settings = ContentKNNSettings

    items: Tensor
    profiles: Tensor

    @classmethod
    def check(cls, data: TrainingData, settings: ContentKNNSettings) -> None:
        """Raise ``DataError`` where there is no content."""
        require_features(data, cls.name)

    def __init__(self, data: TrainingData, settings: ContentKNNSettings) -> None:
        super().__init__(data, settings)
        self.scaling = FeatureScaling(data.features, settings.scaling, data.by_item.lengths > 0)
        self.register_buffer("items", normalize(self.scaling.of(data.features), dim=1), persistent=False)
        summed = torch.zeros(data.users, self.items.shape[1])
        summed.index_add_(0, torch.from_numpy(data.by_user.rows), self.items[data.by_user.indices])
        counts = torch.from_numpy(data.by_user.lengths).clamp(min=1)
        self.register_buffer("profiles", summed / counts[:, None], persistent=False)
        self._history = data.by_user

    def scorer(self, items: Tensor | None = None) -> Scorer:
        """Return the scores; 0 for a user without training items."""
        if self.settings.neighbours == 0:
            return EmbeddingScorer(self.profiles, self.items)
        return _TopScorer(self.items, self._history, self.settings.neighbours)

    def embeddings(self) -> tuple[Tensor, Tensor]:
        """Return users' mean item and items' unit-length content, [users, F] and [items, F]."""
        return self.profiles, self.items

    def embed_items(self, features: Tensor) -> Tensor:
        """Return unit-length content, float32 [n, F]."""
        return normalize(self.scaling(features), dim=1)


class _TopScorer:
    """Mean cosine to the user's ``count`` most similar items."""

    def __init__(self, items: Tensor, history: Ragged, count: int) -> None:
        self._items, self._history, self._count = items, history, count

    def score(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        candidates = self._items if items is None else self._items[items]
        scores = torch.zeros(len(users), len(candidates), device=candidates.device)
        for row, user in enumerate(users.tolist()):
            own = np.array(self._history[user])
            if len(own):
                cosines = self._items[own] @ candidates.T
                scores[row] = cosines.topk(min(self._count, len(own)), dim=0).values.mean(0)
        return scores
