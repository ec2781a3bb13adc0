"""A networkx graph into a store, through the same checks as a file's rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import networkx as nx
import pyarrow as pa

from graphrec import schema
from graphrec.errors import DataError, unknown
from graphrec.keys import key_of
from graphrec.loading.blocks import NodeBlock, RelationshipBlock
from graphrec.loading.report import LoadReport
from graphrec.properties import WORDS, Properties, slip_of
from graphrec.rows import Checked, check
from graphrec.store.base import GraphStore
from graphrec.store.checks import check_owned

SOURCE = "networkx"

Name = tuple[str, str]
"""Label and id of a node."""
Ends = tuple[str, str]
"""Labels of an edge's ends."""


def from_networkx(graph: nx.Graph, store: GraphStore, *, own: bool = False) -> LoadReport:
    """Write the nodes and edges of ``graph`` into ``store``, all of them or none; what is there already is updated.

    Args:
        graph: a node is a pair (label, id), or has the attribute ``label`` and, where it is not called by it, ``id``;
            an edge has the attribute ``type``, or it as its key. All other attributes are properties of the schema, or
            of the store's own. Edges of an undirected graph go the way that the schema has for their type.
        store: opened for writing.
        own: keep attributes that neither has as properties of the store's own, of the type that their values have.

    Returns a tally per label and type.

    Raises ``DataError`` naming the first node or edge that the schema has no place for, ``StoreError``.
    """
    check_owned(store)
    started = time.monotonic()
    names = {node: _name(node, attributes) for node, attributes in graph.nodes.items()}
    store.initialise()
    new = _New(store.properties, own)
    nodes = [(label, group.checked()) for label, group in _node_groups(graph, names, new)]
    edges = [(name, ends, group.checked()) for name, ends, group in _edge_groups(graph, names, new)]
    report = LoadReport()
    with store.transaction():
        for name, properties in new.properties.items():
            store.declare(name, properties)
            report.own |= {f"{name}.{prop.name}": WORDS[prop.type] for prop in properties}
        for label, checked in nodes:
            written = store.write_nodes(label, checked.table)
            report.tally(label).add(NodeBlock(label, checked.table, SOURCE), checked, written)
        for name, (start, end), checked in edges:
            written = store.write_relationships(name, start, end, checked.table)
            block = RelationshipBlock(name, start, end, checked.table, SOURCE)
            report.tally(name).add(block, checked, written)
    report.seconds = time.monotonic() - started
    return report


class _New:
    """The attributes that become properties of the store's own.

    Args:
        known: the properties that the store has.
        wanted: whether attributes may become others.
    """

    def __init__(self, known: Properties, wanted: bool) -> None:
        self.known, self._wanted = known, wanted
        self.properties: dict[str, list[schema.Property]] = {}
        """By label or type."""

    def check(self, said: str, of: str, name: str) -> None:
        """Raise ``DataError`` for an attribute that cannot be a property of the label or type ``of``."""
        properties = self.known.of(of)
        known = [prop.name for prop in properties]
        if name in known or (self._wanted and slip_of(name, properties) is None):
            return
        cure = "" if self._wanted else "; own=True keeps attributes as properties of your own"
        raise DataError(f"{said}: {unknown(f'property of {of}', name, known)}{cure}")

    def of(self, of: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[schema.Property]:
        """Return the properties that ``rows`` have beside ``keys``; notes those that the store has not."""
        known = {prop.name: prop for prop in self.known.of(of)}
        names = list(dict.fromkeys(name for row in rows for name in row if name not in keys))
        noted = self.properties.setdefault(of, [])
        noted += [
            schema.Property(name, _type([row[name] for row in rows if row.get(name) is not None]))
            for name in names
            if name not in known and name not in {prop.name for prop in noted}
        ]
        known |= {prop.name: prop for prop in noted}
        return [known[name] for name in names]


@dataclass
class _Alike:
    """Nodes of one label, or edges of one type between two labels.

    Attributes:
        of: the label or type.
        keys: the columns that identify a row.
        new: which properties they may have.
        said: what each row is called in an error.
        rows: keys and properties of each.
    """

    of: str
    keys: Sequence[str]
    new: _New
    said: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, said: str, keys: Sequence[str], properties: Mapping[str, Any]) -> None:
        """Add a row; raises ``DataError`` for a property that there is not."""
        for name in properties:
            self.new.check(said, self.of, name)
        self.said.append(said)
        self.rows.append({**dict(zip(self.keys, keys, strict=True)), **properties})

    def checked(self) -> Checked:
        """Return the rows in their types; raises ``DataError`` naming the first that does not fit."""
        try:
            checked = self._check(self.rows)
        except (DataError, ValueError):
            # A value that spoils its whole column: a row at a time tells which.
            for said, row in zip(self.said, self.rows, strict=True):
                try:
                    self._check([row])
                except (DataError, ValueError) as error:
                    raise DataError(f"{said}: {error}") from None
            raise
        if checked.refused:
            first, reason = checked.refused[0]
            raise DataError(f"{self.said[first]}: {reason}")
        return checked

    def _check(self, rows: list[dict[str, Any]]) -> Checked:
        used = self.new.of(self.of, rows, self.keys)
        names = (*self.keys, *(prop.name for prop in used))
        columns = {name: _column([row.get(name) for row in rows]) for name in names}
        return check(pa.table(columns), self.keys, used, exact=True)


