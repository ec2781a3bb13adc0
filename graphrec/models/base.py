"""The contract of every model: typed settings, tensors allocated by sizes, a learner, and what it can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from graphrec.errors import DataError
from graphrec.graph.data import Data, Shape
from graphrec.learning.learner import Learner
from graphrec.learning.run import RunContext
from graphrec.models.calibration import Calibration
from graphrec.models.influences import Floats, Influences, Part
from graphrec.ragged import Ints, Ragged
from graphrec.settings import Settings

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Needs:
    """What of the graph a model reads beside the records; nothing else is loaded for it.

    Attributes:
        features: whether it reads features of items.
        described: other labels of which it reads features, such as ``Frame``.
        lists: such as ``Item>Frame``.
        fields: such as ``Item.year``.
        values: properties of records, such as ``rating``.
        weights: whether records may weigh more than others.
        offered: whether it reads whatever the graph says of users and items: properties, genres, whom users follow.
        arrays: whether the features of items that it reads are arrays, such as clips of pictures, which others leave.
    """

    features: bool = False
    described: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    weights: bool = False
    offered: bool = False
    arrays: bool = False


class Model(nn.Module, ABC, Generic[S]):
    """A model: allocated by sizes and settings, shown the data, and taught by its learner.

    The constructor computes nothing from data, so that loading a run costs no more than reading its tensors. What is
    learned lies in parameters and persistent buffers; what is only looked at (adjacency, features) comes by ``attach``.
    What a model can do beside learning is said by the protocols below, which it simply implements.
    """

    name: ClassVar[str]
    """The name on the command line, and of the node property that holds its embeddings."""
    title: ClassVar[str]
    """One line for lists."""
    paper: ClassVar[str] = ""
    """Where the model was published, in one line."""
    doi: ClassVar[str] = ""
    """The paper's DOI, such as ``10.1145/3397271.3401145``; of one on arXiv ``10.48550/arXiv.`` and its number."""
    Settings: ClassVar[type[Settings]]
    tasks: ClassVar[Sequence[str]] = ("ranking",)
    """What it can be asked, the usual task first."""
    needs: ClassVar[Needs] = Needs()
    """What it reads beside the records."""
    calibration: Calibration | None = None
    """By what its scores, probabilities then, are calibrated for all who ask ``answers.scorer_of``."""
    several: ClassVar[bool] = False
    """Whether it can be trained on and asked about further records (``Data.others``), each with a label of its own."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """Options of training that suit it better than the general ones."""
    tuned: ClassVar[Sequence[str]] = ()
    """Settings, and options of training, that matter most, the first the most: what a search is over unless somebody
    says otherwise; none: all its numbers, and the learning rate."""

    @classmethod
    def check(cls, data: Data, settings: S) -> None:
        """Raise ``DataError`` where ``data`` lack what the model needs."""

    @classmethod
    def notes(cls, data: Data, settings: S) -> list[str]:
        """Return what of ``data`` it does not learn from, or otherwise than one may think, a sentence each."""
        return []

    @classmethod
    def reads(cls, settings: S) -> Needs:
        """Return what it reads with these ``settings``; what ``needs`` says, unless they change that."""
        return cls.needs

    def __init__(self, shape: Shape, settings: S) -> None:
        super().__init__()
        self.shape, self.settings = shape, settings

    def attach(self, data: Data) -> None:
        """Take views of ``data`` that are not learned, on the model's device; called before learning and after loading.

        Nothing to do for a model that needs its own tensors only.
        """

    @abstractmethod
    def learner(self, data: Data, run: RunContext) -> Learner:
        """Return what moves the model's parameters; ``attach`` has been called with the same ``data``."""

    def learned(self) -> list[str]:
        """Return what it has learned that one wants to know at once, a sentence each."""
        return []

    @property
    def device(self) -> torch.device:
        """Where the model's tensors are."""
        tensors: Iterator[Tensor] = iter([*self.parameters(), *self.buffers()])
        return next(tensors, torch.empty(0)).device


@dataclass(frozen=True)
class Target:
    """What a scorer will be asked about.

    Attributes:
        label: of the nodes that are scored; None for what the model recommends.
        nodes: int64, the only ones it will be asked about; None for any. A model may spare itself the others.
    """

    label: str | None = None
    nodes: Tensor | None = None


ANYTHING = Target()


