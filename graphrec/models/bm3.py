"""BM3: graph embeddings learned without negatives, from views of themselves and of the items' content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, dropout, linear, normalize

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.base import Needs, require_features
from graphrec.models.features import Scaling
from graphrec.models.lightgcn import LightGCN, LightGCNSettings
from graphrec.models.modalities import Modalities
from graphrec.ragged import Ints


class BM3Settings(LightGCNSettings):
    """Settings of BM3."""

    layers: int = Field(1, ge=1, le=8)
    """K, how many steps the graph is gone along."""
    l2: float = Field(0.001, ge=0, allow_inf_nan=False)
    """λ on the squared h of a record's user and item (mean over the batch)."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """The share of numbers that a view lacks."""
    content_weight: float = Field(0.1, ge=0, allow_inf_nan=False)
    """How much the two losses of content count beside that of records."""
    scaling: Scaling = "standard"
    """How each feature matrix is brought to one scale; see ``FeatureScaling``."""


class BM3(LightGCN):
    """Bootstrap Latent Representations for Multi-modal Recommendation (Zhou et al., WWW 2023).

    h of users and items is LightGCN's, of items with E^0 added; h^m = W_m f^m is made of each feature matrix m. Of
    each h there are a prediction P h and a view: h with numbers dropped, through which no gradient goes. With C the
    negative cosine, a record (u, i) costs C(P h_u, view h_i) + C(P h_i, view h_u), and its item's content
    C(P h^m, view h_i) + C(P h^m, view h^m); λ |h|² is added. Score = <P h_u, P h_i>.

    Records of users who have many weigh less, as in LightGCN here. An item without a record is where content says that
    its h would be: P h^m, at the mean length of h.

    Defaults are from validation on TikTok micro-videos, where it stays behind LightGCN (Recall@20 .080, against .115).
    """

    name = "bm3"
    title = "graph embeddings learned without negatives, from perturbed views and content"
    paper = "Zhou et al., Bootstrap Latent Representations for Multi-modal Recommendation (WWW '23)"
    doi = "10.1145/3543507.3583251"
    Settings = BM3Settings
    settings: BM3Settings
    needs = Needs(features=True)
    tuned: ClassVar[Sequence[str]] = ("l2", "content_weight", "dropout", "learning_rate", "layers", "user_weighting")
    defaults: ClassVar[Mapping[str, Any]] = {"batch_size": 4096, "learning_rate": 1e-3, "patience": 20}

    @classmethod
    def check(cls, data: Data, settings: LightGCNSettings) -> None:
        """Raise ``DataError`` where items have no features."""
        require_features(data, cls.name)

    def __init__(self, shape: Shape, settings: BM3Settings) -> None:
        super().__init__(shape, settings)
        self.modalities = Modalities(shape, settings.scaling)
        self.projections = nn.ParameterList(
            nn.init.xavier_normal_(torch.empty(settings.dimension, width)) for width in self.modalities.widths
        )
        self.predictor = nn.Linear(settings.dimension, settings.dimension)
        nn.init.xavier_normal_(self.predictor.weight)

    def attach(self, data: Data) -> None:
        """Take the training graph and what items look like."""
        super().attach(data)
        self.modalities.attach(data)

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over records, on the whole graph."""
        self.modalities.fit(data.by_item.lengths > 0)
        alone = Pairwise(data, run.options.model_copy(update={"negatives": 0}), run.generator())
        return Descent(self, self.loss, alone, [Phase.of("bootstrap", self.parameters())], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        users, items = self._graph()
        user, item = users[batch.users], items[batch.positives]
        losses = self._towards(user, self._view(item)) + self._towards(item, self._view(user))
        for content, projection in zip(self.modalities.scaled, self.projections, strict=True):
            told = linear(content[batch.positives], projection).float()
            alike = self._towards(told, self._view(item)) + self._towards(told, self._view(told))
            losses = losses + self.settings.content_weight * alike * told.any(1)
        size = user.square().sum(1) + item.square().sum(1)
        return self.weighed(batch, losses + self.settings.l2 * size)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return P h of users and items."""
        users, items = self._graph()
        placed = torch.where(self._seen[:, None], items, self._told(self.modalities.scaled, items))
        return self.predictor(users), self.predictor(placed)

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return P h, float32 [n, D], with h as content says that it would be."""
        placed: Tensor = self.predictor(self._told(self.modalities.of(features), self._graph()[1]))
        return placed

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return P h of a user with ``history`` in a graph that else is as it was in training; a new one's E^0 is 0."""
        own = super().user_vector(history, user)
        return None if own is None else self.predictor(own)

    def _graph(self) -> tuple[Tensor, Tensor]:
        users, items = self.smoothing(self.users.weight, self.items.weight)
        return users, items + self.items.weight

    def _told(self, content: list[Tensor], items: Tensor) -> Tensor:
        """Return h, float32 [n, D], of items of which only ``content`` is known; 0 where that is nothing."""
        told = [linear(one, projection).float() for one, projection in zip(content, self.projections, strict=True)]
        placed = [normalize(self.predictor(one), dim=1) * one.any(1, keepdim=True) for one in told]
        h: Tensor = normalize(torch.stack(placed).sum(0), dim=1) * items[self._seen].norm(dim=1).mean()
        return h

    def _view(self, h: Tensor) -> Tensor:
        return dropout(h.detach(), self.settings.dropout)

    def _towards(self, h: Tensor, view: Tensor) -> Tensor:
        cosine: Tensor = cosine_similarity(self.predictor(h), view, dim=1)
        return -cosine
