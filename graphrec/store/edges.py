"""The relationships of one type that are stored already, found by their ends without asking the database again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from graphrec.store.base import Ints
from graphrec.store.sorted_keys import SortedKeys


class StoredEdges:
    """Keys of relationships, each with the row of its properties; grows with what is written.

    Args:
        keys: int64 [edges], one number per pair of ends, without repeats.
        properties: [edges], the stored values.
    """

    def __init__(self, keys: Ints, properties: pa.Table) -> None:
        self._keys = SortedKeys(keys)
        self.properties = properties

    def find(self, keys: Ints) -> Ints:
        """Return int64 [n]: for each of ``keys`` the row of its properties, -1 where it is not stored."""
        return self._keys.find(keys)

    def add(self, keys: Ints, properties: pa.Table) -> None:
        """Remember relationships that were created: ``keys`` (int64 [n]), none of them known."""
        self._keys.add(keys, len(self.properties))
        self.properties = pa.concat_tables([self.properties, properties])

    def replace(self, keys: Ints, properties: pa.Table) -> None:
        """Remember new values of known ``keys`` (int64 [n])."""
        self._keys.replace(keys, len(self.properties))
        self.properties = pa.concat_tables([self.properties, properties])


def edge_keys(source: Ints, target: Ints) -> Ints:
    """Return one number per pair of ends: int64 [n], from numbers below 2^31, int64 [n] each."""
    return (np.asarray(source, np.int64) << 32) | np.asarray(target, np.int64)
