"""The embedded database: ladybug, one file in the workspace, bulk writes by COPY.

Measured on 2 cores: COPY of 1M relationships 2.1 s, UNWIND + MERGE of the same 45 s; 60k vectors of 128 as BLOB 1.3 s,
as FLOAT[128] 477 s, which is why embeddings are blobs here and `cosine(a, b)` is a function of our own.
"""

from __future__ import annotations

import ctypes
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import ladybug
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.errors import QueryError, StoreError
from graphrec.properties import Properties
from graphrec.rows import ARROW
from graphrec.schema import Property
from graphrec.store import ladybug_answers
from graphrec.store.answers import OUTPUT_SHARE, WIDE, Answer, Limits
from graphrec.store.base import Floats, Ints, Neighbour, Relationships, Written
from graphrec.store.checks import check_embedding, check_ends, check_vectors, embedding_has, no_such_end
from graphrec.store.console import store as console
from graphrec.store.console.job import TOO_MUCH_MEMORY
from graphrec.store.console.ladybug_rules import checked
from graphrec.store.console.processes import queries
from graphrec.store.console.tokens import check_parameters
from graphrec.store.console.wire import from_stream
from graphrec.store.edges import StoredEdges, edge_keys
from graphrec.store.kept import Kept
from graphrec.store.ladybug_answers import LadybugJob, Verb
from graphrec.store.ladybug_files import (
    UNWRITTEN,
    Unfinished,
    nothing_yet,
    open_database,
    reason,
    state,
    touch,
    versions,
)
from graphrec.store.ladybug_functions import add_functions
from graphrec.store.ladybug_nodes import PREFIX, Nodes
from graphrec.store.ladybug_tables import TYPES, Stored, new_ends, new_tables
from graphrec.store.ladybug_words import in_its_words
from graphrec.store.nearest import chosen, exact_nearest, in_bytes
from graphrec.store.upsert import plan
from graphrec.workspace import Workspace

log = logging.getLogger(__name__)

NODES_AT_ONCE, EDGES_AT_ONCE, VECTORS_AT_ONCE = 20_000, 100_000, 5_000
"""So many are updated by one statement. Each statement on relationships looks through all of their type."""
KEPT_BYTES = 1 << 30
"""For embeddings in memory: there is no index, so that every search compares all of a label."""


