"""The relationships of one type that are stored already, found by their ends without asking the database again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from graphrec.store.base import Ints


class StoredEdges:
    """Sorted keys of relationships, each with the row of its properties; grows with what is written.

    Args:
        keys: int64 [edges], one number per pair of ends, without repeats.
        properties: [edges], the stored values.
    """

    def __init__(self, keys: Ints, properties: pa.Table) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], order.astype(np.int64)
        self.properties = properties

    def find(self, keys: Ints) -> Ints:
        """Return int64 [n]: for each of ``keys`` the row of its properties, -1 where it is not stored."""
        slot = self._slots(keys)
        found = np.full(len(keys), -1, np.int64)
        inside = slot < len(self._keys)
        inside[inside] = self._keys[slot[inside]] == keys[inside]
        found[inside] = self._rows[slot[inside]]
        return found

    def add(self, keys: Ints, properties: pa.Table) -> None:
        """Remember relationships that were created: ``keys`` (int64 [n]), none of them known."""
        rows = np.arange(len(self.properties), len(self.properties) + len(keys))
        self.properties = pa.concat_tables([self.properties, properties])
        order = np.argsort(keys, kind="stable")
        slot = np.searchsorted(self._keys, keys[order])
        self._keys = np.insert(self._keys, slot, keys[order])
        self._rows = np.insert(self._rows, slot, rows[order])

    def replace(self, keys: Ints, properties: pa.Table) -> None:
        """Remember new values of known ``keys`` (int64 [n])."""
        self._rows[self._slots(keys)] = np.arange(len(self.properties), len(self.properties) + len(keys))
        self.properties = pa.concat_tables([self.properties, properties])

    def _slots(self, keys: Ints) -> Ints:
        # Sorted questions walk the keys once; unsorted ones miss the cache at every step.
        order = np.argsort(keys, kind="stable")
        slot = np.empty(len(keys), np.int64)
        slot[order] = np.searchsorted(self._keys, keys[order])
        return slot


def edge_keys(source: Ints, target: Ints) -> Ints:
    """Return one number per pair of ends: int64 [n], from numbers below 2^31, int64 [n] each."""
    return (np.asarray(source, np.int64) << 32) | np.asarray(target, np.int64)
