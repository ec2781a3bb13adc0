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
``string``, ``bool``; times as in ``TIMES``. Of ids and times it need not be said where all are kept in one way:
``resolve.resolved`` finds it out, and which types point the other way. A property that the schema does not have is one
of the graph's own, and has its type behind the colon.

Of a mapped label or type only the properties named here are seen. A label or type that is not mapped does not exist for
graphrec, whatever it is called: only its own bookkeeping (``OWN_LABELS``) is there beside what is mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from graphrec import schema
from graphrec.errors import ConfigError, NotFoundError, StoreError, unknown
from graphrec.properties import Properties, check_own

CASTS = {"string": "toString", "int64": "toInteger", "float64": "toFloat", "bool": "toBoolean"}
TIMES = {
    # Rounded: 1.001 * 1000 is 1000.9999999999999.
    "s": "toInteger(round({0} * 1000))",
    "ms": "toInteger({0})",
    "datetime": "{0}.epochMillis",
    "localdatetime": "datetime({{datetime: {0}, timezone: 'Z'}}).epochMillis",
    "date": "datetime({{date: {0}, timezone: 'Z'}}).epochMillis",
    "text": "CASE WHEN {0} =~ '.*[T ].*(Z|[+-][0-9]{{2}}:?[0-9]{{2}})' "
    "THEN datetime(replace({0}, ' ', 'T')).epochMillis "
    "ELSE datetime({{datetime: localdatetime(replace({0}, ' ', 'T')), timezone: 'Z'}}).epochMillis END",
}
"""How times may be kept, and Cypher that makes milliseconds of each; what has no zone is UTC.

Seconds and milliseconds since 1970, ZONED DATETIME, LOCAL DATETIME, DATE, and ISO text.
"""
META = "GraphrecMeta"
OWN_LABELS = (schema.RUN, META)
"""What graphrec keeps for itself."""
NOWHERE = "graphrec: not mapped"
"""In a mapped graph, the name that stands for every label and type without a role: nothing is called so."""
AS_STORED = "id as stored"
"""In a query, ``n.`id as stored```: a node's key without the cast to a string, so that an index orders by it."""


@dataclass(frozen=True)
class Column:
    """A property of the user's graph.

    Attributes:
        name: what it is called.
        kept: how it is kept, where that is not as in the schema.
        guessed: whether ``kept`` is taken for true because of what its numbers look like.
    """

    name: str
    kept: str = ""
    guessed: bool = False

    def __str__(self) -> str:
        return f"{self.name}:{self.kept}" if self.kept else self.name

    def read(self, variable: str, wanted: str) -> str:
        """Return Cypher for its value as the schema's type ``wanted``."""
        stored = f"{variable}.{quoted(self.name)}"
        if not self.kept or self.kept == wanted == "string":
            return stored
        if self.kept in TIMES:
            return TIMES[self.kept].format(stored)
        return stored if wanted == "list" else f"{CASTS[wanted]}({stored})"

    def written(self, value: str) -> str:
        """Return Cypher that makes of the string ``value`` what is kept, to compare a key with it."""
        return f"{CASTS[self.kept]}({value})" if self.kept == "int64" else value


@dataclass(frozen=True)
class Role:
    """The user's label or type that plays one of graphrec's, and its properties by graphrec's names.

    Attributes:
        name: what the graph calls it.
        columns: its properties.
        own: those that the schema does not have, with their types.
        turned: of a type: whether it points the other way than the schema's.
    """

    name: str
    columns: Mapping[str, Column]
    own: tuple[schema.Property, ...] = ()
    turned: bool = False


