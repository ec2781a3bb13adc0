"""PMF: probabilistic matrix factorization of ratings, by a logistic of an inner product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PointwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pointwise import Pointwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.base import ANYTHING, SPACE, EmbeddingScorer, Model, Scorer, Target, Vectors
from graphrec.models.known_pairs import KnownPairs
from graphrec.settings import Settings


class PMFSettings(Settings):
    """Settings of PMF."""

    dimension: int = Field(32, ge=1, le=4096)
    """D, the length of the factors."""
    l2: float = Field(0.01, ge=0, allow_inf_nan=False)
    """λ_U and λ_V, on the squared factors of a record's user and item, of ratings brought to 0 to 1."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that factors start with."""


class PMF(Model[PMFSettings]):
    """Probabilistic matrix factorization (Salakhutdinov and Mnih, NIPS 2007).

    Ratings, brought to t from 0 to 1 (section 2), are normal around σ(<U_u, V_i>), the factors around 0: what is
    minimised is the mean over records of (t - σ(<U_u, V_i>))² + λ (|U_u|² + |V_i|²) (Eq. 4 and 6; the paper has λ once
    for each user and item, here it is there once for each record). There are no biases. The scale is that of the
    training ratings. Users and items without a record in training have no prediction.
    """

    name = "pmf"
    title = "probabilistic matrix factorization: ratings by factors alone, without biases"
    paper = "Salakhutdinov and Mnih, Probabilistic Matrix Factorization (NIPS 2007)"
    Settings = PMFSettings
    tuned = ("l2", "learning_rate", "dimension")
    tasks = ("rating",)
    defaults: ClassVar[Mapping[str, Any]] = {"batch_size": 512, "learning_rate": 5e-3, "patience": 5}

    scale: Tensor

    def __init__(self, shape: Shape, settings: PMFSettings) -> None:
        super().__init__(shape, settings)
        self.users = Table(shape.users, settings.dimension, std=settings.initial_std)
        self.items = Table(shape.items, settings.dimension, std=settings.initial_std)
        self.register_buffer("scale", torch.tensor([0.0, 1.0]))

    def attach(self, data: Data) -> None:
        """Take who and what has a record."""
        self._known = [torch.from_numpy(one.lengths > 0).to(self.device) for one in (data.by_user, data.by_item)]

    def learner(self, data: Data, run: RunContext) -> Descent[PointwiseBatch]:
        """Return gradient descent over records."""
        values = np.asarray(data.records.values[data.value])
        self.scale.copy_(torch.tensor([np.nanmin(values), np.nanmax(values)]))
        feed = Pointwise(data, data.value, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase("pmf", (self.users.move, self.items.move))], run)

    def loss(self, phase: str, batch: PointwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        user, item = self.users(batch.users), self.items(batch.items)
        low, high = self.scale
        # Where all ratings are alike, any width will do.
        wanted = (batch.values - low) / (high - low).clamp(min=torch.finfo(high.dtype).eps)
        error = (torch.sigmoid((user * item).sum(1)) - wanted).square().mean()
        size = (user.square().sum() + item.square().sum()) / len(user)
        loss: Tensor = error + self.settings.l2 * size
        return loss

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the predictions."""
        with torch.no_grad():
            return KnownPairs(EmbeddingScorer(self.users.weight, self.items.weight), self._known, self._on_scale)

    def embeddings(self) -> Mapping[str, Vectors]:
        """Return one space whose inner product rises with the rating."""
        with torch.no_grad():
            return {SPACE: {"User": self.users.weight.clone(), self.shape.item: self.items.weight.clone()}}

    def _on_scale(self, told: Tensor) -> Tensor:
        low, high = self.scale
        rating: Tensor = low + (high - low) * torch.sigmoid(told)
        return rating