class LadybugStore:
    """A ``GraphStore`` in one file. A writer holds the workspace alone; readers share it, and threads share a store.

    Args:
        workspace: where the file is; created when ``write`` is set.
        write: open for writing. Without it the database itself refuses every writing query.
        kept: where what is read whole is kept, for whoever opens the workspace again and again.

    Raises ``StoreBusy`` when another process holds the workspace, ``StoreError`` when there is nothing to read.
    """

    def __init__(self, workspace: Workspace, *, write: bool = False, kept: Kept | None = None) -> None:
        self.uri = str(workspace.database)
        self.part_rows = None
        self.workspace = workspace
        self._held = ExitStack()
        # The connection serves one thread at a time, and its open transaction is no other thread's business.
        self._lock = RLock()
        self._open_transaction = False
        self._failed = False
        self._torn = False
        self._edges: dict[tuple[str, ...], StoredEdges] = {}
        self._known: Stored | None = None
        self._nodes = Nodes(self._rows, self._type, self._reading)
        self._copied: set[str] = set()
        self._write = write
        self.kept = Kept(KEPT_BYTES) if kept is None else kept
        if write:
            workspace.create()
        elif not workspace.database.exists():
            raise nothing_yet(workspace)
        try:
            self._database = self._hold_and_open(write)
            self._connection = self._held.enter_context(ladybug.Connection(self._database))
            add_functions(self._connection)
            if not write and not self._tables():
                raise nothing_yet(workspace)
            # While it is open for reading nobody can write; a writer's is another after each change of its own.
            self._embedded: object = object() if write else state(workspace)
        except BaseException:
            self._held.close()
            raise

    def _hold_and_open(self, write: bool) -> ladybug.Database:
        self._held.enter_context(self.workspace.hold(write=write))
        try:
            return self._held.enter_context(open_database(self.workspace, write))
        except Unfinished:
            self._held.close()
            with self.workspace.hold(write=True), open_database(self.workspace, write=True):
                pass
            self._held.enter_context(self.workspace.hold(write=write))
            database = self._held.enter_context(open_database(self.workspace, write))
            log.info("%s: finished what a killed process had begun", self.uri)
            return database

    @property
    def state(self) -> object:
        """The files while nobody can write; a writer's is never the same again."""
        return object() if self._write else self._embedded

    def initialise(self) -> None:
        """Create the tables, properties and ends of the schema that are missing."""
        existing = self._tables()
        for name, statement in new_tables():
            if name not in existing:
                self._run(statement)
                continue
            self._add_missing(name, schema.properties(name))
            if name in schema.RELATIONSHIPS:
                for addition in new_ends(name, self._ends_of(name)):
                    self._run(addition)
        self._forget_columns()

    @property
    def properties(self) -> Properties:
        """What nodes and relationships may say here."""
        return self._stored.properties

    @property
    def _stored(self) -> Stored:
        with self._lock:
            if self._known is None:
                # A look at every table takes 7 ms, which an explorer has not at each click.
                self._known = self.kept.get("properties", self._embedded, self._read_stored, lambda _: 0)
            return self._known

    def _read_stored(self) -> Stored:
        tables = self._tables() & {*schema.LABELS, *schema.RELATIONSHIPS}
        return Stored.of({name: self._columns(name) for name in sorted(tables)})

    def _forget_columns(self) -> None:
        self._embedded, self._known = object(), None

    def declare(self, name: str, own: Sequence[Property]) -> None:
        """Let nodes or relationships of ``name`` have properties of the graph's own."""
        wanted = self.properties.with_own(name, own)
        if wanted.own(name) == self.properties.own(name):
            return
        with self.transaction():
            taken = {column.casefold() for column, kind in self._columns(name).items() if kind == "BLOB"}
            for prop in wanted.own(name):
                if prop.name.casefold() in taken:
                    raise embedding_has(name, prop.name)
            self._add_missing(name, wanted.own(name))
            self._forget_columns()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside the block, or none; blocks inside a block belong to the outer one."""
        with self._lock:
            if self._open_transaction:
                yield
                return
            self._run("BEGIN TRANSACTION")
            self._open_transaction = True
            try:
                yield
                self._run("COMMIT")
            except BaseException:
                self._forget_columns()
                try:
                    self._connection.execute("ROLLBACK")
                except RuntimeError:
                    log.debug("the failed transaction had already ended")
                raise
            finally:
                self._open_transaction = self._failed = False
                self._edges.clear()
                self._nodes.forget()
                self._copied.clear()

    def write_nodes(self, label: str, table: pa.Table) -> Written:
        """Create the nodes that are new, update those that differ."""
        schema.label(label)
        if not table.num_rows:
            return Written()
        names = [name for name in table.column_names if name != schema.KEY]
        with self.transaction():
            stored, at = self._nodes.stored(label, table[schema.KEY].combine_chunks(), names)
            todo = plan(table, stored, at, (schema.KEY,))
            if todo.new.num_rows or todo.changed.num_rows:
                touch(self.workspace, [label])
                self._create(label, todo.new)
                for differing, rows in todo.alike():
                    self._update_nodes(label, differing, rows, NODES_AT_ONCE)
        return Written(todo.new.num_rows, todo.changed.num_rows, todo.unchanged)

    def write_relationships(self, name: str, source: str, target: str, table: pa.Table) -> Written:
        """Create the relationships that are new, update those that differ."""
        check_ends(name, source, target)
        if not table.num_rows:
            return Written()
        names = [column for column in table.column_names if column not in ("from", "to")]
        with self.transaction():
            stored = self._stored_edges(name, source, target, names)
            keys = edge_keys(self._end(table["from"], name, source), self._end(table["to"], name, target))
            at = stored.find(keys)
            todo = plan(table, stored.properties, at, ("from", "to"))
            if todo.new.num_rows or todo.changed.num_rows:
                touch(self.workspace, [name])
                self._create_edges(name, source, target, todo.new.select(["from", "to", *names]))
                self._update(_edge(name, source, target), names, todo.changed, EDGES_AT_ONCE)
                stored.add(keys[at < 0], todo.new.select(names))
                stored.replace(keys[todo.rows], todo.changed.select(names))
        return Written(todo.new.num_rows, todo.changed.num_rows, todo.unchanged)

    def owns(self, label: str) -> bool:
        """Return True: the file is graphrec's own."""
        return True

    def delete_nodes(self, label: str, ids: pa.Array) -> int:
        """Delete nodes with all their relationships; return how many there were."""
        schema.label(label)
        if not len(ids):
            return 0
        with self.transaction():
            rows = pa.table({_column(schema.KEY): pc.unique(ids)})
            match = f"LOAD FROM $rows MATCH (n:`{label}` {{{schema.KEY}: {_column(schema.KEY)}}})"
            found = int(self._rows(f"{match} DETACH DELETE n RETURN count(*) AS c", rows=rows)["c"][0].as_py())
            if found:
                touch(self.workspace, [label, *schema.types_at(label)])
                self._edges.clear()
                self._nodes.forget()
                # As after a COPY: another one of the same label in this transaction is not to be trusted.
                self._copied.add(label)
                self._embedded = object()
        return found

    def delete_relationships(self, name: str, source: str, target: str, table: pa.Table) -> int:
        """Delete those of the relationships that there are; return how many."""
        check_ends(name, source, target)
        if not table.num_rows:
            return 0
        with self.transaction():
            rows = pa.table({_column(end): table[end] for end in ("from", "to")})
            text = f"LOAD FROM $rows {_edge(name, source, target)} DELETE n RETURN count(*) AS c"
            found = int(self._rows(text, rows=rows)["c"][0].as_py())
            if found:
                touch(self.workspace, [name])
                self._edges.clear()
                self._copied.add(name)
        return found

    def read_nodes(self, label: str, properties: Sequence[str] = ()) -> pa.Table:
        """Return ``id`` and ``properties`` of every node of ``label``."""
        schema.label(label)
        return self._nodes.all(label, properties)

    def read_relationships(
        self, name: str, source: str, target: str, properties: Sequence[str] = ()
    ) -> Relationships:
        """Return every relationship of a type between two labels."""
        check_ends(name, source, target)
        with self._lock:
            sources, source_row = self._ids(source)
            targets, target_row = (sources, source_row) if target == source else self._ids(target)
            table = self._edge_rows(name, source, target, properties)
        return Relationships(
            sources,
            targets,
            source_row[table["s"].to_numpy()],
            target_row[table["t"].to_numpy()],
            {p: table[p].cast(self._type(name, p)) for p in properties},
        )

    def read(self, text: str, /, **parameters: Any) -> pa.Table:
        """Run one of graphrec's own reading queries, on a connection of its own; raises ``QueryError``.

        It sees what is committed, not what an open transaction has written.
        """
        try:
            with ladybug_answers.reading(self._database) as connection:
                return ladybug_answers.run(connection, in_its_words(text), parameters).get_as_arrow(-1)
        except MemoryError as error:
            raise QueryError(TOO_MUCH_MEMORY) from error

    def query(self, text: str, limits: Limits = WIDE, /, **parameters: Any) -> pa.Table:
        """Run a person's query in a process of its own; raises ``QueryError``."""
        return from_stream(self._ask("table", text, parameters, limits, limits.memory // OUTPUT_SHARE))

    def ask(self, text: str, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Run a person's query in a process of its own, as far as ``limits`` allow; raises ``QueryError``."""
        return console.answer(lambda most: self._ask("rows", text, parameters, limits, most))

    def as_typed(self, text: str) -> str:
        """Return a query as it is: the embedded graph has graphrec's names."""
        return text

    def plan(self, text: str, parameters: Mapping[str, Any]) -> str:
        """Return the logical plan of a query; raises ``QueryError``."""
        return self._ask("plan", text, parameters, console.PLAN, console.SHOWN_BYTES).decode()

    def _ask(
        self, verb: Verb, text: str, parameters: Mapping[str, Any], limits: Limits, output: int
    ) -> bytes:
        check_parameters(parameters)
        # Half for the database's own buffers, half for all that it makes beside them.
        pool = limits.memory // 2
        wanted = replace(limits, memory=limits.memory - pool)
        with self._lent() as path:
            job = LadybugJob(verb, str(path), checked(text), parameters, limits.rows, pool)
            return queries(LadybugJob.__module__).run(job, wanted, output)

    @contextmanager
    def _lent(self) -> Iterator[Path]:
        """The database's file while nobody writes to it; of a writer, a copy of what it has committed."""
        if not self._write:
            yield self.workspace.database
            return
        with tempfile.TemporaryDirectory(prefix="graphrec-query-") as folder:
            with self._lock:
                for file in self.workspace.root.glob(f"{self.workspace.database.name}*"):
                    shutil.copyfile(file, Path(folder) / file.name)
            yield Path(folder) / self.workspace.database.name

    def write_embeddings(self, label: str, name: str, ids: pa.Array, vectors: Floats) -> None:
        """Set property ``name`` of the nodes ``ids`` to the rows of ``vectors`` (float32 [n, D])."""
        check_embedding(self.properties, label, name)
        check_vectors(name, len(ids), vectors)
        width = vectors.shape[1] * 4
        with self.transaction():
            self._end(pa.chunked_array([ids]), f"embedding {name!r}", label)
            if self._embedding_bytes(label, name) not in (0, width):
                self.drop_embeddings(label, name)
            self._run(f"ALTER TABLE `{label}` ADD IF NOT EXISTS `{name}` BLOB")
            rows = pa.py_buffer(np.ascontiguousarray(vectors, "<f4"))
            blobs = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(ids), [None, rows])
            table = pa.table({schema.KEY: ids, name: blobs.cast(pa.binary())})
            self._update_nodes(label, [name], table, VECTORS_AT_ONCE)
            self._embedded = object()

    def drop_embeddings(self, label: str, name: str) -> None:
        """Take property ``name`` from every node of ``label``."""
        check_embedding(self.properties, label, name)
        with self.transaction():
            if name in self._columns(label):
                self._run(f"ALTER TABLE `{label}` DROP `{name}`")
            self._embedded = object()

    def read_embeddings(
        self, label: str, name: str, ids: Sequence[str] | None = None
    ) -> tuple[pa.Array, Floats]:
        """Return the ids that have the embedding, and float32 [n, D]; all of them are kept until they change."""
        check_embedding(self.properties, label, name)
        found = self._embeddings(label, name, ids)
        return found if ids is None else chosen(*found, ids)

    def _embeddings(self, label: str, name: str, ids: Sequence[str] | None) -> tuple[pa.Array, Floats]:
        """Return the embeddings of ``ids``, and perhaps of others: all are read unless few are wanted, and kept."""
        key = label, name
        with self._lock:
            if ids is not None and not self.kept.has(key, self._embedded):
                keys = pc.unique(pa.array(ids, pa.string()))
                if self._nodes.are_few(label, len(keys)):
                    return self._read_embeddings(label, name, keys)
            return self.kept.get(key, self._embedded, lambda: self._read_embeddings(label, name), in_bytes)

    def _read_embeddings(
        self, label: str, name: str, keys: pa.Array | None = None
    ) -> tuple[pa.Array, Floats]:
        if name not in self._columns(label):
            return _vectors(pa.table({"id": pa.array([], pa.string()), "v": pa.array([], pa.binary())}))
        wanted = f"n.{schema.KEY} AS id, n.`{name}` AS v"
        if keys is not None:
            found = self._nodes.look_up(label, keys, wanted)
            return _vectors(found.filter(pc.is_valid(found["v"])))
        return _vectors(self._rows(f"MATCH (n:{label}) WHERE n.`{name}` IS NOT NULL RETURN {wanted}"))

    def has_embeddings(self, label: str, name: str) -> bool:
        """Return whether any node of ``label`` has the embedding."""
        check_embedding(self.properties, label, name)
        with self._lock:
            return self._embedding_bytes(label, name) > 0

    def nearest(
        self,
        label: str,
        name: str,
        vector: Floats,
        k: int,
        *,
        among: Sequence[str] | None = None,
        without: Sequence[str] = (),
        metric: str = "dot",
    ) -> list[Neighbour]:
        """Return the ``k`` nodes whose embedding scores highest against ``vector``, exactly."""
        check_embedding(self.properties, label, name)
        ids, vectors = self._embeddings(label, name, among)
        if not len(ids):
            return []
        return exact_nearest(ids, vectors, vector, k, among=among, without=without, metric=metric)

    def counts(self) -> dict[str, int]:
        """Return how many nodes of each label and relationships of each type there are."""
        with self._lock:
            found = {name: self._nodes.count(name) for name in schema.LABELS}
            for name in schema.RELATIONSHIPS:
                table = self._rows(f"MATCH ()-[e:`{name}`]->() RETURN count(e) AS c")
                found[name] = int(table["c"][0].as_py())
            return found

    def versions(self, names: Sequence[str]) -> dict[str, int]:
        """Return a number per label or type that grows with every change of its content."""
        stored = versions(self.workspace)
        return {name: stored.get(name, 0) for name in names}

    def close(self) -> None:
        """Close the database and let go of the workspace."""
        if self._torn:
            # Closing writes the log once more, also from the destructor, and the database aborts the process when
            # that fails again: it is left to the end of the process, and to recovery, as after a kill.
            self._database.is_closed = True
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._database))
        self._held.close()

    def _create(self, label: str, table: pa.Table) -> None:
        if not table.num_rows:
            return
        if label not in self._copied:
            self._copied.add(label)
            self._copy(f"`{label}`({', '.join(map(quoted, table.column_names))})", table)
        else:
            # Not a second COPY, though it is 5 times faster: rolling back two of them breaks the label's key index.
            values = ", ".join(f"`{name}`: {_column(name)}" for name in table.column_names)
            renamed = table.rename_columns([_column(name) for name in table.column_names])
            self._run(f"LOAD FROM $rows CREATE (:`{label}` {{{values}}})", rows=renamed)
        self._nodes.remember(label, table[schema.KEY])

    def _create_edges(self, name: str, source: str, target: str, table: pa.Table) -> None:
        known, properties = schema.relationship(name), self.properties.of(name)
        if table.num_columns == 2 and properties:
            # COPY that names no property expects them all.
            empty = properties[0]
            table = table.append_column(empty.name, pa.nulls(table.num_rows, ARROW[empty.type]))
        names = ", ".join(map(quoted, table.column_names[2:]))
        ends = f" (from='{source}', to='{target}')" if len(known.ends) > 1 else ""
        self._copy(f"`{name}`({names})" if names else f"`{name}`", table, ends)

    def _copy(self, into: str, table: pa.Table, options: str = "") -> None:
        if table.num_rows:
            # ladybug crashes when the same Arrow object reaches the same COPY text twice.
            self._run(f"COPY {into} FROM $rows{options}", rows=table.slice(0))

    def _update_nodes(self, label: str, names: Sequence[str], table: pa.Table, at_once: int) -> None:
        self._update(f"MATCH (n:{label} {{{schema.KEY}: {_column(schema.KEY)}}})", names, table, at_once)

    def _update(self, match: str, names: Sequence[str], table: pa.Table, at_once: int) -> None:
        """Set properties of what ``match`` finds by the name ``n``."""
        assignments = ", ".join(f"n.`{name}` = {_column(name)}" for name in names)
        renamed = table.rename_columns([_column(name) for name in table.column_names])
        for start in range(0, table.num_rows, at_once):
            self._run(f"LOAD FROM $rows {match} SET {assignments}", rows=renamed.slice(start, at_once))

    def _stored_edges(self, name: str, source: str, target: str, names: Sequence[str]) -> StoredEdges:
        """Return what is stored of a type, read once per transaction however many blocks are written."""
        key = (name, source, target)
        stored = self._edges.get(key)
        if stored is None or stored.properties.column_names != list(names):
            table = self._edge_rows(name, source, target, names)
            columns = {p: table[p].cast(self._type(name, p)) for p in names}
            stored = StoredEdges(edge_keys(table["s"].to_numpy(), table["t"].to_numpy()), pa.table(columns))
            self._edges[key] = stored
        return stored

    def _edge_rows(self, name: str, source: str, target: str, properties: Sequence[str]) -> pa.Table:
        columns = "".join(f", {self._reading('e', name, p)}" for p in properties)
        # Internal offsets are read twice as fast as string ids; of ten million each column of 64 bits is 80 MB.
        ends = "CAST(offset(id(a)) AS INT32) AS s, CAST(offset(id(b)) AS INT32) AS t"
        return self._rows(f"MATCH (a:{source})-[e:`{name}`]->(b:{target}) RETURN {ends}{columns}")

    def _end(self, values: pa.ChunkedArray, name: str, label: str) -> Ints:
        """Return the internal offsets of nodes; raises ``StoreError`` for one that does not exist."""
        coded = values.combine_chunks().dictionary_encode()
        found: Ints = self._nodes.find(label, coded.dictionary)[coded.indices.to_numpy()]
        if (found < 0).any():
            raise no_such_end(name, label, values[int(np.argmax(found < 0))].as_py())
        return found

    def _ids(self, label: str) -> tuple[pa.ChunkedArray, Ints]:
        """Return the ids of a label's nodes, and for each internal offset the position among them."""
        ids, offsets = self._nodes.offsets(label)
        row = np.full(int(offsets.max()) + 1 if len(offsets) else 0, -1, np.int64)
        row[offsets] = np.arange(len(offsets))
        return ids, row

    def _embedding_bytes(self, label: str, name: str) -> int:
        """Return the size of one stored vector; 0 where there is none."""
        if name not in self._columns(label):
            return 0
        found = self._rows(f"MATCH (n:{label}) WHERE n.`{name}` IS NOT NULL RETURN n.`{name}` AS v LIMIT 1")
        return len(found["v"][0].as_py()) if found.num_rows else 0

    def _tables(self) -> set[str]:
        return set(self._rows("CALL show_tables() RETURN name")["name"].to_pylist())

    def _columns(self, table: str) -> dict[str, str]:
        """Return the types of a table's columns by name."""
        found = self._rows(f"CALL table_info('{table}') RETURN name, type")
        return dict(zip(found["name"].to_pylist(), found["type"].to_pylist(), strict=True))

    def _ends_of(self, table: str) -> set[tuple[str, str]]:
        """Return from which labels to which a type's table takes relationships."""
        found = self._rows(f"CALL show_connection('{table}') RETURN *")
        return {*zip(found["source table name"].to_pylist(), found["destination table name"].to_pylist(), strict=True)}

    def _add_missing(self, table: str, properties: Sequence[Property]) -> None:
        present = self._columns(table)
        for prop in properties:
            if prop.name not in present:
                self._run(f"ALTER TABLE `{table}` ADD `{prop.name}` {TYPES[prop.type]}")

    def _type(self, name: str, prop: str) -> pa.DataType:
        """Return the type of a property of a label or type; raises ``NotFoundError`` for one that there is not."""
        return ARROW[self.properties.find(name, prop).type]

    def _reading(self, variable: str, name: str, prop: str) -> str:
        """Return what a query says to read a property; raises ``NotFoundError`` for one that there is not."""
        return self._stored.read(variable, name, prop)

    def _rows(self, text: str, /, **parameters: Any) -> pa.Table:
        with self._lock:
            return self._run(text, **parameters).get_as_arrow(-1)

    def _run(self, text: str, **parameters: Any) -> Any:
        with self._lock:
            if self._failed:
                raise StoreError(f"{self.uri}: the transaction has failed; nothing of it is stored")
            try:
                return self._connection.execute(text, parameters)
            except RuntimeError as error:
                # The database ends a transaction at its first error: what came after would be stored on its own.
                self._failed = self._open_transaction
                self._torn |= UNWRITTEN in str(error)
                raise StoreError(f"{self.uri}: {reason(error)}") from error


def _vectors(table: pa.Table) -> tuple[pa.Array, Floats]:
    """Return the column ``id``, string [n], and the numbers in ``v``, float32 [n, D]; of none, [0, 0]."""
    numbers = np.frombuffer(b"".join(table["v"].to_pylist()), "<f4")
    return table["id"].combine_chunks(), numbers.reshape(table.num_rows, -1 if table.num_rows else 0)


def _edge(name: str, source: str, target: str) -> str:
    """Return what finds the relationship ``n`` of a row."""
    # Both ends first, then the relationship: one pattern for all three is 10 times slower.
    return (
        f"MATCH (a:{source} {{{schema.KEY}: {_column('from')}}}) "
        f"MATCH (b:{target} {{{schema.KEY}: {_column('to')}}}) MATCH (a)-[n:`{name}`]->(b)"
    )


def _column(name: str) -> str:
    return f"{PREFIX}{name}"


def quoted(name: str) -> str:
    """Return a property's name as queries write it; backticks cannot stand in one."""
    return f"`{name}`"
