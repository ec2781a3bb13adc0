"""What models share that place items by what they look like."""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import embedding_bag

from graphrec.graph.data import Data, Shape
from graphrec.models.base import InSpace, Model, Needs, require_features
from graphrec.models.content_neighbours import ContentNeighbours
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.placement import Placement
from graphrec.ragged import Ragged
from graphrec.settings import Settings


class ContentSettings(Settings):
    """Settings of models that place items by content."""

    scaling: Scaling = "whiten"
    """How features are brought to one scale; see ``FeatureScaling``."""


class NeighbourSettings(ContentSettings):
    """Settings of those of them that know more of an item with records."""

    neighbour_share: float = Field(0.5, ge=0, le=1)
    """Ours, not the paper's: an item without a record is embedded by (1 - share) * what the paper says plus share *
    the mean embedding of the items with records that are most like it."""
    neighbours: int = Field(20, ge=1)
    """How many such items, weighted by cosine of scaled content."""


S = TypeVar("S", bound=ContentSettings)
N = TypeVar("N", bound=NeighbourSettings)


class WithContent(Model[S]):
    """A model that reads scaled features of items."""

    needs = Needs(features=True)

    @classmethod
    def check(cls, data: Data, settings: S) -> None:
        """Raise ``DataError`` where items have no features."""
        require_features(data, cls.name)

    def __init__(self, shape: Shape, settings: S) -> None:
        super().__init__(shape, settings)
        self.scaling = FeatureScaling(shape.width, settings.scaling)

    def attach(self, data: Data) -> None:
        """Take what items look like, and which have a record."""
        self._data = data
        self._seen = torch.from_numpy(data.by_item.lengths > 0).to(self.device)
        self._scaled: Tensor | None = None

    def fit_scaling(self) -> None:
        """Fit it on the items with a record."""
        self.scaling.fit(self._data.content, self._data.by_item.lengths > 0)
        self._scaled = None

    @property
    def content(self) -> Tensor:
        """Scaled features of all items, float32 [items, F]; worked out when first used."""
        if self._scaled is None:
            self._scaled = self.scaling.of(self._data.content)
        return self._scaled


class ByContent(WithContent[S], InSpace[S]):
    """A model that has a place for any item by its features."""

    @abstractmethod
    def embed(self, content: Tensor) -> Tensor:
        """Return float32 [n, D], where items are by scaled features alone, float32 [n, F]."""

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return float32 [n, D], where items without a record are that have ``features``."""
        return self.embed(self.scaling(features.to(self.device)))


class ByNeighbours(ByContent[N]):
    """A model that knows more of items with records than what they look like, and places the others near them."""

    def attach(self, data: Data) -> None:
        """Take what items look like, and which have a record."""
        super().attach(data)
        self._near: ContentNeighbours | None = None

    def fit_scaling(self) -> None:
        """Fit it on the items with a record."""
        super().fit_scaling()
        self._near = None

    @abstractmethod
    def known(self, items: Tensor) -> Tensor:
        """Return float32 [n, D] of items with a record, int64 [n]."""

    def item_vectors(self) -> Tensor:
        """Return float32 [items, D]."""
        placement, near = self._placement()
        vectors = torch.zeros(self.shape.items, near.shape[1], device=near.device)
        vectors[self._seen] = near
        unseen = (~self._seen).nonzero()[:, 0]
        vectors[unseen] = placement.items(unseen)
        return vectors

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return float32 [n, D], where items without a record are that have ``features``."""
        return self._placement()[0].content(self.scaling(features.to(self.device)))

    def _placement(self) -> tuple[Placement, Tensor]:
        """Return what embeds items without a record, and the embeddings of all others."""
        known = self.known(self.near.known)
        return Placement(self.embed, self.content, self.near, known, self.settings.neighbour_share), known

    @property
    def near(self) -> ContentNeighbours:
        """The items with a record that are most like any other; found when first asked for."""
        if self._near is None:
            self._near = ContentNeighbours(self.content, self._seen.nonzero()[:, 0], self.settings.neighbours)
        return self._near


def means(lists: Ragged, vectors: Tensor) -> Tensor:
    """Return the mean of the ``vectors``, float32 [m, D], that each row lists, float32 [n, D]; 0 for an empty list."""
    rows, starts = (torch.from_numpy(np.array(part)).to(vectors.device) for part in (lists.indices, lists.indptr))
    return embedding_bag(rows, vectors, starts, mode="mean", include_last_offset=True)


def without(mean: Tensor, count: Tensor, own: Tensor) -> Tensor:
    """Return the mean of all but one of ``count`` vectors, float32 [n, 1], of which ``mean`` is that of all; else 0.

    ``mean`` and ``own``, the vector that is left out, are float32 [n, D].
    """
    return (mean * count - own) / (count - 1).clamp(min=1)
