"""An immutable, memory-mapped copy of what training needs; the database is not read twice for it.

snapshots/<fingerprint>/meta.json                     format, projection and counts
snapshots/<fingerprint>/ids/<label>.arrow             ids of nodes, sorted
snapshots/<fingerprint>/records/<column>.npy          see ``Records``
snapshots/<fingerprint>/values/<property>.npy           numbers that records say
snapshots/<fingerprint>/texts/<property>.npy            texts that they say
snapshots/<fingerprint>/features/<name>.npy           and <name>.present.npy
snapshots/<fingerprint>/lists/<label>-<label>.*.npy
snapshots/<fingerprint>/fields/<label>.<property>.npy
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.errors import TrainingError
from graphrec.files import read_json
from graphrec.graph.columns import Column, Numbers, Words
from graphrec.graph.content import Features, Joined, Mapped, NHot
from graphrec.graph.data import Data
from graphrec.graph.ids import Ids
from graphrec.graph.projection import TEXT, THEN, list_type, types_of
from graphrec.graph.records import Mask, Records
from graphrec.graph.videos import Videos
from graphrec.ragged import Ragged

FORMAT = 3
"""Of the files; another number where they are arranged otherwise."""

SPLITS = ("", "train", "valid", "test")
"""Values of the split property, by their code in ``Records.split``."""

GENRES = "genres"
"""A feature that the graph itself holds: which genres an item is in."""


@dataclass(frozen=True)
class Snapshot:
    """The part of the property graph that a projection asks for, in a canonical order.

    Ids are sorted, records by user, then by when they were made, then by item: the same content gives the same
    snapshot and fingerprint, whichever database it came from.

    Attributes:
        fingerprint: of content and projection.
        projection: as ``Projection.to_dict``.
        ids: of the nodes, by label.
        records: what users did, all of it.
        features: by name, each memory-mapped by itself.
        lists: by ends, such as ``Item>Genre``.
        fields: properties of nodes, such as ``Item.year``.
    """

    fingerprint: str
    projection: Mapping[str, Any]
    ids: Mapping[str, Ids]
    records: Records
    features: Mapping[str, Features]
    lists: Mapping[str, Ragged]
    fields: Mapping[str, Column]

    @property
    def item_label(self) -> str:
        """Label of what is recommended."""
        return str(self.projection["item"])

    @property
    def users(self) -> Ids:
        """Every User node."""
        return self.ids["User"]

    @property
    def items(self) -> Ids:
        """Every node of the projection's item label."""
        return self.ids[self.item_label]

    @property
    def groups(self) -> Ids:
        """The videos that items belong to; empty for items that belong to none."""
        return self.ids["Item"] if self.videos else Ids(pa.array([], pa.string()))

    @cached_property
    def videos(self) -> Videos:
        """Which video each item is a part of."""
        segments = self.lists.get("Item>Segment")
        place = self.fields.get("Segment.position")
        if segments is None or self.item_label != "Segment" or not isinstance(place, Numbers):
            return Videos()
        return Videos.of(segments, place.values, len(self.items))

    @property
    def feature_names(self) -> list[str]:
        """The features of items that have a number at all, in order: genres have none where the graph has none."""
        return [name for name, one in self.features.items() if one.label == self.item_label and one.width]

    @property
    def genres(self) -> Ids | None:
        """The genres that have a column among the features, in order; None where genres are no feature."""
        return self.ids["Genre"] if GENRES in self.features else None

    @property
    def described(self) -> Mask:
        """bool [items], whether the item has any features."""
        return self.content.described

    @property
    def content(self) -> Joined:
        """All features of items side by side, by rows on demand."""
        return self.data(self.records, np.zeros(0, bool)).content

    def where(self, kept: Mask) -> Snapshot:
        """Return the same graph with those records only at which ``kept`` (bool [E]) is true."""
        return replace(self, records=self.records.where(kept))

    def merged(self) -> Snapshot:
        """Return the same graph with one record for each user and item where records are of several types."""
        return replace(self, records=self.records.merged())

    def data(self, records: Records, sampled: Mask) -> Data:
        """Return what a model may see: everything but the records, and of these ``records``."""
        return Data(
            {label: len(ids) for label, ids in self.ids.items()},
            self.item_label,
            records,
            sampled,
            self.features,
            {name: listed for name, listed in self.lists.items() if not self.tells_records(name)},
            self.fields,
            self.videos,
        )

    def tells_records(self, name: str) -> bool:
        """Return whether a list is of a type that records are of, those held out among them."""
        if name == TEXT or THEN not in name:
            return False
        relationship, source, target = list_type(name)
        steps = types_of(str(self.projection["relationship"]))
        return relationship in steps and (source == "User" or target == self.item_label)


def open_snapshot(folder: Path) -> Snapshot:
    """Open a snapshot's folder; arrays and ids are memory-mapped, nothing is read until it is used.

    Raises ``TrainingError`` for files of another version.
    """
    meta = read_json(folder / "meta.json")
    if meta.get("format") != FORMAT:
        raise TrainingError(
            f"the snapshot {folder} was made by another version of graphrec; train again to make a new one"
        )
    ids = {label: Ids(_ids(folder / "ids" / f"{label}.arrow")) for label in meta["nodes"]}
    lists = {name: _list(folder / "lists" / file_name(name)) for name in meta["lists"]}
    features: dict[str, Features] = {}
    for name, label in meta["features"].items():
        path = folder / "features" / name
        features[name] = (
            NHot(label, lists["Item>Genre"], len(ids["Genre"]))
            if name == GENRES
            else Mapped(label, _array(path, ".npy"), _array(path, ".present.npy"))
        )
    records = Records(
        _list(folder / "records" / "by_user"),
        _array(folder / "records" / "order", ".npy"),
        _array(folder / "records" / "split", ".npy"),
        {name: _array(folder / "values" / name, ".npy") for name in meta["values"]},
        _array(folder / "records" / "text", ".npy") if meta["text"] else None,
        {name: _words(folder / "texts" / name) for name in meta["texts"]},
    )
    fields = {name: _field(folder / "fields" / name, kind) for name, kind in meta["fields"].items()}
    return Snapshot(meta["fingerprint"], meta["projection"], ids, records, features, lists, fields)


def file_name(list_name: str) -> str:
    """Return what the files of a list are called: not every file system takes ``>``."""
    return list_name.replace(">", "-").replace(":", "-")


def _array(path: Path, suffix: str) -> npt.NDArray[Any]:
    return np.asarray(np.load(path.with_name(path.name + suffix), mmap_mode="r"))


def _list(path: Path) -> Ragged:
    return Ragged(_array(path, ".indptr.npy"), _array(path, ".indices.npy"))


def _field(path: Path, kind: str) -> Column:
    return Numbers(_array(path, ".npy")) if kind == "numbers" else _words(path)


def _words(path: Path) -> Words:
    return Words(_array(path, ".npy"), Ids(_ids(path.with_name(path.name + ".arrow"))))


def _ids(path: Path) -> pa.StringArray:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()["id"].combine_chunks()
