"""FREEDOM: LightGCN, and a frozen graph of items that are alike by content."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.feed import Feed
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.redrawn import Redrawn
from graphrec.learning.run import RunContext
from graphrec.models.base import Needs, require_features
from graphrec.models.features import Scaling
from graphrec.models.item_graph import ItemGraph
from graphrec.models.lightgcn import LightGCN, LightGCNSettings, ranking_loss
from graphrec.models.modalities import Modalities
from graphrec.models.thinning import Thinning


class FreedomSettings(LightGCNSettings):
    """Settings of FREEDOM."""

    neighbours: int = Field(10, ge=1, le=1000)
    """k, how many items like it an item has by each feature matrix."""
    item_layers: int = Field(1, ge=1, le=4)
    """L_ii, how many steps the graph of items is gone along."""
    dropped: float = Field(0.5, ge=0, lt=1)
    """ρ, the share of edges of users and items left out of an epoch, rather those of nodes that have many."""
    content_weight: float = Field(0.001, ge=0, allow_inf_nan=False)
    """λ of the losses of content."""
    scaling: Scaling = "standard"
    """How each feature matrix is brought to one scale; see ``FeatureScaling``."""


class Freedom(LightGCN):
    """FREEDOM, A Tale of Two Graphs (Zhou and Shen, MM 2023).

    Frozen graph of items: by each feature matrix an item has its k nearest by cosine, all alike, found before learning
    begins; h_i is the mean over its matrices and those neighbours of E^0, L_ii times. Denoised graph of users and
    items: each epoch keeps a share 1 - ρ of the edges, drawn with probabilities as 1 / sqrt(degree of u * degree of i);
    what is validated and served goes along all of them. With LightGCN's e_u and e_i there, score = <e_u, e_i + h_i>.

    Loss: -ln σ(x_ui - x_uj) + λ Σ_m -ln σ(<e_u, W_m f_i> - <e_u, W_m f_j>) with f the features of matrix m (a bias
    would cancel), and, as in LightGCN here, l2 on E^0 and less weight for users of many records.

    Where the paper leaves a choice: matrices count alike (the paper weighs two by hand), those that an item lacks not
    at all; only items with a record are neighbours; one without is at the mean of its neighbours' final vectors.
    """

    name = "freedom"
    title = "graph embeddings with a frozen graph of items that are alike by content"
    paper = (
        "Zhou and Shen, A Tale of Two Graphs: Freezing and Denoising Graph Structures for Multimodal Recommendation "
        "(MM '23)"
    )
    doi = "10.1145/3581783.3611943"
    Settings = FreedomSettings
    settings: FreedomSettings
    tuned = ("l2", "user_weighting", "learning_rate", "neighbours", "dropped", "layers", "dimension")
    needs = Needs(features=True)

    @classmethod
    def check(cls, data: Data, settings: LightGCNSettings) -> None:
        """Raise ``DataError`` where items have no features."""
        require_features(data, cls.name)

    def __init__(self, shape: Shape, settings: FreedomSettings) -> None:
        super().__init__(shape, settings)
        self.modalities = Modalities(shape, settings.scaling)
        self.projections = nn.ParameterList(
            nn.init.xavier_normal_(torch.empty(settings.dimension, width)) for width in self.modalities.widths
        )

    def attach(self, data: Data) -> None:
        """Take the training graph and what items look like."""
        super().attach(data)
        self.modalities.attach(data)
        self._known = self._seen.nonzero()[:, 0]
        self._items: ItemGraph | None = None

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over triplets, on the whole graph of an epoch."""
        self.modalities.fit(data.by_item.lengths > 0)
        self._items = None
        generator = run.generator()
        feed: Feed[PairwiseBatch] = Pairwise(data, run.options, generator)
        if self.settings.dropped:
            thinning = Thinning(data, self.settings.dropped, run.device)
            feed = Redrawn(feed, lambda: self.smoothing.take(thinning.draw(generator)), generator)
        return Descent(self, self.loss, feed, [Phase.of("bpr", self.parameters())], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        users, items = self._embedded()
        user = users[batch.users]
        losses = ranking_loss(user, items[batch.positives], items[batch.negatives])
        if self.settings.content_weight:
            for content, projection in zip(self.modalities.scaled, self.projections, strict=True):
                liked, others = (content[ids] @ projection.T for ids in (batch.positives, batch.negatives))
                losses = losses + self.settings.content_weight * ranking_loss(user, liked, others)
        return self.weighed(batch, losses + self.settings.l2 * self.sizes(batch))

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return e_u and e_i + h_i; of items without a record the mean of their neighbours'."""
        users, items = self._embedded()
        found, own = torch.zeros_like(items), items[self._known]
        new = (~self._seen).nonzero()[:, 0]
        found[self._known], found[new] = own, self.graph.mean(new, own)
        return users, found

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return the mean vector of the items most alike, float32 [n, D]."""
        return self.graph.mean_for(self.modalities.of(features), self._embedded()[1][self._known])

    @property
    def graph(self) -> ItemGraph:
        """The frozen graph; made when first asked for."""
        if self._items is None:
            self._items = ItemGraph(self.modalities.scaled, self._known, self.settings.neighbours)
        return self._items

    def _embedded(self) -> tuple[Tensor, Tensor]:
        """Return e_u and e_i + h_i of items with a record, float32 [users, D] and [items, D]."""
        users, items = self.smoothing(self.users.weight, self.items.weight)
        alike = self.items(self._known)
        for _ in range(self.settings.item_layers):
            alike = self.graph.mean(self._known, alike)
        return users, items.index_add(0, self._known, alike)
