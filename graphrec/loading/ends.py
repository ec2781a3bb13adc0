"""Ends of relationships that must exist: ids that nobody knows are refused instead of becoming nodes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.loading.blocks import NodeBlock, RelationshipBlock, Rows
from graphrec.rows import Checked
from graphrec.store.base import GraphStore


class KnownEnds:
    """The nodes that relationships may lead to: those of the graph, and those that the load brings itself.

    Args:
        store: the graph; None for one that is still empty.
    """

    def __init__(self, store: GraphStore | None) -> None:
        self._store = store
        self._known: dict[str, list[pa.ChunkedArray]] = {}

    def check(self, block: Rows, checked: Checked) -> Checked:
        """Return ``checked`` without relationships of unknown ends; remember its nodes."""
        if isinstance(block, NodeBlock):
            self._ids(block.label).append(checked.table[schema.KEY])
            return checked
        for column, label in (("from", block.start), ("to", block.end)):
            if label not in block.existing:
                checked = self._without_unknown(block, checked, column, label)
        return checked

    def _ids(self, label: str) -> list[pa.ChunkedArray]:
        if label not in self._known:
            stored = [] if self._store is None else [self._store.read_nodes(label)[schema.KEY]]
            self._known[label] = stored
        return self._known[label]

    def _without_unknown(
        self, block: RelationshipBlock, checked: Checked, column: str, label: str
    ) -> Checked:
        ids = checked.table[column]
        chunks = [chunk for known in self._ids(label) for chunk in known.chunks]
        found = pc.is_in(ids, value_set=pa.chunked_array(chunks, pa.string()).combine_chunks())
        wrong = np.flatnonzero(~found.to_numpy())
        said = block.columns.get(column, column)
        reasons = [
            f"{said} {key!r} is no {label} in the graph" for key in ids.take(pa.array(wrong)).to_pylist()
        ]
        return checked.without(wrong, reasons)
