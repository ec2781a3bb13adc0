"""A networkx graph into a store, through the same checks as a file's rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import pyarrow as pa

from graphrec import schema
from graphrec.errors import DataError, NotFoundError
from graphrec.loading.blocks import NodeBlock, RelationshipBlock
from graphrec.loading.report import LoadReport
from graphrec.rows import Checked, check
from graphrec.store.base import GraphStore

SOURCE = "networkx"

Name = tuple[str, str]
"""Label and id of a node."""
Ends = tuple[str, str]
"""Labels of an edge's ends."""


def from_networkx(graph: nx.Graph, store: GraphStore) -> LoadReport:
    """Write the nodes and edges of ``graph`` into ``store``, all of them or none; what is there already is updated.

    Args:
        graph: a node is a pair (label, id), or has the attribute ``label`` and, where it is not called by it, ``id``;
            an edge has the attribute ``type``, or it as its key. All other attributes are properties of the schema.
            Edges of an undirected graph go the way that the schema has for their type.
        store: opened for writing.

    Returns a tally per label and type.

    Raises ``DataError`` naming the first node or edge that the schema has no place for, ``StoreError``.
    """
    started = time.monotonic()
    names = {node: _name(node, attributes) for node, attributes in graph.nodes.items()}
    nodes = [(label, group.checked()) for label, group in _node_groups(graph, names)]
    edges = [(rel, ends, group.checked()) for rel, ends, group in _edge_groups(graph, names)]
    report = LoadReport()
    store.initialise()
    with store.transaction():
        for label, checked in nodes:
            written = store.write_nodes(label.name, checked.table)
            report.tally(label.name).add(NodeBlock(label.name, checked.table, SOURCE), checked, written)
        for rel, (start, end), checked in edges:
            written = store.write_relationships(rel.name, start, end, checked.table)
            block = RelationshipBlock(rel.name, start, end, checked.table, SOURCE)
            report.tally(rel.name).add(block, checked, written)
    report.seconds = time.monotonic() - started
    return report


@dataclass
class _Alike:
    """Nodes of one label, or edges of one type between two labels.

    Attributes:
        known: what the schema says of them.
        keys: the columns that identify a row.
        said: what each row is called in an error.
        rows: keys and properties of each.
    """

    known: schema.Label | schema.RelationshipType
    keys: Sequence[str]
    said: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, said: str, keys: Sequence[str], properties: Mapping[str, Any]) -> None:
        """Add a row; raises ``DataError`` for a property that the schema has not."""
        for name in properties:
            try:
                self.known.property(name)
            except NotFoundError as error:
                raise DataError(f"{said}: {error}") from None
        self.said.append(said)
        self.rows.append({**dict(zip(self.keys, keys, strict=True)), **properties})

    def checked(self) -> Checked:
        """Return the rows in schema types; raises ``DataError`` naming the first that does not fit."""
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
        used = [p.name for p in self.known.properties if any(p.name in row for row in rows)]
        columns = {name: _column([row.get(name) for row in rows]) for name in (*self.keys, *used)}
        return check(pa.table(columns), self.keys, self.known.properties)


def _node_groups(graph: nx.Graph, names: Mapping[Any, Name]) -> list[tuple[schema.Label, _Alike]]:
    groups = {name: _Alike(label, (schema.KEY,)) for name, label in schema.LOADED_LABELS.items()}
    for node, attributes in graph.nodes.items():
        label, key = names[node]
        groups[label].add(f"node {node!r}", (key,), _without(attributes, "label", schema.KEY))
    return [(schema.LABELS[name], group) for name, group in groups.items() if group.rows]


def _edge_groups(
    graph: nx.Graph, names: Mapping[Any, Name]
) -> list[tuple[schema.RelationshipType, Ends, _Alike]]:
    groups = {
        (rel.name, *ends): _Alike(rel, ("from", "to"))
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
    return [
        (schema.RELATIONSHIPS[name], (a, b), group) for (name, a, b), group in groups.items() if group.rows
    ]


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
    if not isinstance(key, str | int) or isinstance(key, bool):
        raise DataError(f"node {node!r}: {key!r} is no id; an id is text or a whole number")
    return label, str(key)


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


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        if any(isinstance(value, list | tuple | set | dict) for value in values):
            raise DataError("a list is not a single value") from None
        # Numbers and text side by side, which the check tells apart.
        return pa.array([None if value is None else str(value) for value in values], pa.string())
