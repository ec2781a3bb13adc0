"""Which rows of a block are new, changed or already stored: decided in Arrow, so that only those are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.same import same
from graphrec.store.base import Ints


@dataclass(frozen=True)
class Upsert:
    """What a block asks of the store.

    Attributes:
        new: rows to create, all columns.
        changed: rows to update, with nulls filled from what is stored.
        rows: int64 [changed], where those stand in the block.
        unchanged: how many rows are stored already.
    """

    new: pa.Table
    changed: pa.Table
    rows: Ints
    unchanged: int


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
    differs = np.zeros(len(known), bool)
    columns = {key: matched[key] for key in keys}
    rows = pa.array(at[known])
    for name in block.column_names:
        if name in keys:
            continue
        before = stored[name].take(rows)
        differs |= _differs(matched[name], before)
        columns[name] = pc.coalesce(matched[name], before)
    if "at" in columns:
        differs &= ~_older(matched["at"], stored["at"].take(rows))
    chosen = np.flatnonzero(differs)
    changed = pa.table(columns).take(pa.array(chosen))
    new = block.filter(pa.array(is_new))
    return Upsert(new, changed, known[chosen], block.num_rows - new.num_rows - changed.num_rows)


def _differs(value: pa.ChunkedArray, before: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(value.is_valid()) & ~same(value, before)


def _older(value: pa.ChunkedArray, before: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.less(value, before), False))


def _single(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def firsts(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return int32 [n]: where each of ``ids`` (string) stands for the first time, in order."""
    return pc.index_in(pc.unique(ids), value_set=ids)
