"""Rows of one file that contradict rows of its earlier blocks; within a block ``rows.check`` sees to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from graphrec.loading.blocks import Rows
from graphrec.loading.checking import checked_rows, keys_of, kind_of
from graphrec.rows import Checked, Refuse

Hashes = npt.NDArray[np.uint64]

NOTHING = np.uint64(0)
"""In place of a value's hash where there is no value; it agrees with all others."""


class Contradictions:
    """Remembers what a file said, 8 bytes a value, and refuses rows that say otherwise.

    Rows with an ``at`` never contradict each other: the newest counts.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[str, ...], tuple[Sequence[str], pa.Table]] = {}
        self._said: dict[tuple[str, ...], tuple[Hashes, Hashes]] = {}

    def of(self, block: Rows, refuse: Refuse | None = None) -> Checked:
        """Return a block's rows, checked, without what contradicts an earlier block; ``refuse`` as in ``check``."""
        names = {key: block.columns.get(key, key) for key in keys_of(block)}
        return self.check(kind_of(block), names, checked_rows(block, refuse))

    def check(self, kind: tuple[str, ...], keys: Mapping[str, str], checked: Checked) -> Checked:
        """Return ``checked`` without the rows that contradict an earlier block of the same ``kind``.

        Args:
            kind: what the rows are.
            keys: the key columns, and what the file calls each.
            checked: the rows.
        """
        table = checked.table
        if "at" in table.column_names or len(table.column_names) == len(keys) or not table.num_rows:
            return checked
        if kind not in self._first:
            # Hashed only when a second block comes: most files have but one.
            self._first[kind] = list(keys), table
            return checked
        if kind not in self._said:
            key, values = _hashes(*self._first[kind])
            order = np.argsort(key)
            self._said[kind] = key[order], values[order]
        said, values = self._said[kind]
        asked, told = _hashes(list(keys), table)
        slot = np.searchsorted(said, asked)
        known = slot < len(said)
        known[known] = said[slot[known]] == asked[known]
        before, now = values[slot[known]], told[known]
        wrong = np.flatnonzero(known)[((before != now) & (before != NOTHING) & (now != NOTHING)).any(1)]
        fresh = ~known
        order = np.argsort(asked[fresh], kind="stable")
        place = np.searchsorted(said, asked[fresh][order])
        self._said[kind] = (
            np.insert(said, place, asked[fresh][order]),
            np.insert(values, place, told[fresh][order], 0),
        )
        return checked.without(
            wrong, f"contradicts an earlier row with the same {' and '.join(keys.values())}"
        )


def _hashes(keys: Sequence[str], table: pa.Table) -> tuple[Hashes, Hashes]:
    """Return uint64 [n], a hash of each row's keys, and uint64 [n, properties], of its values."""
    key = np.zeros(table.num_rows, np.uint64)
    for name in keys:
        key = key * np.uint64(0x9E3779B97F4A7C15) + _hash(table[name])
    values = [_hash(table[name]) for name in table.column_names if name not in keys]
    return key, np.stack(values, axis=1)


def _hash(column: pa.ChunkedArray) -> Hashes:
    """Return uint64 [n]; they hold for this process only."""
    if pa.types.is_string(column.type) or pa.types.is_list(column.type):
        # Python's own hash, once per value: on texts, which seldom repeat, several times as fast as by a dictionary.
        texts = column.cast(pa.binary()) if pa.types.is_string(column.type) else column
        values = (tuple(value) if isinstance(value, list) else value for value in texts.to_pylist())
        found = np.fromiter(map(hash, values), np.int64, len(texts)).view(np.uint64)
    else:
        filled = column.fill_null(False if pa.types.is_boolean(column.type) else 0)
        found = pd.util.hash_array(filled.to_numpy())
    return np.where(np.asarray(column.is_null()), NOTHING, found | np.uint64(1))
