"""What a mapping leaves open is found out from the server, by questions that cost nothing on a graph of any size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from graphrec import schema
from graphrec.errors import ConfigError, unknown
from graphrec.store.neo4j.mapping import Column, GraphMapping, Role, quoted
from graphrec.store.neo4j.read import RunQuery

SAMPLE = 1000
TEMPORAL = {"ZONED DATETIME": "datetime", "LOCAL DATETIME": "localdatetime", "DATE": "date", "STRING": "text"}
"""How a time is kept, by the server's type of its values."""
SECONDS_BELOW = 1e11
"""Of times since 1970, greater ones are milliseconds: these seconds end in the year 5138."""
SECONDS_FROM = 1e8
"""Smaller numbers may be anything that orders, and are taken as they are."""


def resolved(run: RunQuery, mapping: GraphMapping) -> GraphMapping:
    """Return ``mapping`` with how ids and times are kept, and which types point the other way.

    Args:
        run: runs a query as it stands.
        mapping: what graphrec.toml says.

    Raises ``NotFoundError`` for a label, type or property that the server does not have, with the nearest.
    """
    _check_names(run, mapping)
    labels = {name: _kept(run, f"(x:{quoted(role.name)})", role) for name, role in mapping.labels.items()}
    found = GraphMapping(labels, mapping.types)
    types = {
        name: replace(_kept(run, f"()-[x:{quoted(role.name)}]->()", role), turned=_turned(run, found, name))
        for name, role in mapping.types.items()
    }
    return GraphMapping(labels, types)


def ends(mapping: GraphMapping, name: str) -> list[tuple[str, str]]:
    """Return which labels of the graph's a type of the schema joins, where both are mapped."""
    return [
        (mapping.labels[start].name, mapping.labels[end].name)
        for start, end in schema.relationship(name).ends
        if start in mapping.labels and end in mapping.labels
    ]


def between(run: RunQuery, name: str, start: str = "", end: str = "") -> int:
    """Return how many relationships of the graph's type ``name`` lead from one label to another; empty for any."""
    sides = [f"({':' + quoted(label) if label else ''})" for label in (start, end)]
    return int(run(f"MATCH {sides[0]}-[:{quoted(name)}]->{sides[1]} RETURN count(*)")[0][0])


def _check_names(run: RunQuery, mapping: GraphMapping) -> None:
    known = {
        "label": {row[0] for row in run("CALL db.labels()")},
        "relationship type": {row[0] for row in run("CALL db.relationshipTypes()")},
    }
    keys = {row[0] for row in run("CALL db.propertyKeys()")}
    parts: Iterable[tuple[str, str, Mapping[str, Role]]] = (
        ("nodes", "label", mapping.labels), ("relationships", "relationship type", mapping.types),
    )  # fmt: skip
    for table, kind, roles in parts:
        for name, role in roles.items():
            where = f"graphrec.toml, [neo4j.{table}.{name}]"
            if role.name not in known[kind]:
                raise ConfigError(f"{where}: the server has {unknown(kind, role.name, known[kind])}")
            for column in role.columns.values():
                if column.name not in keys:
                    raise ConfigError(f"{where}: the server has {unknown('property', column.name, keys)}")


def _kept(run: RunQuery, pattern: str, role: Role) -> Role:
    columns = {prop: _column(run, pattern, prop, column) for prop, column in role.columns.items()}
    return replace(role, columns=columns)


def _column(run: RunQuery, pattern: str, prop: str, column: Column) -> Column:
    """Return an id or time with how it is kept, by its first values; another column as it is."""
    time = schema.is_time(prop)
    if column.kept not in ("", "datetime") or not (time or prop == schema.KEY):
        return column
    stored = f"x.{quoted(column.name)}"
    number = f"CASE WHEN {stored} IS :: INTEGER | FLOAT THEN abs({stored}) END"
    text = (
        f"MATCH {pattern} WHERE {stored} IS NOT NULL WITH x LIMIT {SAMPLE} "
        f"RETURN collect(DISTINCT valueType({stored})), max({number})"
    )
    types, greatest = run(text)[0]
    if len(types) != 1:
        return column
    kind = types[0].removesuffix(" NOT NULL")
    if not time:
        return replace(column, kept="int64") if kind == "INTEGER" else column
    if kind in TEMPORAL:
        return replace(column, kept=TEMPORAL[kind])
    if kind in ("INTEGER", "FLOAT") and not column.kept:
        seconds = SECONDS_FROM <= greatest < SECONDS_BELOW
        return replace(column, kept="s" if seconds else "ms" if kind == "FLOAT" else "", guessed=seconds)
    return column


def _turned(run: RunQuery, mapping: GraphMapping, name: str) -> bool:
    """Return whether all of a type lead from what should be their end to what should be their start.

    The server keeps these counts: none of them reads a relationship.
    """
    count = partial(between, run, mapping.types[name].name)
    pairs = [(start, end) for start, end in ends(mapping, name) if start != end]
    forward = any(count(start, "") and count("", end) for start, end in pairs)
    backward = any(count(end, "") and count("", start) for start, end in pairs)
    return backward and not forward
