"""What all models of clicks share: fields as vectors, the cross-entropy, and probabilities."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PointwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pointwise import Pointwise
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, Model, Needs, Scorer, Target
from graphrec.models.field_layout import ALL, layout, names_only, needed_by
from graphrec.models.fields import require_fields
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
    initial_std: float = Field(0.05, gt=0, allow_inf_nan=False)
    """Standard deviation that vectors start with."""


S = TypeVar("S", bound=FieldSettings)


class FieldModel(Model[S]):
    """σ(w_0 + Σ_i w_i + f(x_1 .. x_n)): a number and a vector x_i for each field, and f what a model makes of vectors.

    Where every record is a click, as likes and views are, an item that the user has no record of is drawn with each
    record in every epoch.
    """

    tasks = ("click",)
    tuned: ClassVar[Sequence[str]] = ("learning_rate", "l2", "dimension")
    defaults: ClassVar[Mapping[str, Any]] = {"epochs": 100, "learning_rate": 1e-3, "patience": 5}

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
        found = layout(data.shape, settings.fields)
        notes = [f"{len(found)} fields: {', '.join(field.name for field in found)}."]
        if settings.fields == ALL and (apart := names_only(data.shape)):
            notes.append(f"{', '.join(apart)} is no field: it says something else of nearly each node.")
        return notes

    def __init__(self, shape: Shape, settings: S) -> None:
        super().__init__(shape, settings)
        fields = layout(shape, settings.fields)
        self.fields = RecordFields(
            fields, settings.dimension, settings.numbers, settings.buckets, settings.least, settings.initial_std
        )
        self.bias = nn.Parameter(torch.zeros(()))
        self.build(len(fields), settings)

    @abstractmethod
    def build(self, fields: int, settings: S) -> None:
        """Make what works on the vectors of so many fields."""

    @abstractmethod
    def interact(self, x: Tensor) -> Tensor:
        """Return f, float32 [B], for float32 [B, fields, D]."""

    def attach(self, data: Data) -> None:
        """Work out the fields of each user and item."""
        self.fields.attach(data)

    def learner(self, data: Data, run: RunContext) -> Descent[PointwiseBatch]:
        """Return gradient descent over records."""
        self.fields.fit(data)
        self.fields.attach(data)
        share = float(data.records.values[data.value].mean())
        unseen = 1 if share == 1 else 0
        with torch.no_grad():
            self.bias.copy_(torch.logit(torch.tensor(share / (1 + unseen)), eps=1e-3))
        table = self.fields.table
        others = [one for one in self.parameters() if one is not table.weight]
        feed = Pointwise(data, data.value, run.options, run.generator(), unseen)
        return Descent(self, self.loss, feed, [Phase("click", [table.move, Move(others)])], run)

    def loss(self, phase: str, batch: PointwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        found = self.fields(batch.users, batch.items)
        loss = binary_cross_entropy_with_logits(self._logits(found), batch.values)
        return loss + self.settings.l2 * found.square().sum() / len(found) if self.settings.l2 else loss

    def logits(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n] for int64 [n] each."""
        return self._logits(self.fields(users, items))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return probabilities of a click."""
        return _Probabilities(self)

    def _logits(self, found: Tensor) -> Tensor:
        return self.bias + found[..., -1].sum(1) + self.interact(found[..., :-1])


class _Probabilities:
    def __init__(self, model: FieldModel[Any]) -> None:
        self._model = model

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        if items is None:
            items = torch.arange(self._model.shape.items, device=users.device)
        told = self.pairs(users.repeat_interleave(len(items)), items.repeat(len(users)))
        return told.view(len(users), len(items))

    @torch.no_grad()
    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        found = torch.empty(len(users), device=users.device)
        for start in range(0, len(users), PAIRS):
            part = slice(start, start + PAIRS)
            found[part] = self._model.logits(users[part], items[part]).float().sigmoid()
        return found
