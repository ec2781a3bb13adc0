"""What a model may see of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from graphrec.graph.columns import Column, Numbers, Words
from graphrec.graph.content import Features, Joined
from graphrec.graph.records import Records
from graphrec.graph.videos import Videos
from graphrec.ragged import Ints, Ragged
from graphrec.times import LEAST_MOMENT


@dataclass(frozen=True)
class Data:
    """The training part of a snapshot. Rows are positions; ids exist only at the edges of the system.

    Attributes:
        nodes: how many nodes of each label there are.
        item: label of what is recommended, or judged.
        records: what is known when training; for a ranking, its positives.
        sampled: bool [items], the items negatives are drawn from: what is known when training (for segments, all
            those of a video that has a training record; for items, those with a training record).
        features: by name, never joined.
        lists: by ends, such as ``Item>Genre``: for each node of the one label, nodes of the other; never what records
            are of, which would tell those held out.
        fields: scalar properties of nodes, such as ``Item.year``.
        videos: which video each item is of.
        targets: float32 [items, classes], what is to be predicted of the items themselves, NaN where that is not
            known when training; None where nothing is.
        value: which value of the records is to be predicted; empty where none is.
        weight: which value of the records says how much each weighs; empty where all weigh the same.
        binary: whether that is 0 or 1, of which a probability is asked.
        others: what else a run learns from, by projection: records of the same users, of items of their own.
        against: comments of the same users that find something bad; None where records are no comments, or the task
            does not tell the one from the other.
    """

    nodes: Mapping[str, int]
    item: str
    records: Records
    sampled: npt.NDArray[np.bool_]
    features: Mapping[str, Features] = field(default_factory=dict)
    lists: Mapping[str, Ragged] = field(default_factory=dict)
    fields: Mapping[str, Column] = field(default_factory=dict)
    videos: Videos = field(default_factory=Videos)
    targets: npt.NDArray[np.float32] | None = None
    value: str = ""
    weight: str = ""
    binary: bool = False
    others: Mapping[str, Data] = field(default_factory=dict)
    against: Records | None = None

    @property
    def users(self) -> int:
        """How many users there are."""
        return self.nodes["User"]

    @property
    def items(self) -> int:
        """How many items there are, with and without records."""
        return self.nodes[self.item]

    @property
    def by_user(self) -> Ragged:
        """The items of each user's records, in order."""
        return self.records.by_user

    @property
    def timed(self) -> bool:
        """Whether any record says when it was made."""
        return bool(np.asarray(self.records.order).max(initial=0) >= LEAST_MOMENT)

    @property
    def weights(self) -> npt.NDArray[np.float64] | None:
        """How much each record weighs, float64 [E]; 1 for one that does not say so, None where none does."""
        if not self.weight:
            return None
        told = np.asarray(self.records.values[self.weight])
        return np.where(np.isnan(told), 1.0, told)

    @cached_property
    def by_item(self) -> Ragged:
        """The users of each item's records."""
        return self.by_user.transpose(self.items)

    @cached_property
    def people(self) -> Ints:
        """int64 [items], how many different users have a record of each item."""
        pairs = np.unique(self.by_user.rows * self.items + self.by_user.indices)
        return np.bincount(pairs % self.items, minlength=self.items)

    @cached_property
    def content(self) -> Joined:
        """All features of items side by side, by rows on demand; of width 0 where there are none."""
        return self.content_of(self.item)

    def content_of(self, label: str) -> Joined:
        """Return all features of the nodes of ``label`` side by side, by rows on demand."""
        parts = [one for one in self.features.values() if one.label == label]
        return Joined(parts, self.nodes.get(label, 0))

    @property
    def shape(self) -> Shape:
        """Return what a model is allocated by."""
        return Shape(
            self.nodes,
            self.item,
            {name: one.width for name, one in self.features.items() if one.label == self.item},
            bool(self.videos),
            0 if self.targets is None else self.targets.shape[1],
            self.binary,
            tuple(sorted({other.item for other in self.others.values()} - {self.item})),
            {one.label: self.content_of(one.label).width for one in self.features.values() if one.label != self.item},
            {name: len(one.vocabulary) for name, one in self.fields.items() if isinstance(one, Words)},
            tuple(name for name, one in self.fields.items() if isinstance(one, Numbers) and one.known.any()),
            tuple(self.lists),
            self.timed,
        )


@dataclass(frozen=True)
class Shape:
    """The sizes that a model is allocated by, which a loaded run has without reading any data.

    Attributes:
        nodes: how many nodes of each label there are.
        item: label of what is recommended.
        widths: numbers per item of each feature matrix.
        in_videos: whether items are parts of videos.
        classes: how many numbers are predicted of an item itself.
        binary: whether what is predicted is a probability.
        others: labels of what else is recommended, sorted.
        beside: numbers per node of other labels, of all their feature matrices, by label.
        words: how many different values each property of nodes that is text has.
        numbers: properties of nodes that are numbers, and that any node has.
        lists: by their ends, such as ``Item>Genre``.
        timed: whether records say when they were made.
    """

    nodes: Mapping[str, int]
    item: str
    widths: Mapping[str, int]
    in_videos: bool = False
    classes: int = 0
    binary: bool = False
    others: tuple[str, ...] = ()
    beside: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    timed: bool = False

    @property
    def users(self) -> int:
        """How many users there are."""
        return self.nodes["User"]

    @property
    def items(self) -> int:
        """How many items there are."""
        return self.nodes[self.item]

    @property
    def width(self) -> int:
        """Numbers per item, of all feature matrices."""
        return sum(self.widths.values())
