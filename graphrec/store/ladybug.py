"""The embedded database: ladybug, one file in the workspace, bulk writes by COPY.

Measured on 2 cores: COPY of 1M relationships 2.1 s, UNWIND + MERGE of the same 45 s; 60k vectors of 128 as BLOB 1.3 s,
as FLOAT[128] 477 s, which is why embeddings are blobs here and `cosine(a, b)` is a function of our own.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import ladybug
import numpy as np
import pyarrow as pa

from graphrec import schema
from graphrec.errors import QueryError, StoreBusy, StoreError
from graphrec.rows import ARROW
from graphrec.files import read_json, write_json
from graphrec.store.base import Floats, Neighbour, Relationships, Written
from graphrec.store.nearest import exact_nearest
from graphrec.store.upsert import plan, positions
from graphrec.workspace import Workspace

log = logging.getLogger(__name__)

TYPES = {"string": "STRING", "int64": "INT64", "float64": "DOUBLE", "bool": "BOOLEAN"}

BUFFER_POOL = 1 << 30
ADDRESS_SPACE = 1 << 38
UPDATE_ROWS = 5_000


class LadybugStore:
    """A ``GraphStore`` in one file. A writer holds the workspace alone; readers share it.

    Args:
        workspace: where the file is; created when ``write`` is set.
        write: open for writing. Without it the database itself refuses every writing query.

    Raises ``StoreBusy`` when another process holds the workspace, ``StoreError`` when there is nothing to read.
    """

    def __init__(self, workspace: Workspace, *, write: bool = False) -> None:
        self.uri = str(workspace.database)
        self.workspace = workspace
        self._held = ExitStack()
        self._open_transaction = False
        self._embeddings: dict[tuple[str, str], tuple[pa.Array, Floats]] = {}
        if write:
            workspace.create()
        elif not workspace.database.exists():
            raise StoreError(f"the workspace {workspace.root} holds no graph yet; "
                             "run `graphrec demo`, or `graphrec load`, or name another with --workspace")
        self._held.enter_context(workspace.hold(write=write))
        try:
            self._database = self._held.enter_context(_open(workspace, write))
            self._connection = self._held.enter_context(ladybug.Connection(self._database))
            self._connection.create_function("cosine", _cosine, [ladybug.Type.BLOB] * 2, ladybug.Type.DOUBLE)
        except BaseException:
            self._held.close()
            raise

    def initialise(self) -> None:
        """Create the tables and properties of the schema that are missing."""
        existing = {row["name"] for row in self._rows("CALL show_tables() RETURN name").to_pylist()}
        for label in schema.LABELS.values():
            if label.name not in existing:
                columns = "".join(f", {p.name} {TYPES[p.type]}" for p in label.properties)
                self._run(f"CREATE NODE TABLE `{label.name}`({schema.KEY} STRING PRIMARY KEY{columns})")
            else:
                self._add_missing(label.name, label.properties)
        for rel in schema.RELATIONSHIPS.values():
            if rel.name not in existing:
                ends = ", ".join(f"FROM {a} TO {b}" for a, b in rel.ends)
                columns = "".join(f", {p.name} {TYPES[p.type]}" for p in rel.properties)
                self._run(f"CREATE REL TABLE `{rel.name}`({ends}{columns})")
            else:
                self._add_missing(rel.name, rel.properties)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside the block, or none; blocks inside a block belong to the outer one."""
        if self._open_transaction:
            yield
            return
        self._run("BEGIN TRANSACTION")
        self._open_transaction = True
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            try:
                self._connection.execute("ROLLBACK")
            except RuntimeError:
                log.debug("the failed transaction had already ended")
            raise
        finally:
            self._open_transaction = False

    def write_nodes(self, label: str, table: pa.Table) -> Written:
        """Create the nodes that are new, update those that differ."""
        schema.label(label)
        if not table.num_rows:
            return Written()
        names = [name for name in table.column_names if name != schema.KEY]
        stored = self.read_nodes(label, names)
        todo = plan(table, stored, positions(table[schema.KEY], stored[schema.KEY]), (schema.KEY,))
        if todo.new.num_rows or todo.changed.num_rows:
            with self.transaction():
                self._touch(label)
                self._copy(f"`{label}`({', '.join(todo.new.column_names)})", todo.new)
                self._update(f"MATCH (n:{label} {{{schema.KEY}: {_column(schema.KEY)}}})", "n", names, todo.changed)
        return Written(todo.new.num_rows, todo.changed.num_rows, todo.unchanged)

    def write_relationships(self, name: str, source: str, target: str, table: pa.Table) -> Written:
        """Create the relationships that are new, update those that differ."""
        _check_ends(name, source, target)
        if not table.num_rows:
            return Written()
        names = [column for column in table.column_names if column not in ("from", "to")]
        stored = self.read_relationships(name, source, target, names)
        width = max(len(stored.target_ids), 1)
        keys = stored.source * width + stored.target
        order = np.argsort(keys, kind="stable")
        here = self._end(table["from"], stored.source_ids, name, source) * width + self._end(
            table["to"], stored.target_ids, name, target
        )
        slot = np.searchsorted(keys[order], here)
        inside = np.minimum(slot, max(len(keys) - 1, 0))
        at = np.full(len(here), -1, np.int64)
        if len(keys):
            match = keys[order[inside]] == here
            at[match] = order[inside[match]]
        todo = plan(table, pa.table(dict(stored.properties)) if names else table.slice(0, 0), at, ("from", "to"))
        if todo.new.num_rows or todo.changed.num_rows:
            with self.transaction():
                self._touch(name)
                self._copy(
                    f"`{name}`{'(' + ', '.join(names) + ')' if names else ''}",
                    todo.new.select(["from", "to", *names]),
                    f" (from='{source}', to='{target}')" if len(schema.relationship(name).ends) > 1 else "",
                )
                # Both ends first, then the relationship: one pattern for all three is 10 times slower.
                self._update(
                    f"MATCH (a:{source} {{{schema.KEY}: {_column('from')}}}) "
                    f"MATCH (b:{target} {{{schema.KEY}: {_column('to')}}}) MATCH (a)-[n:`{name}`]->(b)",
                    "n", names, todo.changed,
                )
        return Written(todo.new.num_rows, todo.changed.num_rows, todo.unchanged)

    def read_nodes(self, label: str, properties: Sequence[str] = ()) -> pa.Table:
        """Return ``id`` and ``properties`` of every node of ``label``."""
        known = schema.label(label)
        columns = [schema.KEY, *(known.property(p).name for p in properties)]
        table = self._rows(f"MATCH (n:{label}) RETURN {', '.join(f'n.{c} AS {c}' for c in columns)}")
        types = [pa.string(), *(ARROW[known.property(p).type] for p in properties)]
        return table.cast(pa.schema(list(zip(columns, types, strict=True))))

    def read_relationships(
        self, name: str, source: str, target: str, properties: Sequence[str] = ()
    ) -> Relationships:
        """Return every relationship of a type between two labels."""
        _check_ends(name, source, target)
        known = schema.relationship(name)
        sources, source_row = self._ids(source)
        targets, target_row = (sources, source_row) if target == source else self._ids(target)
        columns = "".join(f", e.{known.property(p).name} AS {p}" for p in properties)
        # Internal offsets are read twice as fast as string ids; they are turned into positions here.
        table = self._rows(
            f"MATCH (a:{source})-[e:`{name}`]->(b:{target}) RETURN offset(id(a)) AS s, offset(id(b)) AS t{columns}"
        )
        return Relationships(
            sources, targets, source_row[table["s"].to_numpy()], target_row[table["t"].to_numpy()],
            {p: table[p].cast(ARROW[known.property(p).type]) for p in properties},
        )

    def query(self, text: str, **parameters: Any) -> pa.Table:
        """Run a read-only query on a connection of its own; raises ``QueryError``."""
        try:
            with ladybug.Connection(self._database) as connection:
                result = connection.execute(text, parameters)
                if isinstance(result, list):
                    raise QueryError("one statement at a time: remove the `;` between them")
                return result.get_as_arrow(-1)
        except RuntimeError as error:
            raise QueryError(f"the query failed: {_first_line(error)}") from error

    def write_embeddings(self, label: str, name: str, ids: pa.Array, vectors: Floats) -> None:
        """Set property ``name`` of the nodes ``ids`` to the rows of ``vectors`` (float32 [n, D])."""
        schema.label(label)
        _check_identifier(name)
        width = vectors.shape[1] * 4
        with self.transaction():
            stored = self._embedding_bytes(label, name)
            if stored not in (0, width):
                self._run(f"ALTER TABLE `{label}` DROP {name}")
            self._run(f"ALTER TABLE `{label}` ADD IF NOT EXISTS {name} BLOB")
            rows = pa.py_buffer(np.ascontiguousarray(vectors, "<f4"))
            blobs = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(ids), [None, rows])
            table = pa.table({schema.KEY: ids, name: blobs.cast(pa.binary())})
            self._update(f"MATCH (n:{label} {{{schema.KEY}: {_column(schema.KEY)}}})", "n", [name], table)
        self._embeddings.pop((label, name), None)

    def read_embeddings(self, label: str, name: str) -> tuple[pa.Array, Floats]:
        """Return the ids that have the embedding, and float32 [n, D]; kept in memory until they change."""
        schema.label(label)
        _check_identifier(name)
        if (label, name) not in self._embeddings:
            self._embeddings[label, name] = self._read_embeddings(label, name)
        return self._embeddings[label, name]

    def _read_embeddings(self, label: str, name: str) -> tuple[pa.Array, Floats]:
        if self._embedding_bytes(label, name) == 0:
            return pa.array([], pa.string()), np.empty((0, 0), np.float32)
        table = self._rows(f"MATCH (n:{label}) WHERE n.{name} IS NOT NULL RETURN n.{schema.KEY} AS id, n.{name} AS v")
        blobs = table["v"].combine_chunks()
        vectors = np.frombuffer(blobs.buffers()[2], "<f4").reshape(len(blobs), -1)
        return table["id"].combine_chunks(), vectors

    def nearest(
        self, label: str, name: str, vector: Floats, k: int, *, among: Sequence[str] | None = None,
        without: Sequence[str] = (), metric: str = "dot",
    ) -> list[Neighbour]:
        """Return the ``k`` nodes whose embedding scores highest against ``vector``, exactly."""
        ids, vectors = self.read_embeddings(label, name)
        if not len(ids):
            return []
        return exact_nearest(ids, vectors, vector, k, among=among, without=without, metric=metric)

    def counts(self) -> dict[str, int]:
        """Return how many nodes of each label and relationships of each type there are."""
        found = {name: self._count(f"MATCH (n:{name}) RETURN count(n) AS c") for name in schema.LABELS}
        return found | {
            name: self._count(f"MATCH ()-[e:`{name}`]->() RETURN count(e) AS c") for name in schema.RELATIONSHIPS
        }

    def versions(self, names: Sequence[str]) -> dict[str, int]:
        """Return a number per label or type that grows with every change of its content."""
        stored = self._versions()
        return {name: int(stored.get(name, 0)) for name in names}

    def close(self) -> None:
        """Close the database and let go of the workspace."""
        self._held.close()

    def _versions(self) -> dict[str, int]:
        path = self.workspace.root / "versions.json"
        return dict(read_json(path)) if path.exists() else {}

    def _touch(self, name: str) -> None:
        # Before the commit: a crash in between costs a needless re-read, never a stale snapshot.
        stored = self._versions()
        write_json(self.workspace.root / "versions.json", stored | {name: stored.get(name, 0) + 1})

    def _copy(self, into: str, table: pa.Table, options: str = "") -> None:
        if table.num_rows:
            # ladybug crashes when the same Arrow object reaches the same COPY text twice.
            self._run(f"COPY {into} FROM $rows{options}", rows=table.slice(0))

    def _update(self, match: str, variable: str, names: Sequence[str], table: pa.Table) -> None:
        assignments = ", ".join(f"{variable}.{name} = {_column(name)}" for name in names)
        renamed = table.rename_columns([_column(name) for name in table.column_names])
        for start in range(0, table.num_rows, UPDATE_ROWS):
            self._run(f"LOAD FROM $rows {match} SET {assignments}", rows=renamed.slice(start, UPDATE_ROWS))

    def _end(self, values: pa.ChunkedArray, ids: pa.ChunkedArray, name: str, label: str) -> Any:
        found = positions(values, ids)
        if (found < 0).any():
            missing = values[int(np.argmax(found < 0))].as_py()
            raise StoreError(f"{name}: there is no {label} with id {missing!r}")
        return found

    def _ids(self, label: str) -> tuple[pa.ChunkedArray, Any]:
        table = self._rows(f"MATCH (n:{label}) RETURN offset(id(n)) AS o, n.{schema.KEY} AS id")
        offsets = table["o"].to_numpy()
        row = np.full(int(offsets.max()) + 1 if len(offsets) else 0, -1, np.int64)
        row[offsets] = np.arange(len(offsets))
        return table["id"], row

    def _embedding_bytes(self, label: str, name: str) -> int:
        """Return the size of one stored vector; 0 where there is none."""
        columns = self._rows(f"CALL table_info('{label}') RETURN name")["name"].to_pylist()
        if name not in columns:
            return 0
        found = self._rows(f"MATCH (n:{label}) WHERE n.{name} IS NOT NULL RETURN n.{name} AS v LIMIT 1")
        return len(found["v"][0].as_py()) if found.num_rows else 0

    def _add_missing(self, table: str, properties: Sequence[schema.Property]) -> None:
        present = {row["name"] for row in self._rows(f"CALL table_info('{table}') RETURN name").to_pylist()}
        for prop in properties:
            if prop.name not in present:
                self._run(f"ALTER TABLE `{table}` ADD {prop.name} {TYPES[prop.type]}")

    def _count(self, text: str) -> int:
        return int(self._rows(text)["c"][0].as_py())

    def _rows(self, text: str) -> pa.Table:
        return self._run(text).get_as_arrow(-1)

    def _run(self, text: str, **parameters: Any) -> Any:
        try:
            return self._connection.execute(text, parameters)
        except RuntimeError as error:
            raise StoreError(f"{self.uri}: {_first_line(error)}") from error


