"""An immutable, memory-mapped copy of what training needs; the database is not read twice for it.

snapshots/<fingerprint>/meta.json         projection and counts
snapshots/<fingerprint>/{users,items,groups}.arrow
snapshots/<fingerprint>/<array>.npy       see ``Snapshot``
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.files import read_json
from graphrec.ragged import Ints, Ragged

SPLITS = ("", "train", "valid", "test")
"""Values of the split property, by their code in ``Snapshot.split``."""


@dataclass(frozen=True)
class Ids:
    """The map between string ids and positions 0, 1, 2, ..."""

    values: pa.StringArray

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, position: int) -> str:
        return str(self.values[int(position)].as_py())

    def index(self, ids: pa.Array | list[str]) -> Ints:
        """Return int64 [n]: the position of each id, -1 for one that is not there."""
        wanted = ids if isinstance(ids, pa.Array) else pa.array(ids, pa.string())
        found = pc.fill_null(pc.index_in(wanted, value_set=self.values), -1)
        return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)

    def take(self, positions: Ints) -> list[str]:
        """Return the ids at ``positions`` (int64 [n])."""
        return [str(v) for v in self.values.take(pa.array(positions)).to_pylist()]


@dataclass(frozen=True)
class Snapshot:
    """Users, items and the positive relationships between them, in a canonical order.

    Ids are sorted, edges by user, then by when they were made, then by item: the same content gives the same
    snapshot and fingerprint, whichever database it came from.

    Attributes:
        fingerprint: of content and projection.
        projection: as ``Projection.to_dict``.
        users: every User node.
        items: every node of the projection's item label.
        groups: the videos that items belong to; empty for items that belong to none.
        by_user: items of each user, in order (int64 [edges]).
        by_item: users of each item.
        order: int64 [edges], beside ``by_user.indices``: when; 0 where not known.
        split: int8 [edges], code in ``SPLITS``.
        group: int64 [items], position in ``groups`` or -1.
        position: float32 [items], the middle of the segment in its video, 0 to 1; 0 without a video.
        features: float32 [items, F].
        described: bool [items], whether the item has all its features.
    """

    fingerprint: str
    projection: dict[str, Any]
    users: Ids
    items: Ids
    groups: Ids
    by_user: Ragged
    by_item: Ragged
    order: Ints
    split: npt.NDArray[np.int8]
    group: Ints
    position: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]
    described: npt.NDArray[np.bool_]

    @property
    def edges(self) -> int:
        """How many positive relationships."""
        return len(self.by_user.indices)

    @property
    def item_label(self) -> str:
        """Label of what is recommended."""
        return str(self.projection["item"])

    @cached_property
    def members(self) -> Ragged:
        """The items of each group, by position in the video."""
        inside = np.flatnonzero(self.group >= 0)
        inside = inside[np.argsort(self.position[inside], kind="stable")]
        return Ragged.from_pairs(self.group[inside], inside, len(self.groups))


ARRAYS = (
    "by_user_indptr",
    "by_user_indices",
    "by_item_indptr",
    "by_item_indices",
    "order",
    "split",
    "group",
    "position",
    "features",
    "described",
)
ID_COLUMNS = ("users", "items", "groups")


def open_snapshot(folder: Path) -> Snapshot:
    """Open a snapshot's folder; arrays and ids are memory-mapped, nothing is read until it is used."""
    meta = read_json(folder / "meta.json")
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    ids = {name: Ids(_ids(folder / f"{name}.arrow")) for name in ID_COLUMNS}
    return Snapshot(
        meta["fingerprint"],
        meta["projection"],
        ids["users"],
        ids["items"],
        ids["groups"],
        by_user=Ragged(arrays["by_user_indptr"], arrays["by_user_indices"]),
        by_item=Ragged(arrays["by_item_indptr"], arrays["by_item_indices"]),
        **{name: arrays[name] for name in ("order", "split", "group", "position", "features", "described")},
    )


def _ids(path: Path) -> pa.StringArray:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()["id"].combine_chunks()
