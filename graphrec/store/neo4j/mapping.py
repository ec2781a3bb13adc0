"""A graph that graphrec did not load: which of its labels, types and properties play graphrec's roles.

    [neo4j.nodes.Item]
    label = "Movie"
    id = "movieId:int64"
    title = "title"

    [neo4j.relationships.RATED]
    type = "WATCHED"
    rating = "stars"
    at = "when:s"

What stands behind the colon is how the graph keeps it, where that differs from the schema: ``int64``, ``float64``,
``string``, ``bool``; times as ``s`` (seconds) or ``datetime``. Of a mapped label or type only the properties named here
are seen. A label or type that is not mapped does not exist for graphrec, whatever it is called: only its own
bookkeeping (``OWN_LABELS``) is there beside what is mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphrec import schema
from graphrec.errors import ConfigError, StoreError, unknown

CASTS = {"string": "toString", "int64": "toInteger", "float64": "toFloat", "bool": "toBoolean"}
TIMES = ("s", "datetime")
META = "GraphrecMeta"
OWN_LABELS = (schema.RUN, META)
"""What graphrec keeps for itself."""
NOWHERE = "graphrec: not mapped"
"""In a mapped graph, the name that stands for every label and type without a role: nothing is called so."""
AS_STORED = "id as stored"
"""In a query, ``n.`id as stored```: a node's key without the cast to a string, so that an index orders by it."""


@dataclass(frozen=True)
class Column:
    """A property of the user's graph: its name, and how it is kept where that is not as in the schema."""

    name: str
    kept: str = ""

    def read(self, variable: str, wanted: str) -> str:
        """Return Cypher for its value as the schema's type ``wanted``."""
        stored = f"{variable}.{quoted(self.name)}"
        if not self.kept:
            return stored
        if self.kept == "s":
            # Rounded: 1.001 * 1000 is 1000.9999999999999.
            return f"toInteger(round({stored} * 1000))"
        return f"{stored}.epochMillis" if self.kept == "datetime" else f"{CASTS[wanted]}({stored})"

    def written(self, value: str) -> str:
        """Return Cypher that makes of the string ``value`` what is kept, to compare a key with it."""
        return f"{CASTS[self.kept]}({value})" if self.kept else value


@dataclass(frozen=True)
class Role:
    """The user's label or type that plays one of graphrec's, and its properties by graphrec's names."""

    name: str
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class GraphMapping:
    """Which label or type of the user's plays which of the schema; empty for a graph with graphrec's own names."""

    labels: Mapping[str, Role] = field(default_factory=dict)
    types: Mapping[str, Role] = field(default_factory=dict)

    @property
    def foreign(self) -> bool:
        """Whether the graph is somebody else's: what has no role does not exist then."""
        return bool(self.labels or self.types)

    def has(self, name: str) -> bool:
        """Return whether the label or type ``name`` of the schema exists in the graph."""
        return not self.foreign or name in self.labels or name in self.types or name in OWN_LABELS

    def require(self, name: str) -> None:
        """Raise ``StoreError`` unless the label or type ``name`` of the schema exists in the graph."""
        if not self.has(name):
            kind = "nodes" if name in schema.LABELS else "relationships"
            raise StoreError(
                f"nothing in the graph plays the role of {name}: map it in graphrec.toml, [neo4j.{kind}.{name}]"
            )

    def key_as_stored(self, label: str, key: str | None) -> str | int:
        """Return the id ``key`` as the graph keeps it; for None, what sorts before all ids of ``label``."""
        role = self.labels.get(label)
        if role is not None and role.columns[schema.KEY].kept == "int64":
            return -(1 << 63) if key is None else int(key)
        return key or ""


SCHEMA_NAMES = GraphMapping()
"""Of a graph that graphrec loaded: every name is the schema's."""


def read_mapping(table: Mapping[str, Any]) -> GraphMapping:
    """Return what the table ``[neo4j]`` of graphrec.toml says.

    Raises ``ConfigError`` for what it cannot mean, ``NotFoundError`` for labels, types and properties that the schema
    does not have.
    """
    if not isinstance(table, Mapping):
        raise ConfigError("neo4j in graphrec.toml is a table: [neo4j.nodes.Item]")
    for part in table:
        if part not in ("nodes", "relationships"):
            raise unknown("part of [neo4j]", part, ("nodes", "relationships"))
    labels = {
        name: _role(f"[neo4j.nodes.{name}]", entry, "label", [KEY_PROPERTY, *_mappable(name).properties])
        for name, entry in _tables(table, "nodes")
    }
    types = {
        name: _role(f"[neo4j.relationships.{name}]", entry, "type", schema.relationship(name).properties)
        for name, entry in _tables(table, "relationships")
    }
    for name, role in labels.items():
        if schema.KEY not in role.columns:
            raise ConfigError(
                f"[neo4j.nodes.{name}] needs id: the property that tells {role.name} nodes apart"
            )
    return GraphMapping(labels, types)


def quoted(name: str) -> str:
    """Return ``name`` as Cypher writes any name."""
    return "`" + name.replace("`", "``") + "`"


KEY_PROPERTY = schema.Property(schema.KEY, "string")


def _mappable(name: str) -> schema.Label:
    if name in OWN_LABELS:
        raise ConfigError(f"[neo4j.nodes.{name}]: {name} nodes are graphrec's own and cannot be mapped")
    return schema.label(name)


def _tables(table: Mapping[str, Any], part: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    entries = table.get(part, {})
    if not isinstance(entries, Mapping) or not all(isinstance(entry, Mapping) for entry in entries.values()):
        raise ConfigError(f"[neo4j.{part}] takes tables: [neo4j.{part}.{_EXAMPLE[part]}]")
    return entries.items()


_EXAMPLE = {"nodes": "Item", "relationships": "RATED"}


def _role(where: str, entry: Mapping[str, Any], kind: str, properties: Iterable[schema.Property]) -> Role:
    known = {prop.name: prop for prop in properties}
    for key, value in entry.items():
        if key != kind and key not in known:
            raise unknown(f"property in {where}", key, [kind, *known])
        # Cypher reads \\u0060 as a backtick, also in a quoted name.
        if not isinstance(value, str) or not value or "\\" in value:
            raise ConfigError(
                f"{where} {key} = {value!r}: the name of a {kind if key == kind else 'property'}"
            )
    if kind not in entry:
        raise ConfigError(f"{where} needs {kind}: what it is called in your graph")
    return Role(entry[kind], {key: _column(where, known[key], entry[key]) for key in entry if key != kind})


def _column(where: str, prop: schema.Property, text: str) -> Column:
    name, colon, kept = text.rpartition(":")
    if not colon:
        return Column(text)
    allowed = (
        ["int64"] if prop.name == schema.KEY else [*CASTS, *(TIMES if schema.is_time(prop.name) else ())]
    )
    if not name or kept not in allowed:
        raise ConfigError(f"{where} {prop.name} = {text!r}: behind the colon stands {' or '.join(allowed)}")
    return Column(name, kept)
