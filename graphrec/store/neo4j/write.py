"""Blocks of nodes and relationships into Neo4j: compared with what is stored in Arrow, and only the news is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.store.base import Ints, Written
from graphrec.store.checks import no_such_end
from graphrec.store.edges import StoredEdges, edge_keys
from graphrec.store.neo4j.read import Reader
from graphrec.store.neo4j.work import Statement, Work
from graphrec.store.upsert import plan, positions

BATCH_ROWS = 10_000
WHOLE = 8
"""Looking a row up costs as much as reading so many in a range: where no more are stored, everything is read."""


@dataclass
class Writer:
    """Writes inside one transaction of the store, and remembers what it has learnt of the stored graph there.

    Attributes:
        work: where statements go.
        reader: reads in the same transaction.
    """

    work: Work
    reader: Reader
    _ids: dict[str, pa.ChunkedArray] = field(default_factory=dict)
    _edges: dict[tuple[str, str, str], StoredEdges] = field(default_factory=dict)
    _asked: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def nodes(self, label: str, table: pa.Table) -> Written:
        """Create the nodes that are new, update those that differ."""
        names = [schema.label(label).property(n).name for n in table.column_names if n != schema.KEY]
        table = table.select([schema.KEY, *names])
        keys = table[schema.KEY].combine_chunks()
        stored = self._stored_nodes(label, keys, names)
        todo = plan(table, stored, positions(table[schema.KEY], stored[schema.KEY]), (schema.KEY,))
        node = f"(n:`{label}` {{id: row[0]}})"
        self._write(f"UNWIND $rows AS row MERGE {node}{_assigned('n', names, 1)} RETURN count(*)", todo.new)
        self._write(
            f"UNWIND $rows AS row MATCH {node}{_assigned('n', names, 1)} RETURN count(*)", todo.changed
        )
        if todo.new.num_rows and label in self._ids:
            known = self._ids[label]
            self._ids[label] = pa.chunked_array([*known.chunks, *todo.new[schema.KEY].chunks], pa.string())
        return self._told([label], todo.new.num_rows, todo.changed.num_rows, todo.unchanged)

    def relationships(self, name: str, source: str, target: str, table: pa.Table) -> Written:
        """Create the relationships that are new, update those that differ."""
        known = schema.relationship(name)
        names = [known.property(column).name for column in table.column_names if column not in ("from", "to")]
        table = table.select(["from", "to", *names])
        key = (name, source, target)
        # All blocks so far: many small ones, each looked up, would cost more than reading everything once.
        self._asked[key] = self._asked.get(key, 0) + table.num_rows
        whole = self._count(f"MATCH ()-[e:`{name}`]->() RETURN count(e)") <= WHOLE * self._asked[key]
        if whole or key in self._edges:
            starts, ends = (self._all_ids(label) for label in (source, target))
            keys = edge_keys(
                self._at(table["from"], starts, name, source), self._at(table["to"], ends, name, target)
            )
            stored = self._stored_edges(name, source, target, names)
            at = stored.find(keys)
            todo = plan(table, stored.properties, at, ("from", "to"))
            stored.add(keys[at < 0], todo.new.select(names))
            stored.replace(keys[todo.rows], todo.changed.select(names))
        else:
            self.require(source, table["from"], name)
            self.require(target, table["to"], name)
            rows, values = self.reader.some_relationships(name, source, target, table, names)
            at = np.full(table.num_rows, -1, np.int64)
            at[rows] = np.arange(len(rows))
            todo = plan(table, values, at, ("from", "to"))
        ends_text = f"MATCH (a:`{source}` {{id: row[0]}}) MATCH (b:`{target}` {{id: row[1]}})"
        for verb, rows_of in (("MERGE", todo.new), ("MATCH", todo.changed)):
            # MERGE also for what is new: should its transaction have to be repeated, nothing is doubled.
            text = f"UNWIND $rows AS row {ends_text} {verb} (a)-[e:`{name}`]->(b){_assigned('e', names, 2)}"
            self._write(f"{text} RETURN count(*)", rows_of)
        return self._told([name], todo.new.num_rows, todo.changed.num_rows, todo.unchanged)

    def require(self, label: str, ids: pa.ChunkedArray, what: str) -> None:
        """Raise ``StoreError`` for the first of ``ids`` that no node of ``label`` has."""
        keys = pc.unique(ids)
        stored = self._stored_nodes(label, keys, [])
        self._at(ids, stored[schema.KEY], what, label)

    def _at(self, values: pa.ChunkedArray, ids: pa.ChunkedArray, name: str, label: str) -> Ints:
        found = positions(values, ids)
        if (found < 0).any():
            raise no_such_end(name, label, values[int(np.argmax(found < 0))].as_py())
        return found

    def _stored_nodes(self, label: str, keys: pa.Array, names: Sequence[str]) -> pa.Table:
        """Return those of ``keys`` that are stored, perhaps among others, with properties."""
        if label in self._ids:
            if not names:
                return pa.table({schema.KEY: self._ids[label]})
            keys = keys.filter(pa.array(positions(pa.chunked_array([keys]), self._ids[label]) >= 0))
        if self._count(f"MATCH (n:`{label}`) RETURN count(n)") > WHOLE * len(keys):
            return self.reader.some_nodes(label, keys, names)
        found = self.reader.nodes(label, names)
        self._ids[label] = found[schema.KEY]
        return found

    def _all_ids(self, label: str) -> pa.ChunkedArray:
        if label not in self._ids:
            self._ids[label] = self.reader.nodes(label)[schema.KEY]
        return self._ids[label]

    def _stored_edges(self, name: str, source: str, target: str, names: Sequence[str]) -> StoredEdges:
        stored = self._edges.get((name, source, target))
        if stored is None or stored.properties.column_names != list(names):
            found = self.reader.relationships(name, source, target, names)
            starts = positions(found.source_ids, self._all_ids(source))[found.source]
            ends = positions(found.target_ids, self._all_ids(target))[found.target]
            properties = pa.table({name: found.properties[name] for name in names})
            stored = StoredEdges(edge_keys(starts, ends), properties)
            self._edges[name, source, target] = stored
        return stored

    def _write(self, text: str, table: pa.Table) -> None:
        for start in range(0, table.num_rows, BATCH_ROWS):
            part = table.slice(start, BATCH_ROWS)
            self.work.write(Statement(text, _row_lists(part), part.num_rows, part.num_rows))

    def _told(self, names: Sequence[str], created: int, updated: int, unchanged: int) -> Written:
        if created or updated:
            self.work.changed(names)
        return Written(created, updated, unchanged)

    def _count(self, text: str) -> int:
        return int(self.work.read(text)[0][0])


def _row_lists(part: pa.Table) -> Callable[[], dict[str, Any]]:
    return lambda: {"rows": list(map(list, zip(*(c.to_pylist() for c in part.columns), strict=True)))}


def _assigned(variable: str, names: Sequence[str], first: int) -> str:
    """Return a SET of ``names`` from the places of a row from ``first`` on; a null leaves what is stored."""
    values = [
        f"{variable}.`{name}` = coalesce(row[{place}], {variable}.`{name}`)"
        for place, name in enumerate(names, first)
    ]
    return f" SET {', '.join(values)}" if values else ""
