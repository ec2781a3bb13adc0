"""Which rows of a block are new, changed or already stored: decided in Arrow, so that only those are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.same import same
from graphrec.store.base import Ints

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Upsert:
    """What a block asks of the store.

    Attributes:
        new: rows to create, all columns.
        changed: rows to update, with nulls filled from what is stored.
        rows: int64 [changed], where those stand in the block.
        differs: by property, bool [changed]: whether that is what differs.
        unchanged: how many rows are stored already.
    """

    new: pa.Table
    changed: pa.Table
    rows: Ints
    differs: Mapping[str, Mask]
    unchanged: int

    def alike(self) -> Iterator[tuple[list[str], pa.Table]]:
        """Yield the names of properties that differ, and the rows of ``changed`` in which just those do, keys too."""
        keys = [name for name in self.changed.column_names if name not in self.differs]
        patterns = np.column_stack([*self.differs.values()]) if self.differs else np.zeros((0, 0), bool)
        kinds, kind = np.unique(patterns, axis=0, return_inverse=True)
        for number, pattern in enumerate(kinds):
            names = [name for name, differs in zip(self.differs, pattern, strict=True) if differs]
            yield names, self.changed.select([*keys, *names]).filter(pa.array(kind == number))


def positions(values: pa.Array | pa.ChunkedArray, ids: pa.ChunkedArray) -> Ints:
    """Return int64 [n]: where each of ``values`` stands in ``ids``, -1 where it does not."""
    found = pc.index_in(values, value_set=_single(ids))
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.int64)


def plan(block: pa.Table, stored: pa.Table, at: Ints, keys: tuple[str, ...]) -> Upsert:
    """Compare ``block`` with the stored rows it matches.

    Args:
        block: key columns and properties.
        stored: at least the block's property columns.
        at: int64 [rows of block], the row of ``stored`` with the same key, or -1.
        keys: the key columns of ``block``, not compared.
    """
    is_new = at < 0
    known = np.flatnonzero(~is_new)
    matched = block.take(pa.array(known))
    differs: dict[str, Mask] = {}
    columns = {key: matched[key] for key in keys}
    rows = pa.array(at[known])
    for name in block.column_names:
        if name in keys:
            continue
        before = stored[name].take(rows)
        differs[name] = _differs(matched[name], before)
        columns[name] = pc.coalesce(matched[name], before)
    any_of_them = np.logical_or.reduce([np.zeros(len(known), bool), *differs.values()])
    if "at" in columns:
        any_of_them &= ~_older(matched["at"], stored["at"].take(rows))
    chosen = np.flatnonzero(any_of_them)
    changed = pa.table(columns).take(pa.array(chosen))
    new = block.filter(pa.array(is_new))
    unchanged = block.num_rows - new.num_rows - changed.num_rows
    return Upsert(new, changed, known[chosen], {name: one[chosen] for name, one in differs.items()}, unchanged)


def _differs(value: pa.ChunkedArray, before: pa.ChunkedArray) -> Mask:
    return np.asarray(value.is_valid()) & ~same(value, before)


def _older(value: pa.ChunkedArray, before: pa.ChunkedArray) -> Mask:
    return np.asarray(pc.fill_null(pc.less(value, before), False))


def _single(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def firsts(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return int32 [n]: where each of ``ids`` (string) stands for the first time, in order."""
    return pc.index_in(pc.unique(ids), value_set=ids)
