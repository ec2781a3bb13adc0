"""Neo4j 5.26 and later, through the official driver.

The schema's labels, types and properties are Neo4j's own; a node ``(:GraphrecMeta {id, version})`` for each of them
counts what graphrec has changed. Each public method is one unit of work: tried again where it fails for a passing
reason (a deadlock, a lost connection), and without effect where it is repeated.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import local
from typing import Any, TypeVar

import pyarrow as pa

from graphrec import schema
from graphrec.errors import StoreError
from graphrec.properties import Properties
from graphrec.schema import Property
from graphrec.store.answers import OUTPUT_SHARE, WIDE, Answer, Limits
from graphrec.store.base import Floats, Mark, Neighbour, Relationships, Written
from graphrec.store.checks import check_embedding, check_ends, check_vectors, embedding_has, read_only
from graphrec.store.console import store as console
from graphrec.store.console.neo4j_rules import checked
from graphrec.store.console.processes import queries
from graphrec.store.console.tokens import check_parameters
from graphrec.store.console.wire import from_stream
from graphrec.store.kept import Kept
from graphrec.store.neo4j import answers
from graphrec.store.neo4j.commits import of_others
from graphrec.store.neo4j.errors import Failure, wrong_query
from graphrec.store.neo4j.examine import examined, examined_ids
from graphrec.store.neo4j.fitting import Flaw
from graphrec.store.neo4j.health import (
    Health,
    index_states,
    missing_constraints,
    safety_settings,
    unindexed_keys,
)
from graphrec.store.neo4j.login import Login, address, login
from graphrec.store.neo4j.mapping import META, OWN_LABELS, SCHEMA_NAMES, GraphMapping, quoted
from graphrec.store.neo4j.own import declared, read_own
from graphrec.store.neo4j.read import NUMBERS, STRINGS, Identity, RangeReader
from graphrec.store.neo4j.resolve import resolved
from graphrec.store.neo4j.server import Rows, Server
from graphrec.store.neo4j.shape import Contents, GraphShape, shape
from graphrec.store.neo4j.taken import constraint_name, others, refuse_others, tell_taken
from graphrec.store.neo4j.values import table as arrow_table
from graphrec.store.neo4j.vectors import LATER, Vectors, VectorSearch, describe, has_vectors, mapped_for
from graphrec.store.neo4j.work import Work
from graphrec.store.neo4j.write import Writer

log = logging.getLogger(__name__)

NOTICED_S = 600.0
"""After so long at the latest it is noticed what others have written."""

DECLARED_S = 2.0
QUERY_SECONDS = 60.0
SESSIONS = 2
PART_ROWS = 200_000
CONSTRAINED = (*schema.LABELS, META)
STEADY_READS = 3

Result = TypeVar("Result")


class Neo4jStore:
    """A ``GraphStore`` on a server; threads and forked processes may share the object.

    Args:
        uri: ``scheme://host[:port]``, without a password.
        who: name, password and database; None for what Neo4j's environment variables say.
        write: whether the methods that write may be called.
        mapping: what the graph calls graphrec's labels, types and properties, where it has names of its own. What is
            mapped is read, and gets embeddings; nothing else of it is ever written, and what is not mapped is neither
            read nor written.

    Raises ``ConfigError`` for an address or a password file that cannot be used, ``StoreError`` where the server does
    not answer, refuses the login or has no such database, and for writing where the graph is somebody else's and no
    mapping says what plays graphrec's roles.
    """

    def __init__(
        self,
        uri: str,
        who: Login | None = None,
        *,
        write: bool = False,
        mapping: GraphMapping = SCHEMA_NAMES,
    ) -> None:
        who = login() if who is None else who
        self._server = Server(address(uri), who, mapping)
        self.uri = self._server.uri + (f"/{who.database}" if who.database else "")
        self.part_rows = PART_ROWS
        self._write = write
        self.kept = Kept()
        self._vectors = Vectors(self._server, self.kept)
        self._local = local()
        self._properties: tuple[float, Properties] | None = None
        try:
            self._server.check()
            if mapping.foreign:
                self._server.speak(resolved(self._server.rows_as_named, mapping))
            elif write:
                refuse_others(self.uri, self._server.rows_as_named)
        except BaseException:
            self._server.close()
            raise
        self._examined: dict[str, int] = {}
        self._ids_until = 0.0

    def __repr__(self) -> str:
        return f"Neo4jStore({self.uri!r})"

    @property
    def state(self) -> object:
        """The versions of all that there is, and a clock; never the same again while a transaction is open."""
        if self._writer() is not None:
            return object()
        versions = self.versions([*schema.LABELS, *schema.RELATIONSHIPS])
        return tuple(versions.values()), int(time.monotonic() // NOTICED_S)

    def initialise(self) -> None:
        """Create the constraints that are missing; ids are unique, and found by the constraint's index.

        In a mapped graph these are its bookkeeping's only.
        """
        self._writable()
        if not self._server.mapping.foreign:
            tell_taken(self.uri, self._server.rows_as_named)
        missing = missing_constraints(self._server, self._constrained())
        for label in missing:
            self._server.command(
                f"CREATE CONSTRAINT `{constraint_name(label)}` IF NOT EXISTS "
                f"FOR (n:`{label}`) REQUIRE n.id IS UNIQUE"
            )
        if missing:
            self._server.command("CALL db.awaitIndexes(600)")
        for role, key in unindexed_keys(self._server):
            pattern = f"(n:{quoted(role)}) ON (n.{quoted(key)})"
            log.warning("every look-up of %s reads all of them; CREATE INDEX FOR %s", role, pattern)

    @property
    def properties(self) -> Properties:
        """What nodes and relationships may say here; what others declare is seen ``DECLARED_S`` later at the latest."""
        if self._server.mapping.foreign:
            return self._server.mapping.properties()
        if self._properties is None or time.monotonic() - self._properties[0] > DECLARED_S:
            self._properties = time.monotonic(), read_own(self._run)
        return self._properties[1]

    def declare(self, name: str, own: Sequence[Property]) -> None:
        """Let nodes or relationships of ``name`` have properties of the graph's own."""
        wanted = self.properties.with_own(name, own)
        if wanted.own(name) == self.properties.own(name):
            return
        if self._server.mapping.foreign:
            raise read_only(self.uri)
        with self.transaction():
            writer, _ = self._open()
            for prop in wanted.own(name):
                if name in schema.LABELS and describe(self._run, name, prop.name) is not None:
                    raise embedding_has(name, prop.name)
            writer.work.write(declared(name, wanted))
            self._properties = time.monotonic(), wanted
            writer.reader = self._reader(writer.work)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside the block, or none; more than ``part_rows`` rows are committed in parts."""
        if self._writer() is not None:
            yield
            return
        self._writable()
        work = Work(self._server, self.part_rows)
        self._local.open = (os.getpid(), Writer(work, self._reader(work)), {})
        try:
            yield
            work.commit()
            indexes: Mapping[tuple[str, str], bool] = self._local.open[2]
        except BaseException:
            work.abandon()
            self._properties = None
            raise
        finally:
            self._local.open = None
        for (label, name), wanted in sorted(indexes.items(), key=lambda index: index[0][0] in LATER):
            if wanted:
                self._vectors.index(label, name)
            else:
                self._vectors.drop_index(label, name)

    def write_nodes(self, label: str, table: pa.Table) -> Written:
        """Create the nodes that are new, update those that differ."""
        schema.label(label)
        if not self.owns(label):
            raise read_only(self.uri)
        if not table.num_rows:
            return Written()
        return self._written(lambda writer: writer.nodes(label, table))

    def write_relationships(self, name: str, source: str, target: str, table: pa.Table) -> Written:
        """Create the relationships that are new, update those that differ."""
        check_ends(name, source, target)
        if self._server.mapping.foreign:
            raise read_only(self.uri)
        if not table.num_rows:
            return Written()
        return self._written(lambda writer: writer.relationships(name, source, target, table))

    def owns(self, label: str) -> bool:
        """Return whether nodes of ``label`` are graphrec's to change; of a mapped graph only its bookkeeping is."""
        return not self._server.mapping.foreign or label in OWN_LABELS

    def delete_nodes(self, label: str, ids: pa.Array) -> int:
        """Delete nodes with all their relationships; return how many there were."""
        schema.label(label)
        if not self.owns(label):
            raise read_only(self.uri)
        if not len(ids):
            return 0
        with self.transaction():
            writer, _ = self._open()
            found = writer.delete(label, ids)
        self.kept.clear()
        return found

    def delete_relationships(self, name: str, source: str, target: str, table: pa.Table) -> int:
        """Delete those of the relationships that there are; return how many."""
        check_ends(name, source, target)
        if self._server.mapping.foreign:
            raise read_only(self.uri)
        if not table.num_rows:
            return 0
        with self.transaction():
            writer, _ = self._open()
            found = writer.delete_relationships(name, source, target, table)
        self.kept.clear()
        return found

    def read_nodes(self, label: str, properties: Sequence[str] = ()) -> pa.Table:
        """Return ``id`` and ``properties`` of every node of ``label``."""
        schema.label(label)
        return self._steadily([label], lambda: self._reader().nodes(label, properties))

    def read_relationships(
        self, name: str, source: str, target: str, properties: Sequence[str] = ()
    ) -> Relationships:
        """Return every relationship of a type between two labels.

        It is read again where something was written meanwhile; that it still went on is logged as a warning.
        """
        check_ends(name, source, target)
        return self._steadily(
            [name, source, target],
            lambda: self._reader().relationships(name, source, target, properties),
        )

    def read(self, text: str, /, **parameters: Any) -> pa.Table:
        """Run one of graphrec's own reading queries where the server refuses to write; raises ``QueryError``.

        It sees what is committed, not what an open transaction has written.
        """
        if f":{schema.RUN})" not in text:
            self._examine_ids()
        try:
            with self._server.asking("READ") as session:
                result = session.run(self._server.query(text, QUERY_SECONDS), parameters)
                return arrow_table(result.keys(), result.values())
        except (*Failure, ValueError, TypeError) as error:
            raise wrong_query(error, self._server.uri, self._server.login) from error

    def query(self, text: str, limits: Limits = WIDE, /, **parameters: Any) -> pa.Table:
        """Run a person's query from a process of its own; raises ``QueryError``."""
        most = limits.memory // OUTPUT_SHARE
        return from_stream(self._ask("table", text, parameters, limits, most, secrets.token_hex()))

    def ask(self, text: str, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Run a person's query from a process of its own, as far as ``limits`` allow; raises ``QueryError``."""
        mark = secrets.token_hex()
        found = console.answer(lambda most: self._ask("rows", text, parameters, limits, most, mark))
        if found.cut:
            # What is left would be worked out to its end otherwise.
            answers.end(self._server, mark)
        return found

    def as_typed(self, text: str) -> str:
        """Return a query of graphrec's own in the names of the graph, as any other client may send it."""
        self._examine_ids()
        return self._server.text(text)

    def plan(self, text: str, parameters: Mapping[str, Any]) -> str:
        """Return the server's plan of a query; raises ``QueryError``."""
        most, mark = console.SHOWN_BYTES, secrets.token_hex()
        return self._ask("plan", text, parameters, console.PLAN, most, mark).decode()

    def _ask(
        self,
        verb: answers.Verb,
        text: str,
        parameters: Mapping[str, Any],
        limits: Limits,
        output: int,
        mark: str,
    ) -> bytes:
        """Run a query that bears ``mark`` on the server; its answer may have ``output`` bytes."""
        server = self._server
        check_parameters(parameters)
        job = answers.Neo4jJob(
            verb,
            server.uri,
            server.login,
            server.mapping,
            checked(text),
            parameters,
            limits.rows,
            limits.seconds,
            mark,
        )
        return queries(answers.__name__).run(job, limits, output, lambda: answers.end(server, mark))

    def write_embeddings(self, label: str, name: str, ids: pa.Array, vectors: Floats) -> None:
        """Set property ``name`` of the nodes ``ids`` to the rows of ``vectors`` (float32 [n, D]), and index it."""
        check_embedding(self.properties, label, name)
        check_vectors(name, len(ids), vectors)
        self._server.mapping.require(label)
        with self.transaction():
            writer, indexes = self._open()
            writer.require(label, pa.chunked_array([ids]), f"embedding {name!r}")
            self._vectors.write(writer.work, label, name, ids, vectors)
            indexes[label, name] = True

    def drop_embeddings(self, label: str, name: str) -> None:
        """Take property ``name`` from every node of ``label``, and its index."""
        check_embedding(self.properties, label, name)
        if not self._server.mapping.has(label):
            return
        with self.transaction():
            writer, indexes = self._open()
            self._vectors.drop(writer.work, label, name)
            indexes[label, name] = False

    def read_embeddings(
        self, label: str, name: str, ids: Sequence[str] | None = None
    ) -> tuple[pa.Array, Floats]:
        """Return the ids that have the embedding, and float32 [n, D]; all of them are kept until they change."""
        check_embedding(self.properties, label, name)
        # What an open transaction has written may yet be undone.
        return self._vectors.read(self._run, label, name, ids, keep=self._writer() is None)

    def has_embeddings(self, label: str, name: str) -> bool:
        """Return whether any node of ``label`` has the embedding."""
        check_embedding(self.properties, label, name)
        ours = describe(self._run, label, name) is not None
        return ours and has_vectors(self._run, label, name)

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
        """Return the ``k`` nodes whose embedding scores highest against ``vector``."""
        check_embedding(self.properties, label, name)
        return self._vectors.nearest(self._run, label, name, VectorSearch(vector, k, among, without, metric))

    def counts(self) -> dict[str, int]:
        """Return how many nodes of each label and relationships of each type there are."""
        # Without the WITH, what there is none of has no row.
        answer = "WITH count(*) AS count RETURN '{name}' AS name, count"
        parts = [f"MATCH (:`{name}`) {answer.format(name=name)}" for name in schema.LABELS]
        parts += [f"MATCH ()-[:`{name}`]->() {answer.format(name=name)}" for name in schema.RELATIONSHIPS]
        return {name: int(count) for name, count in self._run(" UNION ALL ".join(parts))}

    def versions(self, names: Sequence[str]) -> dict[str, int]:
        """Return a number per label or type that grows with every change of graphrec's.

        What others write is noticed where it changes how many there are; where it makes them fewer, the number is
        another, but a smaller one.
        """
        counts = self.counts()
        text = "MATCH (m:GraphrecMeta) WHERE m.id IN $names RETURN m.id, coalesce(m.version, 0)"
        bumped = {name: int(version) for name, version in self._run(text, names=list(names))}
        return {name: (bumped.get(name, 0) << 40) + counts[name] for name in names}

    @property
    def reading(self) -> str:
        """How the mapping says that the graph is read."""
        return repr(self._server.mapping)

    @property
    def mapped(self) -> Mapping[str, str]:
        """What says what plays graphrec's roles, by the key of graphrec.toml; empty for a graph of graphrec's own."""
        return self._server.mapping.told()

    def mapped_for(self, label: str, name: str) -> Mapping[str, str]:
        """Return what did so when embedding ``name`` of ``label`` was written; empty where nobody knows."""
        return mapped_for(self._run, label, name)

    def others(self) -> str | None:
        """Return a text that is another one whenever others than graphrec have committed anything."""
        return of_others(self._server)

    def mark(self, name: str) -> Mark:
        """Return how far the relationships of a type are."""
        text = (
            f"MATCH ()-[e:`{name}`]->() WITH count(e) AS count OPTIONAL MATCH (m:GraphrecMeta {{id: $name}}) "
            "RETURN count, coalesce(m.rewritten, 0)"
        )
        ((count, rewritten),) = self._run(text, name=name)
        return Mark(count, rewritten, name in self._server.mapping.types, self.others())

    def newer_relationships(
        self, name: str, source: str, target: str, properties: Sequence[str], at: int
    ) -> pa.Table | None:
        """Return ``from``, ``to`` and ``properties`` of each whose ``at`` is greater; None for too many."""
        return self._reader().newer_relationships(name, source, target, properties, at)

    def health(self) -> Health:
        """Return what the server is, and what it lacks of what graphrec needs there."""
        missing = missing_constraints(self._server, self._constrained())
        return Health(
            self._server.about(), missing, index_states(self._server), safety_settings(self._server)
        )

    @property
    def address(self) -> str:
        """Where the server is, without the database."""
        return self._server.uri

    def close(self) -> None:
        """Close this process's connections."""
        self._server.close()

    def _written(self, write: Callable[[Writer], Written]) -> Written:
        with self.transaction():
            return write(self._open()[0])

    def _constrained(self) -> list[str]:
        """Return the labels that graphrec writes: in a graph that it did not load, only those of its bookkeeping."""
        mapping = self._server.mapping
        return [label for label in CONSTRAINED if mapping.has(label) and label not in mapping.labels]

    def _writable(self) -> None:
        if not self._write:
            raise StoreError(f"{self.uri} is open for reading only")

    def _open(self) -> tuple[Writer, dict[tuple[str, str], bool]]:
        _, writer, indexes = self._local.open
        return writer, indexes

    def _writer(self) -> Writer | None:
        """Return what writes in this thread's open transaction; one of a parent process is none of ours."""
        found = getattr(self._local, "open", None)
        return found[1] if found is not None and found[0] == os.getpid() else None

    def _run(self, text: str, /, **parameters: Any) -> Rows:
        writer = self._writer()
        return (
            self._server.rows(text, **parameters) if writer is None else writer.work.read(text, **parameters)
        )

    def _reader(self, work: Work | None = None) -> RangeReader:
        writer = self._writer()
        if work is None and writer is not None:
            return writer.reader
        run, sessions = (self._server.rows, SESSIONS) if work is None else (work.read, 1)
        return RangeReader(run, sessions, self._identity(), self._server.mapping, self.properties)

    def _identity(self) -> Identity:
        languages = self._server.about().languages
        return NUMBERS if not languages or "5" in languages else STRINGS

    def unmapped(self) -> Contents | None:
        """Return what the graph holds where it is somebody else's and nothing says what plays graphrec's roles."""
        return None if self._server.mapping.foreign else others(self._server.rows_as_named)

    def shape(self) -> GraphShape:
        """Return what the graph looks like in its own names."""
        return shape(self._server.rows_as_named)

    def flaws(self) -> list[Flaw]:
        """Return all that is wrong with what is mapped; nothing for a graph in graphrec's own names."""
        mapping = self._server.mapping
        return [
            flaw
            for name in (*mapping.labels, *mapping.types)
            for flaw in examined(self._server.rows_as_named, mapping, name)
        ]

    def _examine(self, versions: Mapping[str, int]) -> None:
        """Raise ``StoreError`` where wrong results would follow from what is mapped; looked at anew as it changes."""
        mapping = self._server.mapping
        for name, version in versions.items():
            if mapping.role(name) is None or self._examined.get(name) == version:
                continue
            flaws = examined(self._server.rows_as_named, mapping, name)
            refused = [str(flaw) for flaw in flaws if flaw.refused]
            if refused:
                more = f" (and {len(refused) - 1} more: `graphrec doctor` lists them)" if refused[1:] else ""
                raise StoreError(f"{refused[0]}{more}")
            for flaw in flaws:
                log.warning("%s", flaw)
            self._examined[name] = version

    def _examine_ids(self) -> None:
        """Raise ``StoreError`` where ids do not tell nodes apart; looked at anew after ``NOTICED_S``."""
        if time.monotonic() < self._ids_until:
            return
        mapping = self._server.mapping
        for name in mapping.labels:
            for flaw in examined_ids(self._server.rows_as_named, mapping, name):
                if flaw.refused:
                    raise StoreError(str(flaw))
        self._ids_until = time.monotonic() + NOTICED_S

    def _steadily(self, names: Sequence[str], read: Callable[[], Result]) -> Result:
        if self._writer() is not None:
            return read()
        before = self.versions(names)
        self._examine(before)
        for _ in range(STEADY_READS):
            found = read()
            after = self.versions(names)
            if after == before:
                return found
            before = after
        log.warning("%s: %s changed while it was read; some of it may be missing", self.uri, ", ".join(names))
        return found
