"""The ids of one label that are stored already, found without asking the database again.

By hashes of 8 bytes: Arrow would make a table of all ids for every block of a load. Beside each id 16 bytes are kept.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.store.base import Ints
from graphrec.store.sorted_keys import SortedKeys
from graphrec.store.upsert import positions

SLICE = 1 << 20


class StoredIds:
    """Ids with what the database calls each; grows with what is written.

    Args:
        ids: string [n], without repeats.
        offsets: int64 [n], none of them negative.
    """

    def __init__(self, ids: pa.ChunkedArray, offsets: Ints) -> None:
        self._ids, self._offsets = ids, offsets
        self._keys = SortedKeys(_hashes(ids))

    def find(self, ids: pa.Array) -> Ints:
        """Return int64 [n]: for each of ``ids`` (string [n]) its offset, -1 where it is not stored."""
        row = self._keys.find(_hashes(ids))
        seen = np.flatnonzero(row >= 0)
        same = pc.equal(self._ids.take(pa.array(row[seen])), ids.take(pa.array(seen)))
        other = seen[~same.to_numpy()]
        if len(other):
            # Their hash is another id's too.
            row[other] = positions(ids.take(pa.array(other)), self._ids)
        found = np.full(len(row), -1, np.int64)
        found[row >= 0] = self._offsets[row[row >= 0]]
        return found

    def add(self, ids: pa.ChunkedArray, offsets: Ints) -> None:
        """Remember nodes that were created: ``ids`` (string [n]), none of them known, and their offsets."""
        self._keys.add(_hashes(ids), len(self._offsets))
        self._ids = pa.chunked_array([*self._ids.chunks, *ids.chunks], pa.string())
        self._offsets = np.concatenate([self._offsets, offsets])


def _hashes(ids: pa.Array | pa.ChunkedArray) -> Ints:
    """Return int64 [n]; they hold for this process only."""
    parts = [np.empty(0, np.int64)]
    for start in range(0, len(ids), SLICE):
        texts = ids.slice(start, SLICE).cast(pa.binary()).to_pylist()
        parts.append(np.fromiter(map(hash, texts), np.int64, len(texts)))
    return np.concatenate(parts)
