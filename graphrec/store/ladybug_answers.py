"""Queries that a person has typed, on the embedded database: read-only, row by row, and to be ended at any time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import ladybug

from graphrec.errors import QueryError
from graphrec.store.answers import Answer, Limits, Node, Path, Relationship
from graphrec.store.checks import shown
from graphrec.store.ladybug_files import first_line

# COPY .. TO and EXPORT DATABASE count as reading for the database, but write files.
READING = re.compile(r"(\s|//[^\n]*\n|/\*.*?\*/)*(MATCH|OPTIONAL|UNWIND|WITH|RETURN|CALL)\b", re.I | re.S)
SPARE = "graphrec_spare"
PLAN_SECONDS = 10.0

_INTERNAL = ("_ID", "_LABEL", "_SRC", "_DST")
_COUNTED = re.compile(r"(NumOutputTuples|ExecutionTime|TotalTime): [\d.]+")
_TOLD = re.compile(r"[\w┌└┐┘]")


@contextmanager
def reading(database: ladybug.Database, text: str) -> Iterator[ladybug.Connection]:
    """A connection of its own for the query ``text``, on which the database refuses to write.

    Raises ``QueryError`` for what begins as no reading query does, and for what the database says in the block.
    """
    if not READING.match(text):
        raise QueryError(
            f"a query begins with MATCH, OPTIONAL, UNWIND, WITH, RETURN or CALL, not {shown(text)}"
        )
    try:
        with ladybug.Connection(database) as connection:
            # The database refuses to write in here, also where the store is open for writing.
            connection.execute("BEGIN TRANSACTION READ ONLY")
            yield connection
    except RuntimeError as error:
        said = first_line(error)
        if said.startswith("Buffer manager exception"):
            raise QueryError(
                "the query failed: it needs more memory than the database may take; ask for less"
            ) from error
        if "write operations in a read-only" in said:
            raise QueryError("the query failed: it would write, and a query only reads") from error
        missing = re.search(r"Cannot find property (\w+)", said)
        if missing is None:
            raise QueryError(f"the query failed: {said}") from error
        raise QueryError(
            f"the query failed: what it asks has no property {missing[1]!r}; embeddings are there once their run is "
            "published (`graphrec runs`), what an older graphrec did not store after the next `graphrec load`"
        ) from error


def run(connection: ladybug.Connection, text: str, parameters: Mapping[str, Any]) -> Any:
    """Return the database's result of one statement."""
    # With a parameter, used or not, the database takes one statement only.
    return connection.execute(text, {SPARE: None, **parameters})


def answer(database: ladybug.Database, text: str, parameters: Mapping[str, Any], limits: Limits) -> Answer:
    """Return what ``ConsoleStore.ask`` does."""
    bounded = _bounded(database, text, parameters, limits.rows + 1)
    with reading(database, text) as connection, limits.watch(connection.interrupt) as watch:
        try:
            result = run(connection, bounded, parameters)
        except RuntimeError as error:
            raise (watch.ended() if watch.over else error) from error
        rows, cut = watch.fetched(_rows(result))
        return Answer(tuple(result.get_column_names()), rows, cut, watch.seconds)


def plan(database: ladybug.Database, text: str, parameters: Mapping[str, Any]) -> str:
    """Return what ``ConsoleStore.plan`` does."""
    limits = Limits(seconds=PLAN_SECONDS)
    with reading(database, text) as connection, limits.watch(connection.interrupt):
        told = cast(str, run(connection, f"EXPLAIN {text}", parameters).get_next()[0])
    # Nothing was run: what it counts is nothing.
    lines = [_COUNTED.sub(lambda found: " " * len(found[0]), line).rstrip() for line in told.splitlines()]
    return "\n".join(line for line in lines[5:] if _TOLD.search(line))


def _bounded(database: ladybug.Database, text: str, parameters: Mapping[str, Any], rows: int) -> str:
    """Return the query with a limit, where it may end in one: the database makes all rows before it gives any."""
    if re.search(r"\bUNION\b", text, re.IGNORECASE):
        return text
    bounded = f"{text.rstrip().removesuffix(';')}\nLIMIT {rows}"
    try:
        plan(database, bounded, parameters)
    except QueryError:
        return text
    return bounded


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
            return {name: _value(entry) for name, entry in value.items()}
        case list():
            return [_value(entry) for entry in value]
    return value


def _key(internal: Mapping[str, int]) -> str:
    return f"{internal['table']}:{internal['offset']}"


def _properties(entity: Mapping[str, Any]) -> dict[str, Any]:
    # A node that may be of several labels comes with the properties of them all.
    own = {name: value for name, value in entity.items() if name not in _INTERNAL and value is not None}
    return {name: _value(value) for name, value in own.items()}