def _node_groups(graph: nx.Graph, names: Mapping[Any, Name], new: _New) -> list[tuple[str, _Alike]]:
    groups = {name: _Alike(name, (schema.KEY,), new) for name in schema.LOADED_LABELS}
    for node, attributes in graph.nodes.items():
        label, key = names[node]
        groups[label].add(f"node {node!r}", (key,), _without(attributes, "label", schema.KEY))
    return [(name, group) for name, group in groups.items() if group.rows]


def _edge_groups(
    graph: nx.Graph, names: Mapping[Any, Name], new: _New
) -> list[tuple[str, Ends, _Alike]]:
    groups = {
        (rel.name, *ends): _Alike(rel.name, ("from", "to"), new)
        for rel in schema.RELATIONSHIPS.values()
        for ends in rel.ends
    }
    for start, end, key, attributes in _edges(graph):
        said = f"edge {start!r} -> {end!r}"
        name = attributes.get("type", key)
        if not isinstance(name, str) or name not in schema.RELATIONSHIPS:
            known = ", ".join(schema.RELATIONSHIPS)
            raise DataError(
                f"{said}: {name!r} is no type of the schema; its attribute `type` is one of {known}"
            )
        rel = schema.RELATIONSHIPS[name]
        a, b = _directed(graph, said, rel, names[start], names[end])
        groups[name, a[0], b[0]].add(said, (a[1], b[1]), _without(attributes, "type"))
    return [(name, (a, b), group) for (name, a, b), group in groups.items() if group.rows]


def _without(attributes: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in names}


def _edges(graph: nx.Graph) -> Iterator[tuple[Any, Any, Any, Mapping[str, Any]]]:
    if graph.is_multigraph():
        yield from graph.edges(keys=True, data=True)
    else:
        yield from ((start, end, None, attributes) for start, end, attributes in graph.edges(data=True))


def _name(node: Any, attributes: Mapping[str, Any]) -> Name:
    pair = node if isinstance(node, tuple) and len(node) == 2 else (None, node)
    label, key = attributes.get("label", pair[0]), attributes.get(schema.KEY, pair[1])
    if not isinstance(label, str) or label not in schema.LOADED_LABELS:
        known = ", ".join(schema.LOADED_LABELS)
        raise DataError(
            f"node {node!r}: {label!r} is no label; name it (label, id), or set its attribute `label`: {known}"
        )
    try:
        return label, key_of(key)
    except TypeError as error:
        raise DataError(f"node {node!r}: {error}") from None


def _directed(
    graph: nx.Graph, said: str, rel: schema.RelationshipType, start: Name, end: Name
) -> tuple[Name, Name]:
    """Return the ends of an edge in the direction that the schema has."""
    forth, back = (start[0], end[0]) in rel.ends, (end[0], start[0]) in rel.ends
    if forth and (graph.is_directed() or not back):
        return start, end
    if back and not graph.is_directed() and not forth:
        return end, start
    if forth:
        raise DataError(f"{said}: {rel.name} has a direction; give it in a networkx.DiGraph")
    allowed = ", ".join(f"{a} -> {b}" for a, b in rel.ends)
    raise DataError(f"{said}: {rel.name} does not go from {start[0]} to {end[0]}; it goes {allowed}")


def _type(values: Sequence[Any]) -> schema.PropertyType:
    """Return the type that holds all of ``values``."""
    kinds = {bool: "bool", int: "int64", float: "float64", list: "list", tuple: "list"}
    found = {kinds.get(type(value), "string") for value in values}
    if found == {"int64", "float64"}:
        return "float64"
    return cast(schema.PropertyType, found.pop()) if len(found) == 1 else "string"


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        if any(isinstance(value, list | tuple | set | dict) for value in values):
            raise DataError("a list is not a single value") from None
        # Numbers and text side by side, which the check tells apart.
        return pa.array([None if value is None else str(value) for value in values], pa.string())
