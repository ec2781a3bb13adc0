"""What all models of clicks share: fields as vectors, the cross-entropy, and probabilities."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PointwiseBatch
from graphrec.learning.clicks import click_feed
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, Model, Needs, Scorer, Target
from graphrec.models.field_layout import ALL, layout, names_only, needed_by
from graphrec.models.fields import require_fields
from graphrec.models.guided_modalities import GuidedModalities
from graphrec.models.moment_fields import LAST, NAMES, MomentFields
from graphrec.models.moments_before import NOW
from graphrec.models.record_fields import NumberFields, RecordFields
from graphrec.settings import Settings

PAIRS = 1 << 14
"""So many pairs are scored at a time: their vectors stay in the processor's cache."""


class FieldSettings(Settings):
    """Settings of all models of clicks."""

    fields: str = ALL
    """What a record says beside who its user and its item are: lists as Item>Genre, properties as User.age, ``content``
    for all features of items, with commas between; all: every one that the graph has."""
    dimension: int = Field(16, ge=1, le=1024)
    """D, the length of a field's vector."""
    numbers: NumberFields = "buckets"
    """Whether a number multiplies a vector (Hasama and Li, section 3.2), or has that of the bucket it is in."""
    buckets: int = Field(10, ge=2, le=1000)
    """So many for each number, each of as many training records."""
    least: int = Field(2, ge=1)
    """What fewer training records say has no vector of its own, but that of all that is rare."""
    l2: float = Field(1e-3, ge=0, allow_inf_nan=False)
    """λ on the squared vectors of a record's fields (mean over the batch)."""
    moments: bool = True
    """Whether a record's moment gives it fields: how many training records user and item had before, the hour and the
    weekday (UTC). Of no use where nobody knows when records were made."""
    last: int = Field(10, ge=0, le=1000)
    """With ``moments``: so many of the items that the user took last before have a field together; 0: none."""
    modalities: Literal["apart", "guided"] = "apart"
    """Whether each feature matrix is a field, or all are one together, weighed by the user's attention to each."""
    initial_std: float = Field(0.05, gt=0, allow_inf_nan=False)
    """Standard deviation that vectors start with."""


class LayerSettings(FieldSettings):
    """Settings of those with layers or attention."""

    layers_l2: float = Field(1e-4, ge=0, allow_inf_nan=False)
    """λ on the squared weights of what works on the vectors: layers, and attention, which can make much of small
    vectors (Xiao et al., AFM, Eq. 8); not attention to modalities."""


S = TypeVar("S", bound=FieldSettings)