@contextmanager
def _open(workspace: Workspace, write: bool) -> Iterator[ladybug.Database]:
    path = str(workspace.database)
    settings = {"buffer_pool_size": BUFFER_POOL, "max_db_size": ADDRESS_SPACE, "read_only": not write}
    try:
        database = ladybug.Database(path, **settings)
    except RuntimeError as error:
        if "lock" in str(error).lower():
            raise StoreBusy(f"{path} is open in another program: {_first_line(error)}") from error
        wal = workspace.database.with_name(workspace.database.name + ".wal")
        if not wal.exists():
            raise StoreError(f"{path} cannot be opened: {_first_line(error)}") from error
        database = _recover(workspace, settings, error)
    try:
        yield database
    finally:
        database.close()


def _recover(workspace: Workspace, settings: dict[str, Any], cause: RuntimeError) -> ladybug.Database:
    """Open a database whose log was torn by a crash: keep a copy, replay what is whole, say so."""
    backup = workspace.root / time.strftime("backup-%Y%m%d-%H%M%S")
    backup.mkdir()
    for file in workspace.root.glob(workspace.database.name + "*"):
        shutil.copy2(file, backup)
    try:
        writable = settings | {"read_only": False, "throw_on_wal_replay_failure": False}
        ladybug.Database(str(workspace.database), **writable).close()
        database = ladybug.Database(str(workspace.database), **settings)
    except RuntimeError as error:
        raise StoreError(f"{workspace.database} is damaged and could not be recovered ({_first_line(error)}); "
                         f"a copy of its files is in {backup}") from cause
    log.warning("the last write to %s was cut off; recovered up to it. A copy of the files as found is in %s",
                workspace.database, backup)
    return database


def _cosine(left: bytes, right: bytes) -> float:
    a, b = np.frombuffer(left, "<f4"), np.frombuffer(right, "<f4")
    return float(a @ b / np.sqrt(max((a @ a) * (b @ b), np.finfo(np.float32).tiny)))


def _check_ends(name: str, source: str, target: str) -> None:
    ends = schema.relationship(name).ends
    if (source, target) not in ends:
        allowed = ", ".join(f"{a} -> {b}" for a, b in ends)
        raise StoreError(f"{name} does not go from {source} to {target}; it goes {allowed}")


def _check_identifier(name: str) -> None:
    if not (name.isascii() and name.isidentifier()):
        raise StoreError(f"{name!r} cannot name a property: letters, digits and _ only")


def _column(name: str) -> str:
    # A prefix keeps a block's columns apart from the graph's own names.
    return f"row_{name}"


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