class Scorer(Protocol):
    """Scores of items for users, from a model that no longer changes."""

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]; ``items`` None means all, in order. Both are int64."""
        ...

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n] for int64 [n] each; NaN where nothing is known of the user or the item."""
        ...


@runtime_checkable
class ScorerAt(Protocol):
    """A scorer whose answer depends on the moment; ``Scorer.pairs`` answers as of after all that trained."""

    def pairs_at(self, users: Tensor, items: Tensor, at: Tensor) -> Tensor:
        """Return float32 [n] for int64 [n] each; ``at`` is when each is asked, as ``Records.order`` says it."""
        ...


@runtime_checkable
class Scores(Protocol):
    """A model that scores items for users."""

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the scores of the model as it stands."""
        ...


@runtime_checkable
class Predicts(Protocol):
    """A model that tells numbers of nodes."""

    def predict(self, nodes: Tensor) -> Tensor:
        """Return float32 [n, classes] for nodes of the item label, int64 [n]; NaN where it cannot tell."""
        ...


@runtime_checkable
class Attends(Protocol):
    """A model that tells how much of a trailer each of its frames says."""

    def attention(self, trailer: int) -> tuple[Ints, Tensor]:
        """Return the frames of ``trailer``, int64 [n], and what each says, float32 [n], 1 in all; none if all alike."""
        ...


@runtime_checkable
class WeighsModalities(Protocol):
    """A model that weighs feature matrices of items against each other, for each user anew."""

    @property
    def modalities(self) -> Sequence[str]:
        """Names of the matrices; none where it was trained to weigh none."""
        ...

    def described(self, items: Tensor) -> Tensor:
        """Return bool [n, matrices], which of them describe each of ``items``, int64 [n]."""
        ...

    def attention_of(self, users: Tensor, items: Tensor) -> Tensor:
        """Return how much each counts for a user and an item, float32 [n, matrices], 1 in all; int64 [n] each.

        What does not describe an item counts as 0 for it, unless none does.
        """
        ...


@dataclass(frozen=True)
class Encoded:
    """What a model makes of the nodes of one label.

    Attributes:
        nodes: int64 [n], which.
        vectors: float32 [n, D].
    """

    nodes: Ints
    vectors: Tensor


@runtime_checkable
class Encodes(Protocol):
    """A model that describes nodes by what they are made of, in vectors that other models take for features."""

    def encoded(self, data: Data, items: Ints | None = None) -> Mapping[str, Encoded]:
        """Return by label what it makes of the nodes of ``data``, which may have come after training.

        With ``items``, int64 [n], only of these and of what they are made of.
        """
        ...


@runtime_checkable
class EncodesApart(Protocol):
    """A model that describes nodes by several vectors side by side, which other models may also want one by one."""

    def columns(self) -> Mapping[str, slice]:
        """Return which columns of what ``Encodes.encoded`` returns are each, by a name; see ``Embeds`` for spaces."""
        ...


Vectors = Mapping[str, Tensor]
"""By label: float32 [nodes, D], of all nodes of that label."""


@runtime_checkable
class Embeds(Protocol):
    """A model that puts nodes in spaces.

    A space is a set of vectors whose inner product ranks. The first has no name of its own and is published under the
    model's; others are published as ``<model>_<space>``.
    """

    def embeddings(self) -> Mapping[str, Vectors]:
        """Return the vectors of every space, by its name."""
        ...


@runtime_checkable
class Proposes(Protocol):
    """A model whose score is more than an inner product: its spaces propose, and ``Scorer.pairs`` decides."""

    proposes: ClassVar[bool]


@runtime_checkable
class Places(Protocol):
    """A model that puts nodes that came after training in its space, by their content."""

    def place(self, features: Tensor) -> Tensor:
        """Return float32 [n, D] for ``features``, float32 [n, F], those of the item label or of its siblings."""
        ...


@runtime_checkable
class PlacesByParts(Protocol):
    """A model that puts items that came after training in its spaces by their parts, and these with them.

    The parts are the nodes of the first label of ``Needs.described``, such as ``Frame``.
    """

    def parts_of(self, data: Data) -> Ragged:
        """Return which parts with features each item of ``data`` has; an item with one has a place without a record."""
        ...

    def place_parts(self, features: Tensor, parts: Ragged) -> Mapping[str, Vectors]:
        """Return vectors of new items and of parts, in the spaces that ``embeddings`` has of them.

        Args:
            features: float32 [n, F], of the parts.
            parts: which of them each new item has.
        """
        ...


@runtime_checkable
class KnowsItems(Protocol):
    """A model that knows items by more than their records and features, such as by other fields of theirs."""

    def known_items(self) -> npt.NDArray[np.bool_]:
        """Return bool [items], of which it knows anything."""
        ...


@runtime_checkable
class ScoresVectors(Protocol):
    """A model that proposes, and whose score follows from two vectors of its first space: also of what came later."""

    def vector_scores(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n] for float32 [n, D] each."""
        ...

    def vector_parts(self, user: Tensor, item: Tensor) -> list[Part]:
        """Return what the score of two vectors, float32 [D] each, is the sum of; empty where it is one thing."""
        ...


