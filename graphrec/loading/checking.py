"""Blocks checked at the door: types, keys, and what contradicts the stored graph."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.errors import DataError
from graphrec.loading.blocks import Lines, NodeBlock, RelationshipBlock, Rows, lines_of_rows, no_lines
from graphrec.rows import Checked, Refuse, check
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions


def checked_rows(block: Rows, refuse: Refuse | None = None) -> Checked:
    """Return a block's rows in the schema's types; those that do not fit, and what ``refuse`` tells, are refused.

    Raises ``DataError`` for a column of a type that does not fit at all.
    """
    known = (*schema.properties(block.kind), *block.own)
    try:
        return check(block.table, keys_of(block), known, block.columns, cells=block.cells, refuse=refuse)
    except DataError as error:
        raise DataError(f"{block.source}: {error}", block.source) from error


def keys_of(block: Rows) -> list[str]:
    """Return the columns that tell one row from another."""
    return [schema.KEY] if isinstance(block, NodeBlock) else ["from", "to"]


def kind_of(block: Rows) -> tuple[str, ...]:
    """Return what the rows are: a label, or a type and its ends."""
    return (block.label,) if isinstance(block, NodeBlock) else (block.name, block.start, block.end)


def reasons_of(block: Rows, checked: Checked) -> list[tuple[int, str]]:
    """Return line and reason of everything that a block holds and cannot be stored."""
    refused = [(line.line, line.reason) for line in block.refused]
    lines = lines_of(block) if checked.refused else no_lines()
    return sorted([*refused, *((int(lines[row]), reason) for row, reason in checked.refused)])


def lines_of(block: Rows) -> Lines:
    """Return int64 [rows], the line of each row of a block in its file."""
    others = block.left_out
    if isinstance(block, RelationshipBlock):
        others = np.concatenate([others, block.elsewhere])
    return lines_of_rows(block.line, block.table.num_rows, block.refused, others)


def check_fixed(store: GraphStore, block: NodeBlock, table: pa.Table) -> None:
    """Raise ``DataError`` where a stored node has another value of a property that stays as it is."""
    if not block.fixed:
        return
    stored = store.read_nodes(block.label, block.fixed)
    at = pa.array(positions(table[schema.KEY], stored[schema.KEY]))
    for name in block.fixed:
        before = stored[name].take(pc.if_else(pc.less(at, 0), None, at))
        other = pc.fill_null(pc.not_equal(before, table[name]), False).to_numpy()
        if other.any():
            row = int(np.argmax(other))
            raise DataError(
                f"{block.source}: {table[schema.KEY][row]} has the {name} {before[row]} in the graph and would "
                f"now get {table[name][row]}; use the --segment-s of before, or another workspace",
                block.source,
            )
