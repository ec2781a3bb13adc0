"""The contract of every model: typed settings, losses in phases, a scorer, embeddings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from graphrec.errors import DataError
from graphrec.graph.blocks import Sampler
from graphrec.graph.data import TrainingData
from graphrec.models.influences import Floats, Influences


class Settings(BaseModel):
    """Base of a model's settings: bounds in the type, an unknown name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


S = TypeVar("S", bound=Settings)


class Scorer(Protocol):
    """Scores of items for users, from a model that no longer changes."""

    def score(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]; ``items`` None means all, in order. Both are int64."""
        ...


@dataclass(frozen=True)
class EmbeddingScorer:
    """Score = inner product of a user's and an item's embedding (TransGRec Eq. 10 and 18).

    Attributes:
        users: float32 [users, D].
        items: float32 [items, D].
    """

    users: Tensor
    items: Tensor

    def score(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        return self.users[users] @ (self.items if items is None else self.items[items]).T


@dataclass(frozen=True)
class Batch:
    """Positives and their negatives.

    Attributes:
        users: int64 [B].
        positives: int64 [B].
        negatives: int64 [B, N].
    """

    users: Tensor
    positives: Tensor
    negatives: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on ``device``."""
        return Batch(self.users.to(device), self.positives.to(device), self.negatives.to(device))


@dataclass(frozen=True)
class Phase:
    """One of the updates that a training step makes in turn: its loss moves its own parameters only."""

    name: str
    parameters: Sequence[nn.Parameter]


def require_features(data: TrainingData, who: str) -> None:
    """Raise ``DataError`` where ``data`` have no content features."""
    if not data.features.shape[1]:
        raise DataError(
            f"{who} needs features of what it recommends, and there are none; load some, "
            "such as those of `graphrec load videos` or `graphrec load movielens --posters`"
        )


class Recommender(nn.Module, ABC, Generic[S]):
    """A model: built from training data and settings, trained in phases, asked for a scorer.

    A model that learns nothing by gradient has no phases: its constructor does all the work.
    """

    name: ClassVar[str]
    """The name on the command line, and of the node property that holds its embeddings."""
    title: ClassVar[str]
    """One line for lists."""
    paper: ClassVar[str] = ""
    """Where the model was published."""
    Settings: ClassVar[type[Settings]]

    @classmethod
    def check(cls, data: TrainingData, settings: S) -> None:
        """Raise ``DataError`` where ``data`` lack what the model needs."""

    def __init__(self, data: TrainingData, settings: S) -> None:
        super().__init__()
        self.settings = settings

    @property
    def layers(self) -> int:
        """How many propagation steps the model makes; 0 for one that does not propagate."""
        return 0

    def sample_with(self, sampler: Sampler | None) -> None:
        """Have ``loss`` draw neighbourhoods from ``sampler`` (``layers`` deep); None: propagate the whole
        graph.

        Nothing to do for a model without layers.
        """

    def phases(self) -> Sequence[Phase]:
        """Return the updates of one step, in order; none when there is nothing to train."""
        return ()

    def loss(self, phase: str, batch: Batch) -> Tensor:
        """Return the scalar loss of ``phase`` for ``batch``."""
        raise NotImplementedError(f"{self.name} has no phase {phase!r}")

    @abstractmethod
    def scorer(self, items: Tensor | None = None) -> Scorer:
        """Return the scores of the model as it stands.

        ``items`` (int64) are the only ones it will be asked about; None: any. A model may spare itself the others.
        """

    def embeddings(self) -> tuple[Tensor, Tensor] | None:
        """Return user and item embeddings, float32 [users, D] and [items, D]; None where there are none."""
        return None

    def embed_items(self, features: Tensor) -> Tensor:
        """Return float32 [n, D] for new items from ``features`` [n, F] alone (the inductive part)."""
        raise NotImplementedError(f"{self.name} cannot embed items that came after training")

    @classmethod
    def user_influences(cls, data: TrainingData, settings: S, user: int) -> Influences | None:
        """Return what a user's embedding was made of; None where the model has no weights to tell."""
        return None

    @classmethod
    def item_influences(
        cls, data: TrainingData, settings: S, item: int, features: Floats | None = None
    ) -> Influences | None:
        """Return the same of an item; of one that came after training by its ``features``, float32 [1, F]."""
        return None

    @property
    def device(self) -> torch.device:
        """Where the model's tensors are."""
        tensors: Iterator[Tensor] = iter([*self.parameters(), *self.buffers()])
        return next(tensors, torch.empty(0)).device
