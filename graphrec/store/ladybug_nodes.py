"""Nodes of the embedded database, found by their ids: a few by its index, many by reading their label's ids once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from graphrec import schema
from graphrec.store.base import Ints
from graphrec.store.stored_ids import StoredIds
from graphrec.store.upsert import positions

WHOLE = 8
"""Looking a node up costs as much as reading so many of its label: where there are no more, all are read."""

PREFIX = "row_"
"""Keeps a block's columns apart from the graph's own names."""


class TableQuery(Protocol):
    """Runs a query on the store's connection."""

    def __call__(self, text: str, /, **parameters: object) -> pa.Table:
        """Return its rows."""


class Nodes:
    """Finds nodes through ``rows``, and remembers the ids of labels of which many were asked for, while it writes.

    Args:
        rows: runs a query.
        kind: tells the type of a label's property.
        reading: tells what a query says to read a property of a variable, of a label.
    """

    def __init__(
        self, rows: TableQuery, kind: Callable[[str, str], pa.DataType], reading: Callable[[str, str, str], str]
    ) -> None:
        self._rows = rows
        self._kind = kind
        self._reading = reading
        self._known: dict[str, StoredIds] = {}
        self._asked: dict[str, int] = {}

    def find(self, label: str, keys: pa.Array) -> Ints:
        """Return the internal offset of each of ``keys``, int64 [n], -1 where there is no such node."""
        if self._knows(label, len(keys)):
            return self._known[label].find(keys)
        table = self._offsets_of(label, keys)
        at = positions(keys, table["id"])
        found = np.full(len(at), -1, np.int64)
        found[at >= 0] = table["o"].to_numpy()[at[at >= 0]]
        return found

    def stored(self, label: str, keys: pa.Array, names: Sequence[str]) -> tuple[pa.Table, Ints]:
        """Return stored nodes with properties, and for each of ``keys`` the row among them, -1 where it is not."""
        found = self.find(label, keys)
        if not names:
            return pa.table({schema.KEY: keys}), np.where(found < 0, -1, np.arange(len(found)))
        known = keys.filter(pa.array(found >= 0))
        stored = self.some(label, known, names) if self.are_few(label, len(known)) else self.all(label, names)
        return stored, positions(keys, stored[schema.KEY])

    def all(self, label: str, names: Sequence[str]) -> pa.Table:
        """Return ``id`` and properties of every node; raises ``NotFoundError`` for a property that there is not."""
        types = self._types(label, names)
        return self._rows(f"MATCH (n:{label}) RETURN {self._columns(label, names)}").cast(types)

    def some(self, label: str, keys: pa.Array, names: Sequence[str]) -> pa.Table:
        """Return the same of the nodes whose ids are among ``keys``."""
        return self.look_up(label, keys, self._columns(label, names)).cast(self._types(label, names))

    def look_up(self, label: str, keys: pa.Array | pa.ChunkedArray, wanted: str) -> pa.Table:
        """Return what is ``wanted`` of those nodes ``n``."""
        column = f"{PREFIX}{schema.KEY}"
        text = f"LOAD FROM $rows MATCH (n:{label} {{{schema.KEY}: {column}}}) RETURN {wanted}"
        return self._rows(text, rows=pa.table({column: keys}))

    def offsets(self, label: str) -> tuple[pa.ChunkedArray, Ints]:
        """Return the ids of all nodes, string [n], and their internal offsets, int64 [n]."""
        table = self._rows(f"MATCH (n:{label}) RETURN offset(id(n)) AS o, n.{schema.KEY} AS id")
        return table["id"], table["o"].to_numpy()

    def count(self, label: str) -> int:
        """Return how many nodes there are."""
        return int(self._rows(f"MATCH (n:{label}) RETURN count(n) AS c")["c"][0].as_py())

    def are_few(self, label: str, rows: int) -> bool:
        """Return whether so many nodes are sooner looked up than all read."""
        return self.count(label) > WHOLE * rows

    def remember(self, label: str, created: pa.ChunkedArray) -> None:
        """Bring what is known up to date."""
        if label not in self._known:
            return
        if not self.are_few(label, len(created)):
            # All are read again when they are asked for.
            del self._known[label]
            return
        table = self._offsets_of(label, created)
        self._known[label].add(table["id"], table["o"].to_numpy())

    def forget(self) -> None:
        """Forget what is known: a transaction has ended."""
        self._known.clear()
        self._asked.clear()

    def _knows(self, label: str, rows: int) -> bool:
        """Return whether all ids are at hand, as they are where many were asked for."""
        if label in self._known:
            return True
        self._asked[label] = self._asked.get(label, 0) + rows
        if self.are_few(label, self._asked[label]):
            return False
        self._known[label] = StoredIds(*self.offsets(label))
        return True

    def _columns(self, label: str, names: Sequence[str]) -> str:
        key = f"n.{schema.KEY} AS {schema.KEY}"
        return ", ".join([key, *(self._reading("n", label, name) for name in names)])

    def _types(self, label: str, names: Sequence[str]) -> pa.Schema:
        return pa.schema({schema.KEY: pa.string(), **{name: self._kind(label, name) for name in names}})

    def _offsets_of(self, label: str, keys: pa.Array | pa.ChunkedArray) -> pa.Table:
        return self.look_up(label, keys, f"n.{schema.KEY} AS id, offset(id(n)) AS o")
