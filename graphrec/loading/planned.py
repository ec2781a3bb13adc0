"""What a load would write, told without writing: the stored graph, and over it what the load has said so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.properties import SCHEMA_PROPERTIES
from graphrec.rows import ARROW
from graphrec.schema import Property
from graphrec.store.base import GraphStore, Written
from graphrec.store.checks import check_ends
from graphrec.store.upsert import plan, positions

ENDS = ("from", "to")
PAIR = "pair"
Read = Callable[[Sequence[str]], pa.Table]


class Planned:
    """Takes what a store takes, and counts what would become of it.

    Args:
        store: the graph, opened for reading; None for one that is still empty.
    """

    part_rows: int | None = None

    def __init__(self, store: GraphStore | None) -> None:
        self._store = store
        self.properties = SCHEMA_PROPERTIES if store is None else store.properties
        self._rows: dict[tuple[str, ...], _Rows] = {}

    def declare(self, name: str, own: Sequence[Property]) -> None:
        """Note properties of the graph's own; raises what a store does."""
        self.properties = self.properties.with_own(name, own)

    def write_nodes(self, label: str, table: pa.Table) -> Written:
        """Return what would become of nodes."""
        schema.label(label)

        def read(names: Sequence[str]) -> pa.Table:
            assert self._store is not None
            return self._store.read_nodes(label, names)

        return self._write((label,), table, (schema.KEY,), table[schema.KEY], read)

    def write_relationships(self, name: str, source: str, target: str, table: pa.Table) -> Written:
        """Return what would become of relationships; raises ``StoreError`` for ends that the type does not have."""
        check_ends(name, source, target)

        def read(names: Sequence[str]) -> pa.Table:
            assert self._store is not None
            return self._store.read_relationships(name, source, target, names).table()

        return self._write((name, source, target), table, ENDS, _pairs(table), read)

    def _write(
        self, kind: tuple[str, ...], table: pa.Table, keys: tuple[str, ...], ids: pa.ChunkedArray, read: Read
    ) -> Written:
        if kind not in self._rows:
            self._rows[kind] = _Rows(keys, read if self._store is not None else None)
        types = {
            name: ARROW[self.properties.find(kind[0], name).type]
            for name in table.column_names
            if name not in keys
        }
        stored = {} if self._store is None else {one.name for one in self._store.properties.of(kind[0])}
        known = self._rows[kind].having(types, stored)
        todo = plan(table, known, positions(ids, known[PAIR]), keys)
        self._rows[kind].put(todo.new, todo.changed)
        return Written(todo.new.num_rows, todo.changed.num_rows, todo.unchanged)


class _Rows:
    """The rows of one label or type, the newest of each key first."""

    def __init__(self, keys: tuple[str, ...], read: Read | None) -> None:
        self._keys, self._read = keys, read
        rows = read(()) if read is not None else pa.table({key: pa.array([], pa.string()) for key in keys})
        self._table = _keyed(rows, keys)

    def having(self, types: dict[str, pa.DataType], stored: Collection[str]) -> pa.Table:
        """Return the rows with the properties ``types``; of which ``stored`` are in the graph."""
        missing = [name for name in types if name not in self._table.column_names]
        asked = [name for name in missing if name in stored]
        if asked and self._read is not None:
            rows = _keyed(self._read(asked), self._keys)
            at = positions(self._table[PAIR], rows[PAIR])
            place = pa.array(at, mask=at < 0)
            for name in asked:
                self._table = self._table.append_column(name, rows[name].take(place))
        for name in missing:
            if name not in self._table.column_names:
                self._table = self._table.append_column(name, pa.nulls(self._table.num_rows, types[name]))
        return self._table

    def put(self, new: pa.Table, changed: pa.Table) -> None:
        """Remember rows that were created or changed."""
        for table in (new, changed):
            if table.num_rows:
                rows = _keyed(table, self._keys)
                before = self._table
                absent = [name for name in before.column_names if name not in rows.column_names]
                place = positions(rows[PAIR], before[PAIR])
                at = pa.array(place, mask=place < 0)
                for name in absent:
                    rows = rows.append_column(name, before[name].take(at))
                self._table = pa.concat_tables([rows.select(before.column_names), before])


def _keyed(table: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """Return a table with its keys as one column."""
    return table.append_column(PAIR, table[keys[0]] if len(keys) == 1 else _pairs(table))


def _pairs(table: pa.Table) -> pa.ChunkedArray:
    # The length in between keeps "a", "bc" and "ab", "c" apart, whatever ids hold.
    length = pc.binary_length(table["from"]).cast(pa.string())
    return pc.binary_join_element_wise(length, table["from"], table["to"], ":")
