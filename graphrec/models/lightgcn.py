"""LightGCN: embeddings smoothed over the graph of users and items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.feed import Feed
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Blocked, Pairwise
from graphrec.learning.run import CPU, RunContext
from graphrec.learning.table import Table
from graphrec.models.base import InSpace
from graphrec.models.smoothing import Smoothing
from graphrec.models.user_weights import user_weights
from graphrec.ragged import Ints
from graphrec.settings import Settings


class LightGCNSettings(Settings):
    """Settings of LightGCN."""

    dimension: int = Field(64, ge=1, le=4096)
    """D, the length of the embeddings."""
    layers: int = Field(2, ge=1, le=8)
    """K, how many steps the graph is gone along."""
    l2: float = Field(0.005, ge=0, allow_inf_nan=False)
    """λ on the squared E^0 of a record's user, item and negatives (mean over the batch)."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A user with d records weighs d ** -user_weighting: 0 counts all records alike (Eq. 15), 1 counts users alike."""
    initial_std: float = Field(0.01, gt=0, allow_inf_nan=False)
    """Standard deviation that E^0 starts with."""


def ranking_loss(user: Tensor, liked: Tensor, others: Tensor) -> Tensor:
    """Return -ln σ(x_ui - x_uj) in the mean over j, float32 [B], for float32 [B, D], [B, D] and [B, N, D]."""
    margin = ((liked[:, None] - others) * user[:, None]).sum(-1)
    losses: Tensor = softplus(-margin).mean(1)
    return losses


class LightGCN(InSpace[LightGCNSettings]):
    """Simplifying and Powering Graph Convolution Network for Recommendation (He et al., SIGIR 2020).

    E^{k+1} = Â E^k with Â the adjacency divided by the roots of both degrees (Eq. 3 and 7); score = <e_u, e_i> with
    e the mean of E^0 to E^K (Eq. 4 and 5, α_k = 1 / (K + 1)). Only E^0 is learned: -ln σ(x_ui - x_uj) + λ |E^0|²
    (Eq. 15), with λ as mean over the batch; records of users who have many weigh less, each in both terms. Items
    without a record are at 0.
    """

    name = "lightgcn"
    title = "matrix factorization whose embeddings are smoothed over the graph"
    paper = "He et al., LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation (SIGIR '20)"
    doi = "10.1145/3397271.3401063"
    Settings: ClassVar[type[LightGCNSettings]] = LightGCNSettings
    tuned: ClassVar[Sequence[str]] = ("l2", "user_weighting", "learning_rate", "layers", "dimension")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 1, "batch_size": 4096, "learning_rate": 5e-3, "patience": 40}

    def __init__(self, shape: Shape, settings: LightGCNSettings) -> None:
        super().__init__(shape, settings)
        self.users = Table(shape.users, settings.dimension, std=settings.initial_std, sparse=False)
        self.items = Table(shape.items, settings.dimension, std=settings.initial_std, sparse=False)
        self.smoothing = Smoothing(shape, settings.layers)

    def attach(self, data: Data) -> None:
        """Take the training graph."""
        self.smoothing.attach(data)
        self._seen = torch.from_numpy(data.by_item.lengths > 0).to(self.device)
        self._weights = user_weights(data, self.settings.user_weighting).to(self.device)
        self._levels: Tensor | None = None

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over triplets, on the whole graph or on sampled blocks."""
        sampler = run.sampler(data, self.settings.layers)
        triplets = Pairwise(data, run.options, run.generator(run.device if sampler is None else CPU))
        feed: Feed[PairwiseBatch] = triplets if sampler is None else Blocked(triplets, sampler, run.device)
        return Descent(self, self.loss, feed, [Phase.of("bpr", self.parameters())], run)

    def train(self, mode: bool = True) -> LightGCN:
        """Switch to training, after which what was worked out from the parameters holds no more."""
        self._levels = None
        super().train(mode)
        return self

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        if batch.drawn is None:
            users, items = self.smoothing(self.users.weight, self.items.weight)
            user, liked, others = users[batch.users], items[batch.positives], items[batch.negatives]
        else:
            blocks = batch.drawn.blocks
            users, items = self.smoothing.of_blocks(blocks, self.users(blocks.users), self.items(blocks.items))
            item = items[batch.drawn.items]
            user, liked = users[batch.drawn.users], item[: len(batch.positives)]
            others = item[len(batch.positives) :].view(*batch.negatives.shape, -1)
        batch = batch.to(self.device)
        return self.weighed(batch, ranking_loss(user, liked, others) + self.settings.l2 * self.sizes(batch))

    def weighed(self, batch: PairwiseBatch, losses: Tensor) -> Tensor:
        """Return the mean of a batch's ``losses``, float32 [B], each as much as its user's records weigh."""
        return (self._weights[batch.users] * losses).mean()

    def sizes(self, batch: PairwiseBatch) -> Tensor:
        """Return |E^0|² of each record's user and item and, in the mean, of its negatives, float32 [B]."""
        user, liked, others = self.users(batch.users), self.items(batch.positives), self.items(batch.negatives)
        size: Tensor = user.square().sum(1) + liked.square().sum(1) + others.square().sum(2).mean(1)
        return size

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return e_u and e_i."""
        users, items = self.smoothing(self.users.weight, self.items.weight)
        return users, items * self._seen[:, None]

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return e_u of a user with ``history`` in a graph that else is as it was in training; a new one's E^0 is 0."""
        known = np.asarray(history)[self._seen.cpu().numpy()[history]]
        if not len(known):
            return None
        if self._levels is None:
            self._levels = self.smoothing.item_levels(self.users.weight, self.items.weight)
        own = self.users.weight.new_zeros(self.settings.dimension) if user is None else self.users.weight[user]
        return self.smoothing.of_user(own, self._levels, known)
