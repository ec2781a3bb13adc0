"""Numbers by which rows are found, sorted; as many are added as there come, without sorting anew."""

from __future__ import annotations

import numpy as np

from graphrec.store.base import Ints


class SortedKeys:
    """The row of each of ``keys`` (int64 [n]); of keys that are equal, one of their rows."""

    def __init__(self, keys: Ints) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], order.astype(np.int64)

    def find(self, keys: Ints) -> Ints:
        """Return int64 [n]: for each of ``keys`` its row, -1 where there is none."""
        slot = self._slots(keys)
        found = np.full(len(keys), -1, np.int64)
        inside = slot < len(self._keys)
        inside[inside] = self._keys[slot[inside]] == keys[inside]
        found[inside] = self._rows[slot[inside]]
        return found

    def add(self, keys: Ints, first: int) -> None:
        """Give new ``keys`` (int64 [n]) the rows from ``first`` on."""
        order = np.argsort(keys, kind="stable")
        slot = np.searchsorted(self._keys, keys[order])
        self._keys = np.insert(self._keys, slot, keys[order])
        self._rows = np.insert(self._rows, slot, order + first)

    def replace(self, keys: Ints, first: int) -> None:
        """Give ``keys`` (int64 [n]) that have a row the rows from ``first`` on instead."""
        self._rows[self._slots(keys)] = np.arange(first, first + len(keys))

    def _slots(self, keys: Ints) -> Ints:
        # Sorted questions walk the keys once; unsorted ones miss the cache at every step.
        order = np.argsort(keys)
        slot = np.empty(len(keys), np.int64)
        slot[order] = np.searchsorted(self._keys, keys[order])
        return slot
