"""SVD++: matrix factorization with biases where what a user has rated says something, whatever the rating."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from graphrec.graph.data import Data, Shape
from graphrec.learning.run import RunContext
from graphrec.learning.sequential import Sequential
from graphrec.models.base import ANYTHING, InSpace, Scorer, Target
from graphrec.models.influences import Part
from graphrec.models.known_pairs import KnownPairs
from graphrec.models.rated import Rated
from graphrec.models.rating_parts import rating_parts
from graphrec.models.svdpp_sweep import sweep
from graphrec.ragged import Ints
from graphrec.settings import Settings

PART = 4096
"""So many users are gone over between two ticks."""


class SVDPPSettings(Settings):
    """Settings of SVD++.

    ``l2`` by RMSE of validation on MovieLens latest-small (random-k-fold, fold 0).
    """

    dimension: int = Field(32, ge=1, le=4096)
    """D, the length of the factors."""
    l2: float = Field(0.1, ge=0, allow_inf_nan=False)
    """λ, on all that a record moves."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that factors start with."""


class SVDPP(InSpace[SVDPPSettings]):
    """SVD++ (Koren, KDD 2008, Eq. 15).

    r_ui = μ + b_u + b_i + <q_i, p_u + |N(u)|^-½ Σ_j y_j> with N(u) all that u has rated in training; stochastic
    gradient descent on squared errors with λ on all that a record moves, the records of a user one after the other,
    users in random order. Biases are dimensions where the other side holds 1, so that the prediction is an inner
    product. Users and items without a record in training have no prediction.
    """

    name = "svdpp"
    title = "matrix factorization that also learns from what a user has rated at all"
    paper = (
        "Koren, Factorization Meets the Neighborhood: a Multifaceted Collaborative Filtering Model (KDD '08)"
    )
    doi = "10.1145/1401890.1401944"
    Settings = SVDPPSettings
    tuned = ("l2", "learning_rate", "dimension")
    tasks = ("rating",)
    defaults: ClassVar[Mapping[str, Any]] = {"learning_rate": 0.01, "patience": 5}

    mean: Tensor

    def __init__(self, shape: Shape, settings: SVDPPSettings) -> None:
        super().__init__(shape, settings)
        self.register_buffer("mean", torch.zeros(1))
        self.users, self.items, self.said = (
            nn.Parameter(torch.empty(count, size).normal_(0, settings.initial_std))
            for count, size in (
                (shape.users, settings.dimension + 1),
                (shape.items, settings.dimension + 1),
                (shape.items, settings.dimension),
            )
        )
        with torch.no_grad():
            for table in (self.users, self.items):
                table[:, -1] = 0

    def attach(self, data: Data) -> None:
        """Take what users have rated."""
        self._had = data.by_user
        self._known = [torch.from_numpy(one.lengths > 0).to(self.device) for one in (data.by_user, data.by_item)]

    def learner(self, data: Data, run: RunContext) -> Sequential:
        """Return descent record by record, on the CPU."""
        rated = Rated.of(data)
        self.mean.fill_(float(rated.values.mean(dtype=np.float64)))
        indptr = np.searchsorted(rated.users, np.arange(data.users + 1))
        moves = partial(self._descend, rated, indptr)
        return Sequential("svdpp", moves, len(rated), run, over=data.users, part=PART)

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the predictions."""
        return KnownPairs(super().scorer(target), self._known)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return [p_u + |N(u)|^-½ Σ y_j, μ + b_u, 1] and [q_i, 1, b_i]."""
        said = embedding_bag(
            torch.from_numpy(self._had.indices).to(self.device),
            self.said,
            torch.from_numpy(self._had.indptr).to(self.device),
            mode="sum",
            include_last_offset=True,
        )
        counts = torch.from_numpy(self._had.lengths).to(said).clamp(min=1)
        users, items = self.users, self.items
        ones = items.new_ones(max(len(users), len(items)), 1)
        return (
            torch.cat(
                [users[:, :-1] + said / counts.sqrt()[:, None], users[:, -1:] + self.mean, ones[: len(users)]], 1
            ),
            torch.cat([items[:, :-1], ones[: len(items)], items[:, -1:]], 1),
        )

    @torch.no_grad()
    def parts(self, user: int, item: int) -> list[Part]:
        """Return what the rating is the sum of."""
        whole = self.vectors()[0][user]
        own = torch.cat([whole[:-2], self.users[user, -1:]])
        return rating_parts(float(self.mean), own, self.items[item])

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the vector of who has ``history``; of a user whom training knew with their own p and b."""
        if not len(history):
            return None
        had = torch.from_numpy(np.unique(history)).to(self.device)
        own = self.users.new_zeros(self.users.shape[1]) if user is None else self.users[user]
        said = self.said[had].sum(0) / len(had) ** 0.5
        return torch.cat([own[:-1] + said, own[-1:] + self.mean, own.new_ones(1)])

    def _descend(self, rated: Rated, indptr: Ints, users: Ints, rate: float, seed: int) -> float:
        with torch.no_grad():
            tables = [own.numpy(force=True) for own in (self.users, self.items, self.said)]
            p, q, y = tables
            mean, l2 = float(self.mean), self.settings.l2
            squared: float = sweep(p, q, y, indptr, rated.items, rated.values, mean, l2, users, rate, seed)
            for own, moved in zip((self.users, self.items, self.said), tables, strict=True):
                own.copy_(torch.from_numpy(moved))
        return squared