@runtime_checkable
class FoldsIn(Protocol):
    """A model that knows a user it was not trained on, or what a known one newly likes, without being trained again."""

    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return float32 [items] for a user whose records are ``history``, int64 [n], the latest last.

        Of clicks they are logits. ``user`` is which one that was in training, None for one who came later. None where
        the history says nothing.
        """
        ...


@runtime_checkable
class FoldsIntoSpace(Protocol):
    """A model that puts such a user in its first space."""

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return float32 [D], or None where the history says nothing."""
        ...


@runtime_checkable
class Accounts(Protocol):
    """A model that tells what an embedding was made of; of a loaded instance: nothing is fitted again."""

    def user_sources(self, user: int) -> Influences:
        """Return what went into a user's embedding."""
        ...

    def item_sources(self, item: int, features: Floats | None = None) -> Influences:
        """Return what went into an item's; of one that came after training by its ``features``, float32 [1, F].

        Of a model that ``PlacesByParts`` these are those of the item's parts, float32 [n, F].
        """
        ...


@runtime_checkable
class Writes(Protocol):
    """A model that tells what a user would write on an item."""

    def likely_words(self, user: Tensor, item: Tensor) -> tuple[Ints, Tensor] | None:
        """Return words, int64 [n], and how much each tells of it, float32 [n]; None where it learned no words.

        ``user`` and ``item`` are vectors of its first space, float32 [D] each.
        """
        ...


@runtime_checkable
class HasParts(Protocol):
    """A model whose score is the sum of what several others say, or of several things of its own."""

    def parts(self, user: int, item: int) -> list[Part]:
        """Return what each adds to the score of ``item`` for ``user``."""
        ...


@runtime_checkable
class ComparesItems(Protocol):
    """A model that predicts by a user's own ratings of like items."""

    def compared(self, item: int, others: Ints) -> tuple[Tensor, Tensor]:
        """Return how alike ``item`` is to ``others``, int64 [n], and how much each then counts, float32 [n] twice.

        What counts adds up to 1, or to 0 where nothing does.
        """
        ...


SPACE = ""
"""The name of a model's first space."""


@dataclass(frozen=True)
class EmbeddingScorer:
    """Score = inner product of a user's and an item's embedding (TransGRec Eq. 10 and 18).

    Attributes:
        users: float32 [users, D].
        items: float32 [items, D].
    """

    users: Tensor
    items: Tensor

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        return self.users[users] @ (self.items if items is None else self.items[items]).T

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        return (self.users[users] * self.items[items]).sum(1)


class InSpace(Model[S]):
    """A model whose score is the inner product of a user's and an item's vector, and who folds users in by theirs."""

    @abstractmethod
    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return float32 [users, D] and [items, D]."""

    @abstractmethod
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return float32 [D]; see ``FoldsIntoSpace``."""

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return inner products."""
        with torch.no_grad():
            return EmbeddingScorer(*self.vectors())

    def embeddings(self) -> Mapping[str, Vectors]:
        """Return one space of users and items."""
        with torch.no_grad():
            users, items = self.vectors()
        return {SPACE: {"User": users, self.shape.item: items}}

    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return float32 [items]; see ``FoldsIn``."""
        with torch.no_grad():
            vector = self.user_vector(history, user)
            return None if vector is None else self.vectors()[1] @ vector


def require_features(data: Data, who: str) -> None:
    """Raise ``DataError`` where ``data`` have no content features."""
    if not data.content.width:
        raise DataError(
            f"{who} needs features of what it recommends, and there are none; load some, "
            "such as those of `graphrec load videos` or `graphrec load movielens --posters`"
        )
