"""The embedded database's answers: to graphrec's own queries, and to a person's in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

import ladybug

from graphrec.errors import QueryError
from graphrec.store.answers import Node, Path, Relationship
from graphrec.store.console.job import Ask
from graphrec.store.console.wire import as_stream, packed
from graphrec.store.ladybug_files import ADDRESS_SPACE, first_line
from graphrec.store.ladybug_functions import add_functions
from graphrec.store.ladybug_tables import new_tables

SPARE = "graphrec_spare"

_INTERNAL = ("_ID", "_LABEL", "_SRC", "_DST")
_COUNTED = re.compile(r"(NumOutputTuples|ExecutionTime|TotalTime): [\d.]+")
_TOLD = re.compile(r"[\w┌└┐┘]")
Verb = Literal["rows", "table", "plan"]

_NO_MEMORY = ("Buffer manager exception", "std::bad_alloc")


@dataclass(frozen=True)
class LadybugJob:
    """A person's query of the database in a file, which its process opens for itself.

    Attributes:
        verb: whether rows, a table or the plan is wanted.
        path: the file, which nobody may write to meanwhile.
        text: Cypher that has been looked at.
        parameters: its parameters.
        rows: no more are fetched for ``rows``.
        pool: bytes for the database's own buffers.
    """

    verb: Verb
    path: str
    text: str
    parameters: Mapping[str, Any]
    rows: int
    pool: int
    closes_files = True

    def begin(self) -> Ask:
        """Open the database."""
        database = ladybug.Database(
            self.path,
            read_only=True,
            buffer_pool_size=self.pool,
            max_db_size=ADDRESS_SPACE,
            throw_on_wal_replay_failure=False,
        )
        connection = ladybug.Connection(database)
        add_functions(connection)
        # What does not fit into memory would go to a file beside the database.
        connection.execute("CALL spill_to_disk=false")
        return lambda: _VERBS[self.verb](connection, self)


def warm_up() -> None:
    """Do once what every query does: later no file can be opened, and memory that was taken once is had sooner."""
    one = "blob('\\\\x00\\\\x00\\\\x80\\\\x3F')"
    values = "1.5, 'a', [1], {a: 1}, date('2020-01-01'), timestamp('2020-01-01'), gen_random_uuid(), interval('1 day')"
    typical = f"RETURN {values}, cast(1 AS decimal(4, 2)), $x, cosine({one}, {one})"
    with (
        ladybug.Database(":memory:", buffer_pool_size=1 << 27, max_db_size=1 << 30) as database,
        ladybug.Connection(database) as connection,
    ):
        add_functions(connection)
        for _, statement in new_tables():
            connection.execute(statement)
        packed((), list(_rows(run(connection, typical, {"x": ["a"]}))), False)
        as_stream(run(connection, typical, {"x": ["a"]}).get_as_arrow(-1))
        run(connection, "EXPLAIN MATCH (n)-[e]->(m) RETURN n.id, count(*) ORDER BY n.id LIMIT 1", {})


@contextmanager
def reading(database: ladybug.Database) -> Iterator[ladybug.Connection]:
    """A connection of its own, on which the database refuses to write; raises ``QueryError`` for what it says there."""
    with explained(), ladybug.Connection(database) as connection:
        # The database refuses to write in here, also where the store is open for writing.
        connection.execute("BEGIN TRANSACTION READ ONLY")
        yield connection


@contextmanager
def explained() -> Iterator[None]:
    """Raise ``QueryError`` in our words for what the database says in the block."""
    try:
        yield
    except RuntimeError as error:
        said = first_line(error)
        if said.startswith(_NO_MEMORY):
            raise MemoryError from error
        if "write operations in a read-only" in said or "in read-only mode" in said:
            raise QueryError("the query failed: it would write, and a query only reads") from error
        missing = re.search(r"Cannot find property (\w+)", said)
        if missing is None:
            raise QueryError(f"the query failed: {said}") from error
        raise QueryError(
            f"the query failed: what it asks has no property {missing[1]!r}; embeddings are there once their run is "
            "published (`graphrec runs`), what an older graphrec did not store after `graphrec init`"
        ) from error


def run(connection: ladybug.Connection, text: str, parameters: Mapping[str, Any]) -> Any:
    """Return the database's result of one statement."""
    # With a parameter, used or not, the database takes one statement only.
    return connection.execute(text, {SPARE: None, **parameters})


def _answer(connection: ladybug.Connection, job: LadybugJob) -> bytes:
    with explained():
        result = _run_bounded(connection, job)
        columns, found = tuple(result.get_column_names()), list[tuple[Any, ...]]()
        for row in _rows(result):
            if len(found) == job.rows:
                return packed(columns, found, True)
            found.append(row)
        return packed(columns, found, False)


def _table(connection: ladybug.Connection, job: LadybugJob) -> bytes:
    with explained():
        return as_stream(run(connection, job.text, job.parameters).get_as_arrow(-1))


def _plan(connection: ladybug.Connection, job: LadybugJob) -> bytes:
    with explained():
        told = cast(str, run(connection, f"EXPLAIN {job.text}", job.parameters).get_next()[0])
    # Nothing was run: what it counts is nothing.
    lines = [_COUNTED.sub(lambda found: " " * len(found[0]), line).rstrip() for line in told.splitlines()]
    return "\n".join(line for line in lines[5:] if _TOLD.search(line)).encode()


_VERBS = {"rows": _answer, "table": _table, "plan": _plan}


def _run_bounded(connection: ladybug.Connection, job: LadybugJob) -> Any:
    """Run the query with a limit, where it may end in one: the database makes all rows before it gives any."""
    if not re.search(r"\bUNION\b", job.text, re.IGNORECASE):
        try:
            return run(connection, f"{job.text.rstrip()}\nLIMIT {job.rows + 1}", job.parameters)
        except RuntimeError as error:
            # It has a limit of its own, or is wrong in itself: the database says it of its own words.
            if not first_line(error).startswith(("Parser exception", "Binder exception")):
                raise
    return run(connection, job.text, job.parameters)


def _rows(result: Any) -> Iterator[tuple[Any, ...]]:
    while result.has_next():
        yield tuple(_value(value) for value in result.get_next())


def _value(value: Any) -> Any:
    match value:
        case {"_SRC": start, "_DST": end, "_LABEL": name, "_ID": key}:
            return Relationship(_key(key), name, _key(start), _key(end), _properties(value))
        case {"_LABEL": name, "_ID": key}:
            return Node(_key(key), name, _properties(value))
        case {"_NODES": nodes, "_RELS": relationships}:
            return Path(tuple(map(_value, nodes)), tuple(map(_value, relationships)))
        case dict():
            return {str(name): _value(entry) for name, entry in value.items()}
        case list():
            return [_value(entry) for entry in value]
    return value


def _key(internal: Mapping[str, int]) -> str:
    return f"{internal['table']}:{internal['offset']}"


def _properties(entity: Mapping[str, Any]) -> dict[str, Any]:
    # A node that may be of several labels comes with the properties of them all.
    own = {name: value for name, value in entity.items() if name not in _INTERNAL and value is not None}
    return {name: _value(value) for name, value in own.items()}
