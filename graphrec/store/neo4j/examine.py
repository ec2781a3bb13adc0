"""What is wrong with the part of a graph that is mapped: ids and values that cannot be read, ends that do not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from graphrec import schema
from graphrec.errors import StoreError, unknown
from graphrec.store.neo4j.fitting import Flaw, Values
from graphrec.store.neo4j.mapping import KEY_PROPERTY, Column, GraphMapping, Role, quoted
from graphrec.store.neo4j.read import RunQuery
from graphrec.store.neo4j.resolve import TEMPORAL, between, ends


def examined(run: RunQuery, mapping: GraphMapping, name: str) -> list[Flaw]:
    """Return what is wrong with the nodes or relationships that play the role ``name``, in one pass for each property.

    Args:
        run: runs a query as it stands.
        mapping: as ``resolved`` found it.
        name: a label or type of the schema, which is mapped.
    """
    if name in mapping.labels:
        role = mapping.labels[name]
        values = _values(run, name, f"(x:{quoted(role.name)})", role, f"[neo4j.nodes.{name}]")
        return [*values, *_doubled(run, role)]
    role = mapping.types[name]
    values = _values(run, name, f"()-[x:{quoted(role.name)}]->()", role, f"[neo4j.relationships.{name}]")
    return [*values, *_elsewhere(run, mapping, name)]


def examined_ids(run: RunQuery, mapping: GraphMapping, name: str) -> list[Flaw]:
    """Return what is wrong with the ids of the nodes that play the role ``name``, by a look at two where that tells."""
    role = mapping.labels[name]
    column = role.columns[schema.KEY]
    pattern, stored = f"(x:{quoted(role.name)})", f"x.{quoted(column.name)}"
    if _is_unique(run, role):
        # Ordered by the constraint's index, in which values of one type stand together.
        ends = [
            f"MATCH {pattern} WHERE {stored} IS NOT NULL WITH {stored} AS key ORDER BY key {way} LIMIT 1 "
            "RETURN valueType(key) AS type"
            for way in ("ASC", "DESC")
        ]
        wanted = "INTEGER" if column.kept == "int64" else "STRING"
        found = [_kind(row[0]) for row in run(" UNION ALL ".join(ends))]
        if found and set(found) == {wanted}:
            return []
    only = replace(role, columns={schema.KEY: column})
    return [*_values(run, name, pattern, only, f"[neo4j.nodes.{name}]"), *_doubled(run, role)]


def _values(run: RunQuery, name: str, pattern: str, role: Role, where: str) -> Iterator[Flaw]:
    """Look at every value of every mapped property."""
    known = {one.name: one for one in (KEY_PROPERTY, *schema.properties(name), *role.own)}
    for prop, column in role.columns.items():
        stored = f"x.{quoted(column.name)}"
        # An example of each would cost as much again: it is asked for where something is wrong.
        greatest = f"max({stored})" if schema.is_time(prop) and column.kept not in TEMPORAL.values() else "null"
        types, latest = Counter[str](), dict[str, object]()
        text = f"MATCH {pattern} RETURN valueType({stored}) AS type, count(*), {greatest} ORDER BY type"
        for told, count, great in run(text):
            types[_kind(told)] += int(count)
            latest[_kind(told)] = great
        missing = types.pop("NULL", 0)
        if types:
            examples = partial(_example, run, pattern, stored)
            values = Values(role, known[prop], column, pattern, types, examples, latest, missing, where)
            yield from values.flaws(run)
        elif missing:
            yield _absent(run, pattern, role, column, where)


def _example(run: RunQuery, pattern: str, stored: str, kind: str) -> str | None:
    """Return the least value of a type as text; None where it has none."""
    wanted = kind.replace("LIST OF ", "LIST<")
    text = f"MATCH {pattern} WHERE valueType({stored}) STARTS WITH $kind RETURN min(toStringOrNull({stored}))"
    ((example,),) = run(text, kind=wanted)
    return None if example is None else str(example)


def _kind(told: str) -> str:
    """Return a server's type without what it says of nulls; of a list what it is a list of."""
    if told.startswith("LIST<"):
        return f"LIST OF {told.removeprefix('LIST<').split('>')[0].removesuffix(' NOT NULL')}"
    return told.removesuffix(" NOT NULL")