@dataclass(frozen=True)
class GraphMapping:
    """Which label or type of the user's plays which of the schema; empty for a graph with graphrec's own names."""

    labels: Mapping[str, Role] = field(default_factory=dict)
    types: Mapping[str, Role] = field(default_factory=dict)

    @property
    def foreign(self) -> bool:
        """Whether the graph is somebody else's: what has no role does not exist then."""
        return bool(self.labels or self.types)

    def role(self, name: str) -> Role | None:
        """Return what plays the role of the label or type ``name``."""
        return self.labels.get(name) or self.types.get(name)

    def properties(self) -> Properties:
        """Return what nodes and relationships may say: the schema's properties and those that the mapping adds."""
        return Properties({name: role.own for name, role in {**self.labels, **self.types}.items()})

    def told(self) -> dict[str, str]:
        """Return what it says, by the key of graphrec.toml; how things are kept too, where it was found out."""
        parts = (("nodes", "label", self.labels), ("relationships", "type", self.types))
        found = {}
        for table, kind, roles in parts:
            for name, role in roles.items():
                where = f"neo4j.{table}.{name}"
                found[f"{where}.{kind}"] = role.name
                found |= {f"{where}.{key}": str(column) for key, column in role.columns.items()}
        return found

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

    Raises ``ConfigError`` for what it cannot mean, ``NotFoundError`` for labels and types that the schema does not
    have, and for properties that neither the schema has nor a type says to be the graph's own.
    """
    if not isinstance(table, Mapping):
        raise ConfigError("neo4j in graphrec.toml is a table: [neo4j.nodes.Item]")
    for part in table:
        if part not in ("nodes", "relationships"):
            raise unknown("part of [neo4j]", part, ("nodes", "relationships"))
    labels = {
        name: _role(f"[neo4j.nodes.{name}]", name, entry, "label", [KEY_PROPERTY, *_mappable(name).properties])
        for name, entry in _tables(table, "nodes")
    }
    types = {
        name: _role(f"[neo4j.relationships.{name}]", name, entry, "type", schema.relationship(name).properties)
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
    try:
        return schema.label(name)
    except NotFoundError as error:
        raise NotFoundError(f"[neo4j.nodes.{name}] in graphrec.toml: {error}") from None


def _tables(table: Mapping[str, Any], part: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    entries = table.get(part, {})
    if not isinstance(entries, Mapping) or not all(isinstance(entry, Mapping) for entry in entries.values()):
        raise ConfigError(f"[neo4j.{part}] takes tables: [neo4j.{part}.{_EXAMPLE[part]}]")
    return entries.items()


_EXAMPLE = {"nodes": "Item", "relationships": "RATED"}


def _role(where: str, role: str, entry: Mapping[str, Any], kind: str, properties: Iterable[schema.Property]) -> Role:
    known = {prop.name: prop for prop in properties}
    own: dict[str, schema.Property] = {}
    for key, value in entry.items():
        if key != kind and key not in known:
            _, colon, kept = str(value).rpartition(":")
            types = get_args(schema.PropertyType)
            if kept not in types:
                if colon:
                    raise ConfigError(f"{where} {key} = {value!r}: behind the colon stands {' or '.join(types)}")
                raise unknown(f"property in {where}", key, [kind, *known])
            own[key] = schema.Property(key, cast(schema.PropertyType, kept))
            check_own(role, own[key])
        # Cypher reads \\u0060 as a backtick, also in a quoted name.
        if not isinstance(value, str) or not value or "\\" in value:
            raise ConfigError(
                f"{where} {key} = {value!r}: the name of a {kind if key == kind else 'property'}"
            )
    if kind not in entry:
        raise ConfigError(f"{where} needs {kind}: what it is called in your graph")
    columns = {key: _column(where, known.get(key) or own[key], entry[key]) for key in entry if key != kind}
    return Role(entry[kind], columns, tuple(own.values()))


def _column(where: str, prop: schema.Property, text: str) -> Column:
    name, colon, kept = text.rpartition(":")
    if not colon:
        return Column(text)
    if prop.type == "list":
        allowed = ["list"]
    elif prop.name == schema.KEY:
        allowed = ["string", "int64"]
    else:
        allowed = [*CASTS, *(TIMES if schema.is_time(prop.name) else ())]
    if not name or kept not in allowed:
        raise ConfigError(f"{where} {prop.name} = {text!r}: behind the colon stands {' or '.join(allowed)}")
    return Column(name, kept)
