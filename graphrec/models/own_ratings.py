"""What a user would give to an item by what they gave to items like it: the base of models that look at content."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
import torch
from pydantic import Field
from scipy import sparse
from torch import Tensor
from torch.nn.functional import normalize

from graphrec.graph.data import Data
from graphrec.models.base import ANYTHING, Model, Scorer, Target
from graphrec.ragged import Ints
from graphrec.settings import Settings
from graphrec.tasks.fallback import Biases

_NUMBERS = 1 << 22


class OwnRatingsSettings(Settings):
    """Settings of models that predict by a user's own ratings."""

    similarity: Literal["shifted", "cosine"] = "shifted"
    """Of two items with cosine c: (1 + c) / 2, or c where it is above 0."""
    power: float = Field(1.0, gt=0, le=64)
    """The similarity counts to this power: the higher, the more do the most similar items decide."""
    shrinkage: float = Field(0.0, ge=0, allow_inf_nan=False)
    """So much similarity to what says nothing is added: a prediction by little stays near where it starts."""
    around: Literal["user", "biases"] = "user"
    """What is averaged: ratings, which start at the user's mean; or by how much each is above what user and item have
    on average, which is added again."""


R = TypeVar("R", bound=OwnRatingsSettings)


class OwnRatings(Model[R]):
    """r_ui = b_ui + Σ_j s_ij (r_uj - b_uj) / (Σ_j s_ij + shrinkage) over the items j that u has rated in training.

    Equation 1 of Lehmann, VT2: Recommendations on Multimedia Data, where b is 0 and nothing is shrunk; it wants
    similarities from 0 to 1 and names none. Here b is the user's mean, which comes to the same where nothing is shrunk,
    or with ``around=biases``, ours, μ + b_u + b_i.

    An item, rated or asked about, that content says nothing of takes no part; a user without a rated item that content
    says something of has no prediction, nor has such an item.
    """

    tasks = ("rating",)

    @abstractmethod
    def content(self) -> Tensor:
        """Return what is known of each item, float32 [items, F]; zeros of one of which nothing is."""

    def attach(self, data: Data) -> None:
        """Take what users have rated; items' content is worked out when first asked for."""
        self._data = data
        self.__dict__.pop("_known", None)

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the predictions; NaN as a pair where there is none."""
        return self._known

    @torch.no_grad()
    def compared(self, item: int, others: Ints) -> tuple[Tensor, Tensor]:
        """Return how alike ``item`` is to ``others``, and the share of each in its prediction."""
        return self._known.compared(item, torch.from_numpy(others).to(self.device))

    @cached_property
    def _known(self) -> OwnRatingsScorer:
        with torch.no_grad():
            return OwnRatingsScorer(self._data, normalize(self.content(), dim=1), self.settings)


class OwnRatingsScorer:
    """The predictions of ``OwnRatings``.

    Args:
        data: what trains.
        looks: float32 [items, F], of unit length or 0.
        settings: how.
    """

    def __init__(self, data: Data, looks: Tensor, settings: OwnRatingsSettings) -> None:
        self._looks, self._settings = looks, settings
        self._there = looks.any(1)
        values = np.asarray(data.records.values[data.value], np.float64)
        user, item = data.records.user, np.asarray(data.records.item)
        known = np.flatnonzero(np.isfinite(values) & self._there.numpy(force=True)[item])
        biases = Biases(data.records, data.value, data.items)
        rated = np.isfinite(values)
        counts = np.bincount(user[rated], minlength=data.users)
        means = np.bincount(user[rated], values[rated], minlength=data.users) / np.maximum(counts, 1)
        around = settings.around == "biases"
        start = biases.of(user[known], item[known]) if around else means[user[known]]
        self._users = torch.from_numpy(biases.mean + biases.users if around else means).float().to(looks)
        self._items = torch.from_numpy(biases.items if around else np.zeros(data.items)).float().to(looks)
        shape = data.users, data.items
        self._told = sparse.csr_array((values[known] - start, (user[known], item[known])), shape=shape)
        self._told.sort_indices()

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]; what an item has on average where there is no prediction."""
        asked = torch.arange(len(self._looks), device=users.device) if items is None else items
        found = torch.stack([self._above(user, asked) for user in users.tolist()]) if len(users) else None
        start = self._users[users, None] + self._items[asked]
        return start if found is None else start + found.nan_to_num(0)

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        found = self._users.new_empty(len(users))
        told = users.numpy(force=True)
        order = np.argsort(told, kind="stable")
        for some in np.split(order, np.flatnonzero(np.diff(told[order])) + 1) if len(order) else ():
            at = torch.from_numpy(some).to(items.device)
            found[at] = self._above(int(told[some[0]]), items[at])
        return self._users[users] + self._items[items] + found

    def compared(self, item: int, others: Tensor) -> tuple[Tensor, Tensor]:
        """Return similarities of an item to ``others``, int64 [n], and their shares, float32 [n] each."""
        similar = self._similar(self._looks[others] @ self._looks[item])
        similar = torch.where(self._there[others] & self._there[item], similar, 0)
        return similar, similar / similar.sum().clamp(min=1e-12)

    def _above(self, user: int, items: Tensor) -> Tensor:
        """Return by how much the user's rating of each of ``items``, [n], is above where it starts; NaN: unknown."""
        first, end = self._told.indptr[user], self._told.indptr[user + 1]
        own = torch.from_numpy(self._told.indices[first:end]).to(items.device)
        told = torch.from_numpy(self._told.data[first:end]).to(self._looks)
        found = self._looks.new_full((len(items),), torch.nan)
        if not len(own):
            return found
        step = max(1, _NUMBERS // len(own))
        for start in range(0, len(items), step):
            part = slice(start, start + step)
            weights = self._similar(self._looks[items[part]] @ self._looks[own].T)
            total = weights.sum(1) + self._settings.shrinkage
            mean = torch.where(total > 0, (weights @ told) / total.clamp(min=1e-12), 0)
            found[part] = torch.where(self._there[items[part]], mean, torch.nan)
        return found

    def _similar(self, cosines: Tensor) -> Tensor:
        shifted = self._settings.similarity == "shifted"
        similar = ((1 + cosines) / 2).clamp(0, 1) if shifted else cosines.clamp(0, 1)
        return similar if self._settings.power == 1 else similar.pow(self._settings.power)
