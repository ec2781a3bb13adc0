"""The fields of records as vectors: one for each field, fitted on what trains, and worked out once for each node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, linear

from graphrec.graph.columns import Numbers, Words
from graphrec.graph.content import Joined
from graphrec.graph.data import Data
from graphrec.learning.table import Table
from graphrec.models.features import FeatureScaling
from graphrec.models.field_layout import Field
from graphrec.models.parts import Lists, PartRows
from graphrec.ragged import Ints, Ragged

OTHERS = 2
"""Rows of a field's values beside the values: one for what is too rare to have its own, one for what is missing."""
NumberFields = Literal["scaled", "buckets"]


@dataclass(frozen=True)
class _Side:
    """What is known of the nodes of one label.

    Attributes:
        codes: int64 [nodes, values], rows of the table.
        weights: float32 [nodes, values], what their vectors are multiplied by; None: all by 1.
        lists: rows of the table for each node, of each list; none is empty.
        features: scaled, by rows, of each matrix.
        present: bool [nodes], which nodes each matrix describes.
    """

    codes: Tensor
    weights: Tensor | None
    lists: Sequence[Lists]
    features: Sequence[PartRows]
    present: Sequence[Tensor]


class RecordFields(nn.Module):
    """Vectors of all fields of records, and beside each a number: its weight by itself.

    A value is a row of a table (section 3.2, Eq. 5 of Hasama and Li), of a list the mean of its rows (Eq. 6), a number
    a row times the number, at mean 0 and deviation 1 over training records, or the row of the bucket that it is in, of
    which each holds as many training records; a feature vector is projected. What fewer than ``least`` training
    records say has no row of its own: it is rare, and all that is rare is one value. What is missing is one, too.

    Args:
        fields: see ``field_layout.layout``.
        dimension: D.
        numbers: how numbers are told.
        buckets: so many for each number.
        least: so many training records give a value a row of its own.
        std: standard deviation that rows start with; those of what is rare or missing start at 0.
    """

    alive: Tensor
    shift: Tensor
    scale: Tensor
    edges: Tensor

    def __init__(
        self, fields: Sequence[Field], dimension: int, numbers: NumberFields, buckets: int, least: int, std: float
    ) -> None:
        super().__init__()
        self.fields, self._numbers, self._buckets, self._least = fields, numbers, buckets, least
        self.first, rows = dict[str, int](), 0
        for field in fields:
            self.first[field.name] = rows
            rows += self._values(field) + OTHERS
        self.table = Table(rows, dimension + 1, std=std)
        self.register_buffer("alive", torch.zeros(rows, dtype=torch.bool))
        count = sum(field.kind == "number" for field in fields)
        self.register_buffer("shift", torch.zeros(count))
        self.register_buffer("scale", torch.zeros(count))
        self.register_buffer("edges", torch.zeros(count, buckets - 1))
        self.of_features = [field for field in fields if field.kind == "features"]
        self.scalings = nn.ModuleList(FeatureScaling(field.size, "standard") for field in self.of_features)
        self.projections = nn.ParameterList(
            torch.randn(dimension + 1, field.size) * std for field in self.of_features
        )
        with torch.no_grad():
            self.table.weight[:, -1] = 0
            for field in fields:
                end = self.first[field.name] + self._values(field)
                self.table.weight[end : end + OTHERS] = 0
            for projection in self.projections:
                projection[-1] = 0

    @property
    def order(self) -> list[Field]:
        """The fields in the order of their vectors."""
        return [field for label in self._labels for part in self._split(label) for field in part]

    @torch.no_grad()
    def fit(self, data: Data) -> None:
        """Learn from training records which values are rare, and how numbers lie."""
        self.alive.zero_()
        times = {
            label: np.bincount(at, minlength=data.nodes[label])
            for label, at in (("User", data.records.user), (data.item, np.asarray(data.records.item)))
        }
        at = 0
        for field in self.fields:
            seen = times[field.label]
            if field.kind == "number":
                self._fit_number(at, np.asarray(_numbers(data, field)), seen)
                at += 1
            elif field.kind != "features":
                self._revive(field, _said(data, field, seen))
        for scaling, field in zip(self.scalings, self.of_features, strict=True):
            assert isinstance(scaling, FeatureScaling)
            scaling.fit(Joined([data.features[field.name]], data.nodes[field.label]), times[field.label] > 0)

    def attach(self, data: Data) -> None:
        """Work out what is known of each node, with what ``fit`` has learned."""
        self._labels = list(dict.fromkeys(field.label for field in self.fields))
        self._sides = [self._side(data, label) for label in self._labels]

    def forward(self, *nodes: Tensor) -> Tensor:
        """Return float32 [B, fields, D + 1] for the nodes of each label, int64 [B] each, users first."""
        sides = zip(self._sides, nodes, strict=True)
        return torch.cat([part for side, rows in sides for part in self._of(side, rows)], 1)

    def _of(self, side: _Side, rows: Tensor) -> list[Tensor]:
        plain = self.table(side.codes[rows])
        found = [plain if side.weights is None else plain * side.weights[rows][..., None]]
        if side.lists or side.features:
            # Lists and feature vectors are worked out once for a node that stands in many records.
            some, place = torch.unique(rows, return_inverse=True)
            heavy = [self._mean(lists.take(some)) for lists in side.lists]
            for number, (features, present) in enumerate(zip(side.features, side.present, strict=True)):
                told = linear(features(some), self.projections[number])
                missing = self.table(self._missing(self.of_features[number]).to(rows.device))
                heavy.append(torch.where(present[some, None], told, missing))
            found.append(torch.stack(heavy, 1)[place])
        return found

    def described(self, items: Tensor) -> Tensor:
        """Return bool [B, matrices], which feature matrices describe each of ``items``; their vectors are the last."""
        return torch.stack([present[items] for present in self._sides[-1].present], 1)

    def mean_of(self, items: Lists) -> Tensor:
        """Return the mean of the vectors of who listed items are, float32 [lists, D + 1]; 0 where none is listed."""
        rows = self._sides[-1].codes[items.indices, 0]
        return self._mean(Lists(items.indptr, rows))

    def _mean(self, lists: Lists) -> Tensor:
        return embedding_bag(
            lists.indices, self.table.weight, lists.indptr, mode="mean", include_last_offset=True,
            sparse=self.table.sparse,
        )  # fmt: skip

    def _side(self, data: Data, label: str) -> _Side:
        plain, lists, features = self._split(label)
        values = [self._coded(data, field) for field in plain]
        device = self.alive.device
        codes, weights = (torch.from_numpy(np.stack(columns, 1)).to(device) for columns in zip(*values, strict=True))
        scalings = [self.scalings[self.of_features.index(field)] for field in features]
        described = [data.features[field.name] for field in features]
        return _Side(
            codes,
            None if bool((weights == 1).all()) else weights,
            [Lists.of(self._listed(data, field), device) for field in lists],
            [
                PartRows(Joined([one], data.nodes[label]), scaling)
                for one, scaling in zip(described, scalings, strict=True)
                if isinstance(scaling, FeatureScaling)
            ],
            [torch.from_numpy(np.array(one.present)).to(device) for one in described],
        )

    def _split(self, label: str) -> tuple[list[Field], list[Field], list[Field]]:
        """Return the fields of a label: those of one value, lists, features."""
        own = [field for field in self.fields if field.label == label]
        return (
            [field for field in own if field.kind in ("id", "words", "number")],
            [field for field in own if field.kind == "list"],
            [field for field in own if field.kind == "features"],
        )

    def _coded(self, data: Data, field: Field) -> tuple[Ints, npt.NDArray[np.float32]]:
        """Return the row of the table of each node, int64 [n], and what it is multiplied by, float32 [n]."""
        if field.kind == "number":
            return self._number(data, field)
        values = np.arange(field.size) if field.kind == "id" else _codes(data, field)
        return self._rows(field, values), np.ones(len(values), np.float32)

    def _number(self, data: Data, field: Field) -> tuple[Ints, npt.NDArray[np.float32]]:
        at = [one.name for one in self.fields if one.kind == "number"].index(field.name)
        told, first = np.asarray(_numbers(data, field)), self.first[field.name]
        missing = ~np.isfinite(told)
        rows, weights = np.full(len(told), first), np.ones(len(told), np.float32)
        if self._numbers == "buckets":
            rows += np.searchsorted(self.edges[at].numpy(force=True), told.astype(np.float32), side="right")
        else:
            weights = ((told - float(self.shift[at])) * float(self.scale[at])).astype(np.float32)
            weights[missing] = 1
        rows[missing] = int(self._missing(field))
        return rows, weights

    def _listed(self, data: Data, field: Field) -> Ragged:
        """Return the rows of the table for each node; of one that lists nothing that of what is missing."""
        listed = data.lists[field.name]
        lengths = np.maximum(listed.lengths, 1)
        rows = np.full(int(lengths.sum()), int(self._missing(field)))
        rows[np.repeat(listed.lengths > 0, lengths)] = self._rows(self._whose(field), listed.indices)
        return Ragged(np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]), rows)

    def _rows(self, field: Field, values: Ints) -> Ints:
        """Return the rows of values, int64 [n], -1 for one that is missing."""
        first, size = self.first[field.name], field.size
        alive = self.alive.numpy(force=True)[first : first + size]
        rows = np.where(alive[values], first + values, first + size)
        return np.where(values < 0, int(self._missing(field)), rows)

    def _whose(self, field: Field) -> Field:
        """Return the field whose rows a list has: who follows whom is told by who they are."""
        return next((one for one in self.fields if one.kind == "id" and one.label == field.listed), field)

    def _values(self, field: Field) -> int:
        """Return how many rows a field has beside those of ``OTHERS``."""
        if field.kind == "number":
            return self._buckets if self._numbers == "buckets" else 1
        own = field.kind != "list" or self._whose(field) is field
        return field.size if own and field.kind != "features" else 0

    def _missing(self, field: Field) -> Tensor:
        return torch.tensor(self.first[field.name] + self._values(field) + 1)

    def _revive(self, field: Field, times: npt.NDArray[np.float64]) -> None:
        if self._values(field):
            first = self.first[field.name]
            self.alive[first : first + field.size] = torch.from_numpy(times >= self._least)

    def _fit_number(self, at: int, told: npt.NDArray[np.float64], times: Ints) -> None:
        known = np.isfinite(told) & (times > 0)
        if not known.any():
            return
        values, records = told[known], times[known]
        mean = np.average(values, weights=records)
        deviation = np.sqrt(np.average((values - mean) ** 2, weights=records))
        self.shift[at] = float(mean)
        self.scale[at] = float(1 / deviation) if deviation else 0.0
        order = np.argsort(values, kind="stable")
        until = np.cumsum(records[order])
        shares = until[-1] * np.arange(1, self._buckets) / self._buckets
        self.edges[at] = torch.from_numpy(values[order][np.searchsorted(until, shares, side="right")])


def _numbers(data: Data, field: Field) -> npt.NDArray[np.float64]:
    column = data.fields[field.name]
    assert isinstance(column, Numbers)
    return column.values


def _codes(data: Data, field: Field) -> Ints:
    column = data.fields[field.name]
    assert isinstance(column, Words)
    return np.asarray(column.codes)


def _said(data: Data, field: Field, times: Ints) -> npt.NDArray[np.float64]:
    """Return how many training records say each value, float64 [size]; nodes stand in ``times`` records each."""
    if field.kind == "id":
        return times.astype(np.float64)
    if field.kind == "list":
        listed = data.lists[field.name]
        return np.bincount(listed.indices, times[listed.rows], field.size).astype(np.float64)
    codes = _codes(data, field)
    return np.bincount(codes[codes >= 0], times[codes >= 0], field.size).astype(np.float64)
