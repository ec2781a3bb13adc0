"""CDL: users and content in one space, where what a user chose is nearer than what the user did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.by_content import ByContent, ContentSettings
from graphrec.models.folding import fold_in
from graphrec.models.tower import tower
from graphrec.models.user_weights import user_weights
from graphrec.ragged import Ints


class CDLSettings(ContentSettings):
    """Settings of CDL."""

    dimension: int = Field(64, ge=1, le=4096)
    """Length of the embeddings."""
    hidden: int = Field(128, ge=1, le=65536)
    """Width of the hidden layer of what embeds content."""
    l2: float = Field(0.01, ge=0, allow_inf_nan=False)
    """λ on the squared embeddings of a record's user, item and negatives (mean over the batch)."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A record of a user with d of them weighs d ** -user_weighting: 0 counts records alike, 1 users."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that users' embeddings start with."""


C = TypeVar("C", bound=CDLSettings)


class Comparative(ByContent[C]):
    """What CDL and models made of it share: users are points, and content is put among them by a network φ.

    The nearer the higher: -|u - φ(x)|² ranks as 2 <u, φ(x)> - |φ(x)|² does, an inner product of [2u, 1] and
    [φ(x), -|φ(x)|²].
    """

    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 5, "learning_rate": 1e-3, "patience": 15}

    def __init__(self, shape: Shape, settings: C) -> None:
        super().__init__(shape, settings)
        self.users = Table(shape.users, settings.dimension, std=settings.initial_std)
        self.network = tower([shape.width, settings.hidden, settings.dimension])

    def attach(self, data: Data) -> None:
        """Take what items look like, and how many records users have."""
        super().attach(data)
        self._weight = user_weights(data, self.settings.user_weighting).to(self.device)

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over comparisons."""
        self.fit_scaling()
        moves = [self.users.move, Move(list(self.network.parameters()))]
        return Descent(self, self.loss, Pairwise(data, run.options, run.generator()), [Phase("pairs", moves)], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        users, items = self.users(batch.users), self._looks(batch)
        near = (users[:, None] - items[:, :1]).square().sum(-1)
        far = (users[:, None] - items[:, 1:]).square().sum(-1)
        compared = (softplus(near - far).mean(1) * self._weight[batch.users]).mean()
        sizes = items.square().sum(-1)
        size = users.square().sum(1).mean() + sizes[:, 0].mean() + sizes[:, 1:].mean()
        loss: Tensor = compared + self.settings.l2 * size + self.smoothness(batch, near[:, 0])
        return loss

    def smoothness(self, batch: PairwiseBatch, distances: Tensor) -> Tensor | float:
        """Return what else is to be small, of the squared ``distances`` of users and what they chose, float32 [B]."""
        return 0.0

    def embed(self, content: Tensor) -> Tensor:
        """Return [φ(x), -|φ(x)|²]."""
        looks = self.network(content).float()
        return torch.cat([looks, -looks.square().sum(1, keepdim=True)], 1)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return [2u, 1] and [φ(x), -|φ(x)|²]."""
        users = self.users.weight
        return torch.cat([2 * users, users.new_ones(len(users), 1)], 1), self.embed(self.content)

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return [2u, 1] that minimises the same loss over ``history`` while content stays, from the user's own on."""
        items = self.vectors()[1].detach()
        start = items.new_zeros(items.shape[1] - 1) if user is None else 2 * self.users.weight[user]
        liked = torch.from_numpy(np.asarray(history)).to(items.device)
        return fold_in(items, self._seen, liked, start, self.settings.l2 / 4)

    def _looks(self, batch: PairwiseBatch) -> Tensor:
        """Return φ(x) of a batch's positives and negatives, float32 [B, 1 + N, D]."""
        items, places = torch.unique(batch.items, return_inverse=True)
        looks = self.network(self.content[items]).float()
        liked, others = places[: len(batch), None], places[len(batch) :].view_as(batch.negatives)
        found: Tensor = looks[torch.cat([liked, others], 1)]
        return found


class CDL(Comparative[CDLSettings]):
    """Comparative Deep Learning of Hybrid Representations for Image Recommendations (Lei et al., CVPR 2016).

    A user u, a liked and a not liked item are put in one space; what is learned are comparisons of the two distances:
    -ln σ(|u - φ(x_j)|² - |u - φ(x_i)|²) for records (u, i) and negatives j. Items have content only, so one without
    records is where it would be with them.

    Where the paper leaves a choice: it makes users of words, which graphs rarely have; here a user is a free embedding,
    as where TransGRec compares itself to CDL (SIGIR 2020, section 4.1). φ is a network of features, not of pixels. The
    learning rate is ours, by validation on TikTok: 1e-3 rather than 5e-3, at which the second or third epoch is best
    (``given`` .087 and .079, one fold of ``cold-items`` .058 and .056).
    """

    name = "cdl"
    title = "users and content in one space: what a user chose is nearer than what the user did not"
    paper = "Lei et al., Comparative Deep Learning of Hybrid Representations for Image Recommendations (CVPR '16)"
    doi = "10.1109/CVPR.2016.279"
    Settings = CDLSettings
    tuned = ("l2", "learning_rate", "scaling", "user_weighting")
