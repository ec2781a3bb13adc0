"""Ends of relationships that must exist: ids that nobody knows are refused instead of becoming nodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.loading.blocks import NodeBlock, Rows
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
        self._refused: dict[str, set[str]] = {}
        """Of each label the nodes that lack what they need."""

    def check(self, block: Rows, checked: Checked) -> Checked:
        """Return ``checked`` without relationships of unknown ends and nodes that need them; remember its nodes."""
        if isinstance(block, NodeBlock):
            asked = checked.table[schema.KEY]
            for need in block.needs:
                ids = need.ids.take(pa.array(checked.rows))
                checked = self._without_unknown(checked, ids, need.label, need.said)
            kept = checked.table[schema.KEY]
            if len(kept) < len(asked):
                gone = set(asked.to_pylist()).difference(kept.to_pylist())
                self._refused.setdefault(block.label, set()).update(gone)
            self._ids(block.label).append(kept)
            return checked
        ends = (("from", block.start), ("to", block.end))
        for column, label in ends:
            if self._refused.get(label):
                checked = self._without_refused(checked, column, label)
        for column, label in ends:
            if label not in block.existing:
                said = block.columns.get(column, column)
                checked = self._without_unknown(checked, checked.table[column], label, said)
        return checked

    def _ids(self, label: str) -> list[pa.ChunkedArray]:
        if label not in self._known:
            stored = [] if self._store is None else [self._store.read_nodes(label)[schema.KEY]]
            self._known[label] = stored
        return self._known[label]

    def _without_unknown(self, checked: Checked, ids: pa.ChunkedArray, label: str, said: str) -> Checked:
        """Refuse the rows whose end, of ``ids``, nobody knows."""
        chunks = [chunk for known in self._ids(label) for chunk in known.chunks]
        found = pc.is_in(ids, value_set=pa.chunked_array(chunks, pa.string()).combine_chunks())
        wrong = np.flatnonzero(~found.to_numpy())
        reasons = [
            f"{said} {key!r} is no {label} in the graph" for key in ids.take(pa.array(wrong)).to_pylist()
        ]
        return checked.without(wrong, reasons)

    def _without_refused(self, checked: Checked, column: str, label: str) -> Checked:
        """Leave out what leads to a node that was refused, and counted with its own rows."""
        refused = pa.array(sorted(self._refused[label]), pa.string())
        kept = np.flatnonzero(~pc.is_in(checked.table[column], value_set=refused).to_numpy())
        table, gone = checked.table.take(pa.array(kept)), checked.table.num_rows - len(kept)
        return replace(checked, table=table, rows=checked.rows[kept], nothing=checked.nothing + gone)
