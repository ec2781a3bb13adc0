"""Ends of relationships that must exist: ids that nobody knows are refused instead of becoming nodes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.loading.blocks import NodeBlock, Rows
from graphrec.rows import Checked, Refuse
from graphrec.store.base import GraphStore


class KnownEnds:
    """The nodes that relationships may lead to: those of the graph, and those that the load brings itself.

    Args:
        store: the graph; None for one that is still empty.
    """

    def __init__(self, store: GraphStore | None) -> None:
        self._store = store
        self._known: dict[str, list[pa.ChunkedArray]] = {}

    def refuse(self, block: Rows) -> Refuse:
        """Return what tells of a block's converted rows those whose ends nobody knows."""

        def refused(table: pa.Table) -> dict[int, str]:
            found: dict[int, str] = {}
            for column, label in _ends(block):
                found = self.refused(label, table[column], block.columns.get(column, column)) | found
            return found

        return refused

    def refused(self, label: str, ids: pa.ChunkedArray, said: str) -> dict[int, str]:
        """Return the places of ``ids`` that are no node of ``label``, and why; ``said`` is what the file calls them."""
        chunks = [chunk for known in self._ids(label) for chunk in known.chunks]
        found = pc.is_in(ids, value_set=pa.chunked_array(chunks, pa.string()).combine_chunks())
        wrong = np.flatnonzero(~found.to_numpy())
        keys = ids.take(pa.array(wrong)).to_pylist()
        return {
            row: f"{said} {key!r} is no {label} in the graph" for row, key in zip(wrong.tolist(), keys, strict=True)
        }

    def check(self, block: Rows, checked: Checked) -> Checked:
        """Return ``checked``, of rows that were checked elsewhere, without relationships of unknown ends."""
        for column, label in _ends(block):
            wrong = self.refused(label, checked.table[column], block.columns.get(column, column))
            checked = checked.without(np.array(list(wrong), np.int64), list(wrong.values()))
        return checked

    def remember(self, block: Rows, checked: Checked) -> None:
        """Take the nodes of a block for known."""
        if isinstance(block, NodeBlock):
            self._ids(block.label).append(checked.table[schema.KEY])

    def _ids(self, label: str) -> list[pa.ChunkedArray]:
        if label not in self._known:
            stored = [] if self._store is None else [self._store.read_nodes(label)[schema.KEY]]
            self._known[label] = stored
        return self._known[label]


def _ends(block: Rows) -> list[tuple[str, str]]:
    """Return column and label of the ends that may be unknown."""
    if isinstance(block, NodeBlock):
        return []
    ends = (("from", block.start), ("to", block.end))
    return [(column, label) for column, label in ends if label not in block.existing]
