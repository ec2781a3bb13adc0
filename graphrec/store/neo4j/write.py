"""Blocks of nodes and relationships into Neo4j: compared with what is stored in Arrow, and only the news is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.store.base import Ints, Written
from graphrec.store.checks import no_such_end
from graphrec.store.edges import StoredEdges, edge_keys
from graphrec.store.neo4j.read import INTERNAL, RangeReader
from graphrec.store.neo4j.server import Bulk
from graphrec.store.neo4j.work import Statement, Work
from graphrec.store.upsert import Upsert, plan, positions

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
    reader: RangeReader
    _nodes: dict[str, pa.Table] = field(default_factory=dict)
    _edges: dict[tuple[str, str, str], StoredEdges] = field(default_factory=dict)
    _asked: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def nodes(self, label: str, table: pa.Table) -> Written:
        """Create the nodes that are new, update those that differ."""
        find = self.reader.properties.find
        names = [find(label, n).name for n in table.column_names if n != schema.KEY]
        table = table.select([schema.KEY, *names])
        keys = table[schema.KEY].combine_chunks()
        stored = self._stored_nodes(label, keys, names)
        todo = plan(table, stored, positions(table[schema.KEY], stored[schema.KEY]), (schema.KEY,))
        node = f"(n:`{label}` {{id: row[0]}}){_assigned('n', names, 1)}"
        for part in _batches(todo.new):
            self._create_nodes(label, f"UNWIND $rows AS row MERGE {node}", part)
        for part in _batches(todo.changed):
            text = f"UNWIND $rows AS row MATCH {node} RETURN count(*)"
            self.work.write(Statement(text, _row_lists(part), part.num_rows, label))
        return _written(todo)

    def delete(self, label: str, ids: pa.Array) -> int:
        """Delete nodes with all their relationships; return how many there were."""
        match = f"UNWIND $ids AS id MATCH (n:`{label}` {{id: id}})"
        found = 0
        for part in _batches(pa.table({schema.KEY: pc.unique(ids)})):
            keys = part[schema.KEY].to_pylist()
            found += int(self.work.read(f"{match} RETURN count(n)", ids=keys)[0][0])
            # Each type by itself, so that the version of each grows.
            for name in schema.types_at(label):
                text = f"{match}-[e:`{name}`]-() DELETE e"
                self.work.write(Statement(text, _ids(keys), of=name, rewritten=True))
            self.work.write(Statement(f"{match} DETACH DELETE n", _ids(keys), of=label))
        # Whoever keeps the embeddings of before is told that they are others now.
        embeddings = "MATCH (m:GraphrecMeta) WHERE m.id STARTS WITH $of SET m.version = m.version + 1"
        self.work.write(Statement(embeddings, lambda: {"of": f"{label}."}))
        self._nodes.clear()
        self._edges.clear()
        return found

    def delete_relationships(self, name: str, source: str, target: str, table: pa.Table) -> int:
        """Delete those of the relationships that there are; return how many."""
        match = (
            f"UNWIND $rows AS row MATCH (a:`{source}` {{id: row[0]}}) MATCH (b:`{target}` {{id: row[1]}}) "
            f"MATCH (a)-[e:`{name}`]->(b)"
        )
        found = 0
        for part in _batches(table.select(["from", "to"])):
            rows = [[*row.values()] for row in part.to_pylist()]
            found += int(self.work.read(f"{match} RETURN count(e)", rows=rows)[0][0])
            self.work.write(Statement(f"{match} DELETE e", partial(dict, rows=rows), of=name, rewritten=True))
        self._edges.clear()
        return found

    def relationships(self, name: str, source: str, target: str, table: pa.Table) -> Written:
        """Create the relationships that are new, update those that differ."""
        find = self.reader.properties.find
        names = [find(name, column).name for column in table.column_names if column not in ("from", "to")]
        table = table.select(["from", "to", *names])
        key = (name, source, target)
        # All blocks so far: many small ones, each looked up, would cost more than reading everything once.
        self._asked[key] = self._asked.get(key, 0) + table.num_rows
        whole = self._count(f"MATCH ()-[e:`{name}`]->() RETURN count(e)") <= WHOLE * self._asked[key]
        internal: list[pa.ChunkedArray] = []
        newest: int | None = None
        if whole or key in self._edges:
            self._alone(name)
            rows = []
            for column, label in (("from", source), ("to", target)):
                nodes = self._all_nodes(label)
                rows.append(self._at(table[column], nodes[schema.KEY], name, label))
                internal.append(nodes[INTERNAL].take(pa.array(rows[-1])))
            keys = edge_keys(rows[0], rows[1])
            stored = self._stored_edges(name, source, target, names)
            at = stored.find(keys)
            newest = pc.max(stored.properties["at"]).as_py() if "at" in names else None
            todo = plan(table, stored.properties, at, ("from", "to"))
            stored.add(keys[at < 0], todo.new.select(names))
            stored.replace(keys[todo.rows], todo.changed.select(names))
        else:
            self.require(source, table["from"], name)
            self.require(target, table["to"], name)
            found, values = self.reader.some_relationships(name, source, target, table, names)
            at = np.full(table.num_rows, -1, np.int64)
            at[found] = np.arange(len(found))
            todo = plan(table, values, at, ("from", "to"))
            if todo.changed.num_rows and "at" in names:
                newest = self._count(f"MATCH ()-[e:`{name}`]->() RETURN coalesce(max(e.at), 0)")
        ends = [column.take(pa.array(np.flatnonzero(at < 0))) for column in internal]
        self._write_relationships(name, (source, target), todo.new, ends, new=True, rewritten=False)
        ends = [column.take(pa.array(todo.rows)) for column in internal]
        rewritten = not _newer(todo.changed, newest)
        self._write_relationships(name, (source, target), todo.changed, ends, new=False, rewritten=rewritten)
        return _written(todo)

    def _alone(self, name: str) -> bool:
        """Keep others from a type; where one of them has changed it, forget what is known of it and return False."""
        if self.work.hold(name):
            return True
        self._edges = {key: stored for key, stored in self._edges.items() if key[0] != name}
        return False

    def require(self, label: str, ids: pa.ChunkedArray, what: str) -> None:
        """Raise ``StoreError`` for the first of ``ids`` that no node of ``label`` has."""
        keys = pc.unique(ids)
        stored = self._stored_nodes(label, keys, [])
        self._at(ids, stored[schema.KEY], what, label)

    def _create_nodes(self, label: str, text: str, part: pa.Table) -> None:
        """Create nodes, and keep their internal ids where those of the label are known."""
        plain = Statement(f"{text} RETURN count(*)", _row_lists(part), part.num_rows, label)
        if label not in self._nodes:
            self.work.write(plain)
            return
        identity, told = self.reader.identity, list[list[Any]]()
        text = f"{identity.prefix}{text} RETURN count(*), collect(n.id), collect({identity.function}(n))"
        self.work.write(replace(plain, text=text, told=told.append, again=plain))
        _, ids, internal = told[0] if told else (0, part[schema.KEY], pa.nulls(part.num_rows))
        created = pa.table({schema.KEY: ids, INTERNAL: internal})
        self._nodes[label] = pa.concat_tables([self._nodes[label], created.cast(self._nodes[label].schema)])

    def _write_relationships(
        self,
        name: str,
        labels: tuple[str, str],
        table: pa.Table,
        internal: Sequence[pa.ChunkedArray],
        *,
        new: bool,
        rewritten: bool,
    ) -> None:
        """Write rows of ids and properties.

        Args:
            name: the type.
            labels: of its ends.
            table: ``from``, ``to`` and properties.
            internal: internal ids of both ends, or nothing. With them all that is stored is known as well: while nobody
                else changes it, what is new is created without looking again, in half the time.
            new: whether they are to be created.
            rewritten: whether ``at`` does not tell of the change.
        """
        identity, names = self.reader.identity, table.column_names[2:]
        ends = list(zip("ab", labels, ("row[0]", "row[1]"), strict=True))
        by_id = " ".join(f"MATCH ({end}:`{label}` {{id: {value}}})" for end, label, value in ends)
        by_name = " ".join(identity.match(*end) for end in ends)
        careful = f"{'MERGE' if new else 'MATCH'} (a)-[e:`{name}`]->(b){_assigned('e', names, 2)}"
        values = ", ".join(f"`{prop}`: row[{place}]" for place, prop in enumerate(names, 2))
        fast_one = f"CREATE (a)-[:`{name}` {{{values}}}]->(b)" if new else careful
        text = f"UNWIND $rows AS row {by_id} {careful} RETURN count(*)"
        fast_text = f"{identity.prefix}UNWIND $rows AS row {by_name} {fast_one} RETURN count(*)"
        named = table
        for place, column in enumerate(internal):
            named = named.set_column(place, named.column_names[place], column)
        alone = bool(internal)
        for part, fast in zip(_batches(table), _batches(named), strict=True):
            statement = Statement(text, _row_lists(part), part.num_rows, name, rewritten)
            self.work.make_room(part.num_rows)
            alone = alone and self._alone(name)
            if alone:
                statement = replace(statement, text=fast_text, parameters=_row_lists(fast), again=statement)
            self.work.write(statement)

    def _at(self, values: pa.ChunkedArray, ids: pa.ChunkedArray, name: str, label: str) -> Ints:
        found = positions(values, ids)
        if (found < 0).any():
            raise no_such_end(name, label, values[int(np.argmax(found < 0))].as_py())
        return found

    def _stored_nodes(self, label: str, keys: pa.Array, names: Sequence[str]) -> pa.Table:
        """Return those of ``keys`` that are stored, perhaps among others, with properties."""
        if label in self._nodes:
            if not names:
                return self._nodes[label]
            keys = keys.filter(
                pa.array(positions(pa.chunked_array([keys]), self._nodes[label][schema.KEY]) >= 0)
            )
        if self._count(f"MATCH (n:`{label}`) RETURN count(n)") > WHOLE * len(keys):
            return self.reader.some_nodes(label, keys, names)
        found = self.reader.named_nodes(label, names)
        self._nodes[label] = found.select([schema.KEY, INTERNAL])
        return found

    def _all_nodes(self, label: str) -> pa.Table:
        if label not in self._nodes:
            self._nodes[label] = self.reader.named_nodes(label)
        return self._nodes[label]

    def _stored_edges(self, name: str, source: str, target: str, names: Sequence[str]) -> StoredEdges:
        stored = self._edges.get((name, source, target))
        if stored is None or stored.properties.column_names != list(names):
            found = self.reader.relationships(name, source, target, names)
            starts = positions(found.source_ids, self._all_nodes(source)[schema.KEY])[found.source]
            ends = positions(found.target_ids, self._all_nodes(target)[schema.KEY])[found.target]
            properties = pa.table({name: found.properties[name] for name in names})
            stored = StoredEdges(edge_keys(starts, ends), properties)
            self._edges[name, source, target] = stored
        return stored

    def _count(self, text: str) -> int:
        return int(self.work.read(text)[0][0])


def _batches(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, BATCH_ROWS):
        yield table.slice(start, BATCH_ROWS)


def _written(todo: Upsert) -> Written:
    return Written(todo.new.num_rows, todo.changed.num_rows, todo.unchanged)


def _newer(changed: pa.Table, newest: int | None) -> bool:
    """Return whether ``at`` of every changed row is past all that was stored, so that it tells of the change."""
    if not changed.num_rows:
        return True
    least = pc.min(changed["at"]).as_py() if "at" in changed.column_names else None
    return newest is not None and least is not None and not changed["at"].null_count and least > newest


def _row_lists(part: pa.Table) -> Callable[[], dict[str, Any]]:
    return lambda: {"rows": Bulk(map(list, zip(*(c.to_pylist() for c in part.columns), strict=True)))}


def _ids(keys: list[str]) -> Callable[[], dict[str, Any]]:
    return lambda: {"ids": keys}


def _assigned(variable: str, names: Sequence[str], first: int) -> str:
    """Return a SET of ``names`` from the places of a row from ``first`` on; a null leaves what is stored."""
    values = [
        f"{variable}.`{name}` = coalesce(row[{place}], {variable}.`{name}`)"
        for place, name in enumerate(names, first)
    ]
    return f" SET {', '.join(values)}" if values else ""
