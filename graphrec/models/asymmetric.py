"""Asymmetric graph model: users by the graph, items by content alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.by_content import ByContent, ContentSettings
from graphrec.models.smoothing import Smoothing
from graphrec.models.tower import tower
from graphrec.models.user_weights import user_weights
from graphrec.ragged import Ints


class AsymmetricSettings(ContentSettings):
    """Settings of the asymmetric graph model.

    The learning rate is by validation on TikTok: 1e-3 rather than 5e-3 (``given`` .091 and .083, one fold of
    ``cold-items`` .097 and .088).
    """

    dimension: int = Field(64, ge=1, le=4096)
    """Length of the embeddings."""
    layers: int = Field(2, ge=1, le=8)
    """K, how many steps the graph is gone along for users."""
    hidden: int = Field(128, ge=1, le=65536)
    """Width of the hidden layer of what embeds content."""
    l2: float = Field(0.01, ge=0, allow_inf_nan=False)
    """On the squared free embeddings of a record's user, and content embeddings of its item and negatives."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A record of a user with d of them weighs d ** -user_weighting: 0 counts records alike, 1 users."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that users' free embeddings start with."""


class Asymmetric(ByContent[AsymmetricSettings]):
    """Ours, after LightGCN (He et al., SIGIR 2020) and two-tower models: users on the graph, items by content alone.

    Items start at φ(x), a network of their content, users at a free embedding. Along the graph of training both are
    smoothed as in LightGCN (Eq. 3, 4 and 7), and score = <e_u, φ(x_i)>: a user is the mean of K steps, an item what it
    looks like, with and without records, so nothing changes when an item gets its first. Learned by the loss of BPR.

    A record that is learned from is taken out of its own user's embedding as far as it lies in it directly, φ(x_i) over
    the roots of both degrees: else the model would learn to find again what it was given.
    """

    name = "asymmetric"
    title = "users smoothed over the graph, items by their content alone"
    Settings = AsymmetricSettings
    tuned = ("l2", "learning_rate", "scaling", "layers", "user_weighting")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 5, "learning_rate": 1e-3, "patience": 15}

    def __init__(self, shape: Shape, settings: AsymmetricSettings) -> None:
        super().__init__(shape, settings)
        self.users = Table(shape.users, settings.dimension, std=settings.initial_std, sparse=False)
        self.network = tower([shape.width, settings.hidden, settings.dimension])
        self.smoothing = Smoothing(shape, settings.layers)

    def attach(self, data: Data) -> None:
        """Take the training graph and what items look like."""
        super().attach(data)
        self.smoothing.attach(data)
        self._weight = user_weights(data, self.settings.user_weighting).to(self.device)
        self._levels: Tensor | None = None

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over triplets, on the whole graph."""
        self.fit_scaling()
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase.of("bpr", self.parameters())], run)

    def train(self, mode: bool = True) -> Asymmetric:
        """Switch to training, after which what was worked out from the parameters holds no more."""
        self._levels = None
        super().train(mode)
        return self

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        looks = self.embed(self.content)
        smoothed = self.smoothing(self.users.weight, looks)[0]
        liked, others = looks[batch.positives], looks[batch.negatives]
        roots = self.smoothing.user_roots[batch.users] * self.smoothing.item_roots[batch.positives]
        user = smoothed[batch.users] - liked / (roots * (self.settings.layers + 1))
        margin = ((liked[:, None] - others) * user[:, None]).sum(-1)
        lost = (softplus(-margin).mean(1) * self._weight[batch.users]).mean()
        sizes = [self.users(batch.users), liked, others]
        size = torch.stack([one.square().sum(-1).mean() for one in sizes]).sum()
        loss: Tensor = lost + self.settings.l2 * size
        return loss

    def embed(self, content: Tensor) -> Tensor:
        """Return φ(x)."""
        looks: Tensor = self.network(content).float()
        return looks

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return e_u and φ(x)."""
        looks = self.embed(self.content)
        return self.smoothing(self.users.weight, looks)[0], looks

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return e_u of a user with ``history`` in a graph that else is as it was; a new one's own embedding is 0."""
        if not len(history):
            return None
        if self._levels is None:
            self._levels = self.smoothing.item_levels(self.users.weight, self.embed(self.content))
        own = self.users.weight.new_zeros(self.settings.dimension) if user is None else self.users.weight[user]
        return self.smoothing.of_user(own, self._levels, np.asarray(history))
