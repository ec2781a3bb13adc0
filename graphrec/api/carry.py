"""Vectors of values for the nodes that they belong to: the mean of each node's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError
from graphrec.features import FeatureStore
from graphrec.files import replacing
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
    features: FeatureStore,
    name: str,
    label: str,
    owners: Belonging,
    values: Sequence[Any],
    made: Encoder,
    noted: Path,
) -> Written:
    """Give every node the mean of what belongs to it, but those to which the same belongs as when it was given last.

    A node to which nothing belongs any longer loses its vector.

    Args:
        features: where the matrix is.
        name: of the matrix.
        label: of the nodes.
        owners: the nodes, and which of ``values`` belong to each.
        values: all of them.
        made: what describes a value.
        noted: the file in which a mark of each node says to a later call what belonged to it.
    """
    counted = np.diff(owners.matrix.indptr)
    marks = _marks(owners, values)
    stale = counted > 0
    if noted.exists():
        stale &= ~(np.isin(marks, np.load(noted)) & known(features, name, owners.ids))
    # Those that get other vectors first lose their marks, whoever is killed meanwhile.
    _note(noted, marks[(counted > 0) & ~stale])
    places = np.flatnonzero(stale)
    new = changed = 0
    step = max(1, NUMBERS // made.dimension)
    for start in range(0, len(places), step):
        some = places[start : start + step]
        ids = [owners.ids[one] for one in some]
        new += int((~known(features, name, ids)).sum())
        means = _sums(owners.matrix[some], values, made) / counted[some][:, None]
        changed += features.write(name, label, ids, means.astype(np.float32))
    if name in features.names():
        features.remove(label, [owners.ids[one] for one in np.flatnonzero(counted == 0)], names=[name])
    _note(noted, marks[counted > 0])
    return Written(new, changed - new, int((counted > 0).sum()) - changed)


def _sums(block: Any, values: Sequence[Any], made: Encoder) -> npt.NDArray[np.float64]:
    """Return [rows, D]: of each row of ``block`` (csr, bool) the sum of the vectors of its values."""
    # In float64, so that how values fall into blocks leaves no trace.
    sums = np.zeros((block.shape[0], made.dimension))
    of = np.unique(block.indices)
    for start in range(0, len(of), BLOCK):
        part = of[start : start + BLOCK]
        sums += block[:, part] @ made.encode([values[one] for one in part]).astype(np.float64)
    return sums


def _marks(owners: Belonging, values: Sequence[Any]) -> npt.NDArray[np.uint64]:
    """Return uint64 [nodes]: another as soon as other values belong to a node."""
    marks: npt.NDArray[np.uint64] = _digests(owners.ids) + owners.matrix @ _digests(values)
    return marks


def _digests(values: Sequence[Any]) -> npt.NDArray[np.uint64]:
    told = (repr(value).encode("utf-8", "surrogatepass") for value in values)
    return np.frombuffer(b"".join(blake2b(one, digest_size=8).digest() for one in told), np.uint64)


def _note(path: Path, marks: npt.NDArray[np.uint64]) -> None:
    with replacing(path) as file:
        np.save(file, marks)


def carried(label: str, owners: Belonging, held_out: int) -> Carried:
    """Return how values of ``label`` nodes came to their owners."""
    many = _owners(owners)
    bare = int((np.diff(owners.matrix.indptr) == 0).sum())
    return Carried(
        label, len(many), int((many > 0).sum()), int((many > 1).sum()), held_out, bare, owners.ways
    )


def known(features: FeatureStore, name: str, ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return bool [n]: which have a vector."""
    if name not in features.names():
        return np.zeros(len(ids), bool)
    # Block by block: the vectors are read with it.
    blocks = [features.read(name, ids[start : start + BLOCK])[1] for start in range(0, len(ids), BLOCK)]
    return np.concatenate(blocks) if blocks else np.zeros(0, bool)


def _owners(owners: Belonging) -> npt.NDArray[np.int64]:
    """Return int64 [values]: to how many nodes each belongs."""
    return np.bincount(owners.matrix.indices, minlength=owners.matrix.shape[1])
