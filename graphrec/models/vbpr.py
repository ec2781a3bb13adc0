"""VBPR: matrix factorization by pairs, of items that also look like something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import embedding, linear, softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.base import InSpace, Needs, require_features
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.folding import fold_in
from graphrec.ragged import Ints
from graphrec.settings import Settings


class VBPRSettings(Settings):
    """Settings of VBPR."""

    dimension: int = Field(32, ge=1, le=4096)
    """K, the length of the factors that are learned of each item."""
    visual_dimension: int = Field(32, ge=1, le=4096)
    """D, the length of the factors that are made of its features."""
    l2: float = Field(0.02, ge=0, allow_inf_nan=False)
    """λ on the squared factors and biases of a record's user, item and negatives (mean over the batch)."""
    content_l2: float = Field(0.02, ge=0, allow_inf_nan=False)
    """λ on the squared E f and <β', f> of a record's item and negatives."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that factors start with."""
    scaling: Scaling = "standard"
    """How features are brought to one scale; see ``FeatureScaling``."""


class VBPR(InSpace[VBPRSettings]):
    """Visual Bayesian Personalized Ranking from Implicit Feedback (He and McAuley, AAAI 2016).

    Score x_ui = b_i + <γ_u, γ_i> + <θ_u, E f_i> + <β', f_i> (Eq. 4 and 5; what is the same for all items is left out),
    with f_i the item's features, on the loss of BPR. Its regularisation is of the vectors that a batch uses rather than
    of E and β'. An item without a record has features only: its γ_i and b_i count as 0.
    """

    name = "vbpr"
    title = "matrix factorization by pairs, with factors made of what items look like"
    paper = "He and McAuley, VBPR: Visual Bayesian Personalized Ranking from Implicit Feedback (AAAI '16)"
    doi = "10.1609/aaai.v30i1.9973"
    Settings = VBPRSettings
    tuned = ("l2", "content_l2", "learning_rate", "scaling", "dimension", "visual_dimension")
    needs = Needs(features=True)
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 1, "batch_size": 4096, "learning_rate": 5e-3, "patience": 20}

    @classmethod
    def check(cls, data: Data, settings: VBPRSettings) -> None:
        """Raise ``DataError`` where items have no features."""
        require_features(data, cls.name)

    def __init__(self, shape: Shape, settings: VBPRSettings) -> None:
        super().__init__(shape, settings)
        self.scaling = FeatureScaling(shape.width, settings.scaling)
        self.users = Table(shape.users, settings.dimension + settings.visual_dimension, std=settings.initial_std)
        self.items = Table(shape.items, settings.dimension + 1, std=settings.initial_std)
        nn.init.zeros_(self.items.weight[:, -1])
        self.projection = nn.Parameter(torch.zeros(settings.visual_dimension + 1, shape.width))
        if shape.width:
            nn.init.xavier_normal_(self.projection[:-1])

    def attach(self, data: Data) -> None:
        """Take what items look like, and which have a record."""
        self._data = data
        self._seen = torch.from_numpy(data.by_item.lengths > 0).to(self.device)
        self._scaled: Tensor | None = None

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over triplets."""
        self.scaling.fit(data.content, data.by_item.lengths > 0)
        self._scaled = None
        moves = [self.users.move, self.items.move, Move([self.projection])]
        return Descent(self, self.loss, Pairwise(data, run.options, run.generator()), [Phase("bpr", moves)], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        items, places = torch.unique(batch.items, return_inverse=True)
        free, visual = self.items(items), linear(self.content[items], self.projection).float()
        item, user = _joined(free, visual), self.users(batch.users)
        positives, negatives = places[: len(batch)], places[len(batch) :].view_as(batch.negatives)
        difference = embedding(positives, item)[:, None] - embedding(negatives, item)
        margin = (difference[..., :-1] * user[:, None]).sum(-1) + difference[..., -1]
        sizes = self.settings.l2 * free.square().sum(1) + self.settings.content_l2 * visual.square().sum(1)
        size = self.settings.l2 * user.square().sum(1).mean() + sizes[positives].mean() + sizes[negatives].mean()
        loss: Tensor = softplus(-margin).mean() + size
        return loss

    @property
    def content(self) -> Tensor:
        """Scaled features of all items, float32 [items, F]; worked out when first used."""
        if self._scaled is None:
            self._scaled = self.scaling.of(self._data.content)
        return self._scaled

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return [γ_u, θ_u, 1] and [γ_i, E f_i, b_i + <β', f_i>]."""
        users, free = self.users.weight, self.items.weight * self._seen[:, None]
        visual = linear(self.content, self.projection).float()
        return torch.cat([users, users.new_ones(len(users), 1)], 1), _joined(free, visual)

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return [0, E f, <β', f>], float32 [n, K + D + 1]."""
        visual = linear(self.scaling(features.to(self.device)), self.projection).float()
        return _joined(visual.new_zeros(len(visual), self.settings.dimension + 1), visual)

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return [γ, θ, 1] that minimises the same loss over ``history`` while items stay, from the user's own on."""
        items = self.vectors()[1].detach()
        start = items.new_zeros(items.shape[1] - 1) if user is None else self.users.weight[user]
        liked = torch.from_numpy(np.asarray(history)).to(items.device)
        return fold_in(items, self._seen, liked, start, self.settings.l2)


def _joined(free: Tensor, visual: Tensor) -> Tensor:
    """Return [γ_i, E f_i, b_i + <β', f_i>] for [γ_i, b_i] and [E f_i, <β', f_i>], float32 [n, K + D + 1]."""
    return torch.cat([free[:, :-1], visual[:, :-1], free[:, -1:] + visual[:, -1:]], 1)
