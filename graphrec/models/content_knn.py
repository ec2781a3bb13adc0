"""Content kNN: items that look like what the user liked."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import (
    ANYTHING,
    EmbeddingScorer,
    InSpace,
    Needs,
    Scorer,
    Target,
    require_features,
)
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.ragged import Ints, Ragged
from graphrec.settings import Settings


class ContentKNNSettings(Settings):
    """Settings of content kNN."""

    scaling: Scaling = "standard"
    """How features are scaled before the cosine (see FeatureScaling)."""
    neighbours: int = Field(0, ge=0)
    """How many of the user's most similar items count for a candidate; 0: the mean over all of them."""


class ContentKNN(InSpace[ContentKNNSettings]):
    """Score = mean cosine between the candidate and the user's training items, all or the nearest."""

    name = "contentknn"
    title = "items whose content is like that of the user's own"
    Settings = ContentKNNSettings
    tuned = ("scaling",)

    needs = Needs(features=True)

    @classmethod
    def check(cls, data: Data, settings: ContentKNNSettings) -> None:
        """Raise ``DataError`` where there is no content."""
        require_features(data, cls.name)

    def __init__(self, shape: Shape, settings: ContentKNNSettings) -> None:
        super().__init__(shape, settings)
        self.scaling = FeatureScaling(shape.width, settings.scaling)
        self._data: Data | None = None
        if settings.neighbours:
            # Only the mean over all of a user's items is an inner product.
            self.proposes = True

    def attach(self, data: Data) -> None:
        """Take what items look like and what users have; both are worked out when first asked for."""
        self._data = data
        self.__dict__.pop("_known", None)

    def learner(self, data: Data, run: RunContext) -> Once:
        """Fit the scaling."""

        def fit() -> None:
            self.scaling.fit(data.content, data.by_item.lengths > 0)
            self.__dict__.pop("_known", None)

        return Once(fit, len(data.records))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the scores; 0 for a user without training items."""
        profiles, items = self._known
        if self.settings.neighbours == 0:
            return EmbeddingScorer(profiles, items)
        return _TopScorer(items, self._history, self.settings.neighbours)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return users' mean item and items' unit-length content, [users, F] and [items, F]."""
        return self._known

    def place(self, features: Tensor) -> Tensor:
        """Return unit-length content, float32 [n, F]."""
        return normalize(self.scaling(features.to(self.device)), dim=1)

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the mean item of ``history``; None where none of it has content."""
        mean = self._known[1][torch.from_numpy(history)].mean(0) if len(history) else None
        return mean if mean is not None and mean.any() else None

    @property
    def _history(self) -> Ragged:
        assert self._data is not None
        return self._data.by_user

    @cached_property
    def _known(self) -> tuple[Tensor, Tensor]:
        """Users' mean items, float32 [users, F], and items' content, float32 [items, F]."""
        assert self._data is not None
        data = self._data
        items = normalize(self.scaling.of(data.content), dim=1)
        summed = torch.zeros(data.users, items.shape[1], device=items.device)
        summed.index_add_(
            0,
            torch.from_numpy(data.by_user.rows).to(items.device),
            items[torch.from_numpy(np.array(data.by_user.indices)).to(items.device)],
        )
        counts = torch.from_numpy(data.by_user.lengths).clamp(min=1).to(items.device)
        return summed / counts[:, None], items


class _TopScorer:
    """Mean cosine to the user's ``count`` most similar items."""

    def __init__(self, items: Tensor, history: Ragged, count: int) -> None:
        self._items, self._history, self._count = items, history, count

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        rows = [self.grid(users[n : n + 1], items[n : n + 1])[0, 0] for n in range(len(users))]
        return torch.stack(rows) if rows else torch.empty(0)

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        candidates = self._items if items is None else self._items[items]
        scores = torch.zeros(len(users), len(candidates), device=candidates.device)
        for row, user in enumerate(users.tolist()):
            own = np.array(self._history[user])
            if len(own):
                cosines = self._items[own] @ candidates.T
                scores[row] = cosines.topk(min(self._count, len(own)), dim=0).values.mean(0)
        return scores
