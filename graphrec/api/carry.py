"""Vectors of values for the nodes that they belong to: the mean of each node's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError
from graphrec.features import FeatureStore
from graphrec.graph.belonging import Belonging, shown, ways
from graphrec.media.kept_encoders import Values
from graphrec.media.value_encoder import Encoder

BLOCK = 65_536
"""So many values are encoded at a time."""
NUMBERS = 1 << 24
"""So many sums of vectors are in memory at a time."""


@dataclass(frozen=True)
class Carried:
    """How values came to the nodes that they belong to.

    Attributes:
        label: of the nodes that have the values.
        values: how many of them have one, those that are held out left aside.
        reached: how many of these belong to a node that is described.
        several: how many to more than one.
        held_out: how many are valid or test records by the data's own ``split``, and so are not carried.
        bare: how many nodes of the described label have none.
        ways: how many pairs each way has, by its labels, such as ``Comment > Segment > Item``.
    """

    label: str
    values: int
    reached: int
    several: int
    held_out: int
    bare: int
    ways: dict[str, int]


@dataclass(frozen=True)
class Written:
    """How many nodes got a vector and had none, got another than they had, and had the same."""

    new: int
    other: int
    same: int


def that_belong(values: Sequence[Any], owners: Belonging, asked: Values) -> list[Any]:
    """Return the values that belong to anything; raises ``DataError`` where there are values, and none does."""
    used = [value for value, many in zip(values, _owners(owners), strict=True) if many]
    if values and not used:
        tried = "; ".join(shown(way) for way in ways(asked.label, asked.described))
        raise DataError(
            f"none of the {len(values):,} {asked.label} nodes with {asked.name} belongs to any {asked.described} "
            f"({tried}); load what connects them first"
        )
    return used


def write_means(
    features: FeatureStore, name: str, label: str, owners: Belonging, values: Sequence[Any], made: Encoder
) -> Written:
    """Give every node the mean of what belongs to it.

    A node to which nothing belongs any longer loses its vector.
    """
    counted = np.diff(owners.matrix.indptr)
    new = changed = 0
    step = max(1, NUMBERS // made.dimension)
    for start in range(0, len(owners.ids), step):
        counts, ids = counted[start : start + step], owners.ids[start : start + step]
        some = np.flatnonzero(counts)
        block = owners.matrix[start : start + step][some]
        # In float64, so that how values fall into blocks leaves no trace.
        sums = np.zeros((len(some), made.dimension))
        of = np.unique(block.indices)
        for at in range(0, len(of), BLOCK):
            part = of[at : at + BLOCK]
            sums += block[:, part] @ made.encode([values[one] for one in part]).astype(np.float64)
        here = [ids[one] for one in some]
        new += int((~known(features, name, here)).sum())
        if here:
            means = (sums / counts[some][:, None]).astype(np.float32)
            changed += features.write(name, label, here, means)
        bare = [ids[one] for one in np.flatnonzero(counts == 0)]
        if name in features.names():
            features.remove(label, bare, names=[name])
    return Written(new, changed - new, int((counted > 0).sum()) - changed)


def carried(label: str, owners: Belonging, held_out: int) -> Carried:
    """Return how values of ``label`` nodes came to their owners."""
    many = _owners(owners)
    bare = int((np.diff(owners.matrix.indptr) == 0).sum())
    return Carried(
        label, len(many), int((many > 0).sum()), int((many > 1).sum()), held_out, bare, owners.ways
    )


def known(features: FeatureStore, name: str, ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return bool [n]: which have a vector."""
    return features.read(name, ids)[1] if name in features.names() else np.zeros(len(ids), bool)


def _owners(owners: Belonging) -> npt.NDArray[np.int64]:
    """Return int64 [values]: to how many nodes each belongs."""
    return np.bincount(owners.matrix.indices, minlength=owners.matrix.shape[1])