def _absent(run: RunQuery, pattern: str, role: Role, column: Column, where: str) -> Flaw:
    text = f"MATCH {pattern} WITH x LIMIT 1000 UNWIND keys(x) AS key RETURN collect(DISTINCT key)"
    ((there,),) = run(text)
    near = str(unknown("property", column.name, there)).partition("; ")[2]
    return Flaw(f"no {role.name} has a property {column.name!r}", f"{near} ({where} in graphrec.toml)")


def _is_unique(run: RunQuery, role: Role) -> bool:
    """Return whether a constraint keeps the ids apart."""
    unique = (
        "SHOW CONSTRAINTS YIELD labelsOrTypes, properties, type "
        "WHERE type IN ['UNIQUENESS', 'NODE_PROPERTY_UNIQUENESS', 'NODE_KEY'] "
        "AND labelsOrTypes = [$label] AND properties = [$key] RETURN 1"
    )
    return bool(run(unique, label=role.name, key=role.columns[schema.KEY].name))


def _doubled(run: RunQuery, role: Role) -> Iterator[Flaw]:
    key = role.columns[schema.KEY].name
    if _is_unique(run, role):
        return
    text = (
        f"MATCH (n:{quoted(role.name)}) WITH n.{quoted(key)} AS key, count(*) AS times "
        "WHERE key IS NOT NULL AND times > 1 WITH key, times ORDER BY key "
        "RETURN count(*), coalesce(sum(times), 0), collect(toStringOrNull(key))[..3]"
    )
    try:
        ((doubled, nodes, examples),) = run(text)
    except StoreError as error:
        yield Flaw(f"whether two {role.name} share a {key} could not be looked at", str(error), refused=False)
        return
    if doubled:
        yield Flaw(
            f"{role.name}.{key}: {nodes:,} nodes share {doubled:,} ids, such as {', '.join(map(repr, examples))}, and "
            "each would be trained on and recommended more than once",
            "merge or delete the doubles, and keep them away: CREATE CONSTRAINT FOR "
            f"(n:{quoted(role.name)}) REQUIRE n.{quoted(key)} IS UNIQUE",
        )


def _elsewhere(run: RunQuery, mapping: GraphMapping, name: str) -> Iterator[Flaw]:
    """Count what points the other way than most, or joins other labels."""
    role, pairs = mapping.types[name], ends(mapping, name)
    count = partial(between, run, role.name)
    total = left = count()
    if [(count(start, ""), count("", end)) for start, end in pairs] == [(total, total)]:
        # The server keeps these counts; for the others below it reads every relationship.
        return
    if role.turned:
        yield Flaw(f"all {total:,} {role.name} point the other way than {name}", "they are read so", refused=False)
    for source, target in pairs if total else ():
        start, end = (target, source) if role.turned else (source, target)
        left -= count(start, end)
        other = count(end, start) if start != end and left else 0
        if other:
            text = f"{other:,} of {total:,} {role.name} point from {end} to {start}, the others from {start} to {end}"
            yield Flaw(text, "they are left out", refused=False)
            left -= other
    if left and pairs:
        joined = " or ".join(f"{start} and {end}" for start, end in pairs)
        if left == total:
            cure = f"map the type that does, or take [neo4j.relationships.{name}] out of graphrec.toml"
            yield Flaw(f"none of {total:,} {role.name} joins {joined}", cure)
            return
        yield Flaw(f"{left:,} of {total:,} {role.name} do not join {joined}", "they are left out", refused=False)
