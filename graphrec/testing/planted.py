"""Small property graphs with known tastes, as snapshots: whatever a projection asks for is in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec import schema
from graphrec.arrays import with_sizes
from graphrec.graph.columns import Column, Numbers, Words
from graphrec.graph.content import Features, Mapped, NHot
from graphrec.graph.ids import Ids
from graphrec.graph.projection import TEXT, Projection, list_type
from graphrec.graph.records import Records
from graphrec.graph.snapshot import GENRES, Snapshot
from graphrec.ragged import Ints, Ragged

TOPICS, WIDTH = 4, 6
IDLE, NEW = 3, 5
"""So many users, and so many items, the last ones, have no record."""
OTHERS = 30
"""So many nodes there are of every label that is neither user nor item."""
OF_VIDEO = 5
"""So many segments has a video."""
SIDE = 3
"""Of pictures and spectrograms, where arrays are asked for."""
PARTS = 2
"""So many parts whose features are asked for has an item."""

Floats = npt.NDArray[np.float64]


def planted(
    projection: Projection, *, users: int = 80, items: int = 100, per_user: int = 16, seed: int = 0
) -> Snapshot:
    """Return a graph in which users mostly have records of items of their own topic, which features tell.

    Ratings are 3 + what the item's features say + how kind the user is + 1 for the own topic, - 1 for another. Lists
    and fields are drawn at random but for genres, which are topics; a list of the type that records are of holds them.

    Args:
        projection: all that is asked for: values, lists and fields; features unless it says none.
        users: how many.
        items: how many, segments as well as items.
        per_user: how many records of a user at most; of a pair there is one.
        seed: of everything.
    """
    return _Drawing(projection, users, items, per_user, seed).snapshot()


class _Drawing:
    def __init__(self, projection: Projection, users: int, items: int, per_user: int, seed: int) -> None:
        self.projection, self.rng = projection, np.random.default_rng(seed)
        self.counts = {"User": users, projection.item: items}
        self.topic = np.arange(items) % TOPICS
        centres = self.rng.normal(size=(TOPICS, WIDTH))
        self.look = centres[self.topic] + 0.3 * self.rng.normal(size=(items, WIDTH))
        self.user, self.item = self._pairs(users, items, per_user)

    def snapshot(self) -> Snapshot:
        asked = self.projection
        lists = {name: self._list(name) for name in sorted(self._list_names())}
        fields = {name: self._field(name) for name in sorted(self._field_names())}
        features: dict[str, Features] = {}
        everything = np.ones(len(self.look), bool)
        if asked.features is None and asked.arrays:
            features = {name: Mapped(asked.item, one, everything) for name, one in self._clips().items()}
        elif asked.features is None:
            features["look"] = Mapped(asked.item, self.look.astype(np.float32), everything)
        for label in asked.described:
            every = np.ones(self.counts[label], bool)
            features[f"look_{label.lower()}"] = Mapped(label, self._part_looks(label), every)
        if asked.features is None and asked.item == "Item" and not asked.arrays:
            features[GENRES] = NHot("Item", lists["Item>Genre"], self._count("Genre"))
        ids = {label: Ids(_names(label, count)) for label, count in self.counts.items()}
        return Snapshot("planted", asked.to_dict(), ids, self._records(), features, lists, fields)

    def _clips(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return two pictures, whose colours are what items look like, and as many spectrograms, which say the same."""
        shown = np.tile(self.look.reshape(-1, 2, 1, 3), (1, 1, SIDE * SIDE, 1))
        heard = np.tile(self.look.reshape(-1, 2, 1, 3), (1, 1, SIDE, SIDE // 3))
        arrays = {with_sizes("clip", (2, SIDE, SIDE, 3)): shown, with_sizes("spectrogram", (2, SIDE, SIDE)): heard}
        return {name: one.reshape(len(one), -1).astype(np.float32) for name, one in arrays.items()}

    def _pairs(self, users: int, items: int, per_user: int) -> tuple[Ints, Ints]:
        active, known = users - IDLE, items - NEW
        user = np.repeat(np.arange(active), per_user)
        own = self.rng.integers(0, known // TOPICS, len(user)) * TOPICS + user % TOPICS
        item = np.where(self.rng.random(len(user)) < 0.85, own, self.rng.integers(0, known, len(user)))
        keys = np.unique(user * items + item)
        return keys // items, keys % items

    def _records(self) -> Records:
        count, users = len(self.user), self.counts["User"]
        # In order of time within each user, as a snapshot has them.
        at = self.rng.permutation(count)
        arranged = np.lexsort((at, self.user))
        self.user, self.item = self.user[arranged], self.item[arranged]
        values = {name: self._values(name) for name in self.projection.values}
        text = np.arange(count) if self.projection.through else None
        by_user = Ragged.from_sorted(self.user, self.item, users)
        return Records(by_user, at[arranged] + 1_600_000_000_000, np.zeros(count, np.int8), values, text)

    def _values(self, name: str) -> Floats:
        own = np.where(self.topic[self.item] == self.user % TOPICS, 1.0, -1.0)
        if name == "polarity":
            return (own > 0).astype(float)
        kind = self.rng.normal(size=self.counts["User"]) * 0.3
        good = self.look @ (np.arange(WIDTH) - (WIDTH - 1) / 2) * 0.1
        told: Floats = 3 + good[self.item] + kind[self.user] + own + 0.1 * self.rng.normal(size=len(own))
        return told.clip(0.5, 5)

    def _list_names(self) -> set[str]:
        asked = self.projection
        genres = {"Item>Genre"} if asked.features is None and asked.item == "Item" and not asked.arrays else set()
        return {*asked.lists, *genres} | ({"Item>Segment"} if asked.grouped else set())

    def _field_names(self) -> set[str]:
        return {*self.projection.fields} | ({"Segment.position"} if self.projection.grouped else set())

    def _list(self, name: str) -> Ragged:
        if name == TEXT:
            # The last records, as many as there are topics, say nothing.
            said = np.arange(max(0, len(self.user) - TOPICS))
            self.counts["Comment"], self.counts["word"] = len(self.user), TOPICS
            return Ragged.from_sorted(said, self.topic[self.item[said]], len(self.user))
        relationship, source, target = list_type(name)
        if (relationship, source, target) == (self.projection.relationship, "User", self.projection.item):
            return Ragged.from_sorted(self.user, self.item, self.counts["User"])
        if name == "Item>Segment" and self.projection.grouped:
            segments = np.arange(self._count("Segment"))
            self.counts["Item"] = -(-len(segments) // OF_VIDEO)
            return Ragged.from_sorted(segments // OF_VIDEO, segments, self.counts["Item"])
        if source == self.projection.item and target in self.projection.described:
            self.counts[target] = PARTS * self._count(source)
            parts = np.arange(self.counts[target])
            return Ragged.from_sorted(parts // PARTS, parts, self._count(source))
        if (between := self._between(source, target)) is not None:
            return between
        if relationship == "IN_GENRE":
            self.counts["Genre"] = TOPICS
        starts, ends = self._count(source), self._count(target)
        if (relationship, source) == ("IN_GENRE", self.projection.item):
            return Ragged.from_sorted(np.arange(starts), self.topic, starts)
        keys = np.unique(self.rng.integers(0, starts * ends, 3 * starts))
        return Ragged.from_sorted(keys // ends, keys % ends, starts)

    def _between(self, source: str, target: str) -> Ragged | None:
        """Return which parts stand between the first items and what is described, one each, or what these have.

        That is of another item of the same topic.
        """
        item, described = self.projection.item, self.projection.described
        if source == item and any(f"{target}>{label}" in self.projection.lists for label in described):
            some = np.arange(min(self._count(item), self._count(target)))
            return Ragged.from_sorted(some, some, self._count(item))
        if target not in described or f"{item}>{source}" not in self.projection.lists:
            return None
        rows = np.arange(self._count(source)).repeat(PARTS)
        parts = (PARTS * (TOPICS + rows) + np.arange(len(rows)) % PARTS) % self._count(target)
        return Ragged.from_pairs(rows, parts, self._count(source))

    def _part_looks(self, label: str) -> npt.NDArray[np.float32]:
        own = np.repeat(self.look, PARTS, axis=0)[: self._count(label)]
        return (own + 0.3 * self.rng.normal(size=own.shape)).astype(np.float32)

    def _field(self, name: str) -> Column:
        label, _, key = name.partition(".")
        count = self._count(label)
        if name == "Segment.position":
            return Numbers((np.arange(count) % OF_VIDEO).astype(np.float64))
        if schema.label(label).property(key).type == "string":
            return Words(self.rng.integers(-1, TOPICS, count), Ids(_names(key, TOPICS)))
        values = self.rng.normal(size=count)
        if label == self.projection.item:
            values = 1990 + 5 * self.look[:, 0] + values
        values[:1] = np.nan
        return Numbers(values)

    def _count(self, label: str) -> int:
        return self.counts.setdefault(label, OTHERS)


def _names(letter: str, count: int) -> pa.Array:
    return pa.array([f"{letter}{n:06}" for n in range(count)], pa.string())
