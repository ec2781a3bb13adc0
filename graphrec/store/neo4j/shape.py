"""What a graph looks like that nobody has mapped: its labels, types and properties, by counts and the first of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphrec.store.neo4j.mapping import OWN_LABELS, quoted
from graphrec.store.neo4j.read import RunQuery

SAMPLE = 2000
TOLD = 12
"""So many kinds at most are named in a sentence."""


@dataclass(frozen=True)
class PropertyShape:
    """A property as the first nodes or relationships have it.

    Attributes:
        name: what it is called.
        kinds: the server's types of its values.
        present: how many of those looked at have it.
        different: how many different values these have.
        unique: whether a constraint keeps it unique.
        integers: how many of these are integers.
        longest: of those that are text, how many characters the longest has.
        blanks: whether any of them has a blank.
    """

    name: str
    kinds: frozenset[str]
    present: int
    different: int
    unique: bool = False
    integers: int = 0
    longest: int = 0
    blanks: bool = False


@dataclass(frozen=True)
class LabelShape:
    """A label.

    Attributes:
        name: what it is called.
        count: how many nodes have it.
        seen: how many were looked at.
        properties: theirs.
    """

    name: str
    count: int
    seen: int
    properties: tuple[PropertyShape, ...]


@dataclass(frozen=True)
class TypeShape:
    """A relationship type between two labels, as most of the first have it.

    Attributes:
        name: what it is called.
        count: how many there are, whatever they join.
        start: label at which they begin.
        end: label at which they end.
        properties: theirs.
    """

    name: str
    count: int
    start: str
    end: str
    properties: tuple[PropertyShape, ...]


@dataclass(frozen=True)
class GraphShape:
    """All labels and types of a graph that are not graphrec's bookkeeping, the most frequent first."""

    labels: tuple[LabelShape, ...]
    types: tuple[TypeShape, ...]

    def label(self, name: str) -> LabelShape:
        """Return the label called ``name``."""
        return next(one for one in self.labels if one.name == name)


@dataclass(frozen=True)
class Contents:
    """How many nodes of each label and relationships of each type there are, the most frequent first."""

    labels: Mapping[str, int]
    types: Mapping[str, int]

    def __str__(self) -> str:
        return f"{_told(self.labels)} nodes and {_told(self.types) or 'no'} relationships"


def contents(run: RunQuery) -> Contents:
    """Return what the graph holds, by the counts that the server keeps; ``run`` runs a query as it stands."""
    labels = [row[0] for row in run("CALL db.labels()") if row[0] not in OWN_LABELS]
    types = [row[0] for row in run("CALL db.relationshipTypes()")]
    return Contents(
        _counted(run, {name: f"(:{quoted(name)})" for name in labels}),
        _counted(run, {name: f"()-[:{quoted(name)}]->()" for name in types}),
    )


def shape(run: RunQuery) -> GraphShape:
    """Return what a graph looks like; ``run`` runs a query as it stands."""
    there = contents(run)
    unique = {
        (labels[0], keys[0])
        for labels, keys in run(
            "SHOW CONSTRAINTS YIELD labelsOrTypes, properties, type WHERE size(properties) = 1 AND "
            "type IN ['UNIQUENESS', 'NODE_PROPERTY_UNIQUENESS', 'NODE_KEY'] RETURN labelsOrTypes, properties"
        )
    }
    labels = tuple(
        LabelShape(name, count, min(count, SAMPLE), _properties(run, f"(x:{quoted(name)})", name, unique))
        for name, count in there.labels.items()
    )
    types = tuple(
        TypeShape(name, count, *_ends(run, name), _properties(run, f"()-[x:{quoted(name)}]->()", name, set()))
        for name, count in there.types.items()
    )
    return GraphShape(labels, types)


def _told(counts: Mapping[str, int]) -> str:
    told = [f"{count:,} {name}" for name, count in counts.items()]
    more = [f"{len(told) - TOLD} other kinds of"] if len(told) > TOLD + 1 else []
    return ", ".join([*told[:TOLD], *more] if more else told)


def _counted(run: RunQuery, patterns: Mapping[str, str]) -> dict[str, int]:
    counts = {name: int(run(f"MATCH {pattern} RETURN count(*)")[0][0]) for name, pattern in patterns.items()}
    return dict(sorted(((n, c) for n, c in counts.items() if c), key=lambda one: (-one[1], one[0])))


def _ends(run: RunQuery, name: str) -> tuple[str, str]:
    text = (
        f"MATCH (a)-[e:{quoted(name)}]->(b) WITH a, b LIMIT {SAMPLE} "
        "UNWIND labels(a) AS start UNWIND labels(b) AS end "
        "RETURN start, end, count(*) AS times ORDER BY times DESC, start, end LIMIT 1"
    )
    found = run(text)
    return (found[0][0], found[0][1]) if found else ("", "")


def _properties(
    run: RunQuery, pattern: str, name: str, unique: set[tuple[str, str]]
) -> tuple[PropertyShape, ...]:
    text = (
        f"MATCH {pattern} WITH x LIMIT {SAMPLE} UNWIND keys(x) AS key WITH key, x[key] AS value "
        "WITH key, value, value IS :: STRING NOT NULL AS text "
        "RETURN key, collect(DISTINCT valueType(value)), count(*), count(DISTINCT value), "
        "count(CASE WHEN value IS :: INTEGER NOT NULL THEN 1 END), "
        "coalesce(max(CASE WHEN text THEN size(value) END), 0), "
        "count(CASE WHEN text AND value CONTAINS ' ' THEN 1 END) > 0 ORDER BY key"
    )
    return tuple(
        PropertyShape(
            key,
            frozenset(kind.removesuffix(" NOT NULL") for kind in kinds),
            present,
            different,
            (name, key) in unique,
            *told,
        )
        for key, kinds, present, different, *told in run(text)
    )
