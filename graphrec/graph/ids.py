"""The map between string ids and positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.keys import Id, key_of
from graphrec.ragged import Ints


@dataclass(frozen=True)
class Ids:
    """The map between string ids and positions 0, 1, 2, ..."""

    values: pa.StringArray

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, position: int) -> str:
        return str(self.values[int(position)].as_py())

    def index(self, ids: pa.Array | Sequence[Id]) -> Ints:
        """Return int64 [n]: the position of each id, -1 for one that is not there."""
        wanted = ids if isinstance(ids, pa.Array) else pa.array([key_of(one) for one in ids], pa.string())
        found = pc.fill_null(pc.index_in(wanted, value_set=self.values), -1)
        return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)

    def take(self, positions: Ints) -> list[str]:
        """Return the ids at ``positions`` (int64 [n])."""
        return [str(v) for v in self.values.take(pa.array(positions)).to_pylist()]