class FieldModel(Model[S]):
    """σ(w_0 + Σ_i w_i + f(x_1 .. x_n)): a number and a vector x_i for each field, and f what a model makes of vectors.

    Where every record is a click, as likes and views are, an item that the user has no record of is drawn with each
    record in every epoch.
    """

    tasks = ("click",)
    tuned: ClassVar[Sequence[str]] = ("learning_rate", "l2", "dimension")
    defaults: ClassVar[Mapping[str, Any]] = {"epochs": 100, "learning_rate": 3e-3, "patience": 5}

    @classmethod
    def reads(cls, settings: S) -> Needs:
        """Return what the fields are read from."""
        return needed_by(settings.fields)

    @classmethod
    def check(cls, data: Data, settings: S) -> None:
        """Raise ``ConfigError`` or ``DataError`` for a field that is none, or says nothing."""
        if settings.fields != ALL:
            require_fields(data, settings.fields)

    @classmethod
    def notes(cls, data: Data, settings: S) -> list[str]:
        """Say which fields it has, and which texts are none."""
        shape = data.shape
        fields = layout(shape, settings.fields)
        names = [field.name for field in fields] + _of_moments(shape, settings)
        notes = [f"{len(names)} fields: {', '.join(names)}."]
        if settings.moments and not shape.timed:
            notes.append("Nobody knows when records were made: no field tells what was there before them.")
        matrices = sum(field.kind == "features" for field in fields)
        if settings.modalities == "guided" and matrices < 2:
            notes.append(f"modalities=guided changes nothing: of feature matrices there {_are(matrices)}.")
        if settings.fields == ALL and (apart := names_only(data.shape)):
            notes.append(f"{', '.join(apart)} is no field: it says something else of nearly each node.")
        return notes

    def __init__(self, shape: Shape, settings: S) -> None:
        super().__init__(shape, settings)
        fields = layout(shape, settings.fields)
        self.fields = RecordFields(
            fields, settings.dimension, settings.numbers, settings.buckets, settings.least, settings.initial_std
        )
        self.guided = None
        count, modalities = len(fields), len(self.fields.of_features)
        if settings.modalities == "guided" and modalities > 1:
            self.guided = GuidedModalities(modalities, settings.dimension)
            count -= modalities - 1
        more = _of_moments(shape, settings)
        self.moments = (
            MomentFields(settings.dimension, settings.buckets, settings.last, settings.initial_std) if more else None
        )
        self.bias = nn.Parameter(torch.zeros(()))
        before = {id(one) for one in self.parameters()}
        self.build(count + len(more), settings)
        self._layers = [one for one in self.parameters() if one.ndim > 1 and id(one) not in before]

    @abstractmethod
    def build(self, fields: int, settings: S) -> None:
        """Make what works on the vectors of so many fields."""

    @abstractmethod
    def interact(self, x: Tensor) -> Tensor:
        """Return f, float32 [B], for float32 [B, fields, D]."""

    def attach(self, data: Data) -> None:
        """Work out the fields of each user and item, and take what was there before."""
        self.fields.attach(data)
        if self.moments is not None:
            self.moments.attach(data)

    def learner(self, data: Data, run: RunContext) -> Descent[PointwiseBatch]:
        """Return gradient descent over records."""
        self.fields.fit(data)
        self.fields.attach(data)
        if self.moments is not None:
            self.moments.fit(data)
        feed, start = click_feed(data, run)
        with torch.no_grad():
            self.bias.copy_(start)
        table = self.fields.table
        others = [one for one in self.parameters() if one is not table.weight]
        return Descent(self, self.loss, feed, [Phase("click", [table.move, Move(others)])], run)

    def loss(self, phase: str, batch: PointwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        found = self.vectors(batch.users, batch.items, batch.at)
        loss = binary_cross_entropy_with_logits(self._logits(found), batch.values)
        if self.settings.l2:
            loss = loss + self.settings.l2 * found.square().sum() / len(found)
        if isinstance(self.settings, LayerSettings) and self._layers:
            loss = loss + self.settings.layers_l2 * torch.stack([one.square().sum() for one in self._layers]).sum()
        return loss

    def vectors(self, users: Tensor, items: Tensor, at: Tensor) -> Tensor:
        """Return float32 [n, fields, D + 1] for int64 [n] each."""
        found: Tensor = self.fields(users, items)
        if self.guided is not None:
            shares, apart = self._attended(found, items)
            found = torch.cat([found[:, : -apart.shape[1]], shares[:, None] @ apart], 1)
        if self.moments is None:
            return found
        return torch.cat([found, self.moments(users, items, at, self.fields.mean_of)], 1)

    def logits(self, users: Tensor, items: Tensor, at: Tensor) -> Tensor:
        """Return float32 [n] for int64 [n] each; ``at`` is ``NOW`` after all that trained."""
        return self._logits(self.vectors(users, items, at))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return probabilities of a click."""
        return _Probabilities(self)

    @property
    def modalities(self) -> Sequence[str]:
        """Names of the feature matrices that it weighs by the user's attention; none where each is a field."""
        return [] if self.guided is None else [field.name for field in self.fields.of_features]

    def described(self, items: Tensor) -> Tensor:
        """Return bool [n, matrices], which feature matrices describe each of ``items``, int64 [n]."""
        return self.fields.described(items)

    @torch.no_grad()
    def attention_of(self, users: Tensor, items: Tensor) -> Tensor:
        """Return how much each feature matrix counts for a user and an item, float32 [n, matrices], 1 in all.

        In the order of ``fields.of_features``; all alike where the model attends to none.
        """
        if self.guided is None:
            count = len(self.fields.of_features)
            return torch.full((len(users), count), 1 / max(1, count), device=users.device)
        return self._attended(self.fields(users, items), items)[0]

    def _attended(self, found: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return how much each feature matrix counts, float32 [n, matrices], and their vectors, [n, matrices, D + 1].

        ``found`` are the vectors of all fields of users and items.
        """
        apart = found[:, -len(self.fields.of_features) :]
        assert self.guided is not None
        shares: Tensor = self.guided(found[:, 0, :-1], apart[..., :-1], self.fields.described(items))
        return shares, apart

    def _logits(self, found: Tensor) -> Tensor:
        return self.bias + found[..., -1].sum(1) + self.interact(found[..., :-1])


def _of_moments(shape: Shape, settings: FieldSettings) -> list[str]:
    """Return the names of the fields that a moment gives."""
    if not (settings.moments and shape.timed):
        return []
    return [*NAMES, *([LAST] if settings.last else [])]


def _are(count: int) -> str:
    return "is one" if count else "are none"


class _Probabilities:
    def __init__(self, model: FieldModel[Any]) -> None:
        self._model = model

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        if items is None:
            items = torch.arange(self._model.shape.items, device=users.device)
        told = self.pairs(users.repeat_interleave(len(items)), items.repeat(len(users)))
        return told.view(len(users), len(items))

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        return self.pairs_at(users, items, torch.full_like(users, NOW))

    @torch.no_grad()
    def pairs_at(self, users: Tensor, items: Tensor, at: Tensor) -> Tensor:
        found = torch.empty(len(users), device=users.device)
        for start in range(0, len(users), PAIRS):
            part = slice(start, start + PAIRS)
            found[part] = self._model.logits(users[part], items[part], at[part]).float().sigmoid()
        return found
