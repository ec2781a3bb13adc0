"""A part of the graph to look at: a node, and so many of its neighbours by each kind of relationship."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphrec import schema
from graphrec.errors import ConfigError
from graphrec.serving.lookups import no_such
from graphrec.serving.naming import TITLES, when
from graphrec.store.answers import Answer, Node, Path, Relationship
from graphrec.store.base import GraphStore
from graphrec.store.spliced import spliced, spliced_rows


class Key(NamedTuple):
    """What tells a node from all others."""

    label: str
    id: str


@dataclass(frozen=True)
class GraphNode:
    """A node and what the schema says of it; what is null is left out."""

    key: Key
    properties: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called: its title, its text, its time, or else its id."""
        told = self.properties
        title = next((told[name] for name in (*TITLES, "text") if told.get(name)), None)
        if title is not None:
            return " ".join(str(title).split())
        at = when(told.get("start_s", told.get("time_s")), told.get("end_s"))
        return f"{at} of {re.split('[#@]', self.key.id)[0]}" if at else self.key.id


@dataclass(frozen=True)
class GraphEdge:
    """A relationship between two nodes."""

    type: str
    start: Key
    end: Key
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Subgraph:
    """Nodes, and relationships between them."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]


@dataclass(frozen=True)
class Group:
    """The neighbours of one kind: ``shown`` of ``total``, which are ``label`` nodes.

    ``outgoing`` says whether the relationships of ``type`` begin at the node in the middle.
    """

    type: str
    outgoing: bool
    label: str
    shown: int
    total: int


@dataclass(frozen=True)
class Around:
    """A node, what was found around it, and of how much."""

    node: GraphNode
    groups: list[Group]
    graph: Subgraph


def neighbours(
    store: GraphStore,
    label: str,
    node: str,
    *,
    types: Collection[str] | None = None,
    labels: Collection[str] | None = None,
    limit: int = 12,
) -> Around:
    """Return a node and its neighbours, the first by id of each kind of relationship.

    Args:
        store: the graph.
        label: of the node.
        node: its id.
        types: which relationship types to follow; None for all.
        labels: which labels neighbours may have; None for all.
        limit: the most neighbours of a kind.

    Raises ``NotFoundError`` for an unknown label, type or node, ``ConfigError`` for a limit below 1.
    """
    if limit < 1:
        raise ConfigError(f"limit must be at least 1, not {limit}")
    middle = next(nodes_of(store, [Key(label, node)]), None)
    if middle is None:
        raise no_such(store, label, node)
    for name in types or ():
        schema.relationship(name)
    for name in labels or ():
        schema.label(name)
    groups, edges = list[Group](), dict[tuple[str, Key, Key], GraphEdge]()
    for kind in _kinds(store, middle.key, types, labels):
        found = list(_edges(store, middle.key, kind, limit))
        groups.append(Group(kind.type, kind.outgoing, kind.label, len(found), kind.total))
        edges |= {(edge.type, edge.start, edge.end): edge for edge in found}
    others = {key for edge in edges.values() for key in (edge.start, edge.end)} - {middle.key}
    nodes = nodes_of(store, others)
    return Around(middle, groups, Subgraph([middle, *nodes], list(edges.values())))


def nodes_of(store: GraphStore, keys: Collection[Key]) -> Iterator[GraphNode]:
    """Yield the nodes of ``keys`` by label and id; keys of nothing are left out."""
    for label in sorted({key.label for key in keys}):
        ids = sorted(key.id for key in keys if key.label == label)
        for row in spliced_rows(store, "nodes", "n", store.properties.of(label), label=label, ids=ids):
            yield GraphNode(Key(label, row.pop(schema.KEY)), _present(row))


def merged(parts: Iterable[Subgraph]) -> Subgraph:
    """Return everything in ``parts`` once, in the order in which it first comes."""
    nodes, edges = dict[Key, GraphNode](), dict[tuple[str, Key, Key], GraphEdge]()
    for part in parts:
        for node in part.nodes:
            nodes.setdefault(node.key, node)
        for edge in part.edges:
            edges.setdefault((edge.type, edge.start, edge.end), edge)
    return Subgraph(list(nodes.values()), list(edges.values()))


def graph_of(answer: Answer) -> Subgraph:
    """Return the nodes that an answer holds, by the schema's labels, and the relationships between them."""
    nodes, edges = dict[str, GraphNode](), dict[str, Relationship]()
    for value in (value for row in answer.rows for value in row):
        for found in _entities(value):
            if isinstance(found, Relationship):
                edges[found.key] = found
            elif not found.foreign and found.label in schema.LABELS and schema.KEY in found.properties:
                nodes[found.key] = _known(found)
    between = [edge for edge in edges.values() if edge.start in nodes and edge.end in nodes]
    made = [
        GraphEdge(edge.type, nodes[edge.start].key, nodes[edge.end].key, edge.properties) for edge in between
    ]
    return merged([Subgraph(list(nodes.values()), made)])


def _known(node: Node) -> GraphNode:
    properties = {name: value for name, value in node.properties.items() if not _is_embedding(value)}
    return GraphNode(Key(node.label, str(node.properties[schema.KEY])), properties)


def _is_embedding(value: Any) -> bool:
    return isinstance(value, bytes) or (isinstance(value, list) and not all(isinstance(one, str) for one in value))


def _entities(value: Any) -> Iterator[Node | Relationship]:
    match value:
        case Node() | Relationship():
            yield value
        case Path():
            yield from value.nodes
            yield from value.relationships
        case list():
            for entry in value:
                yield from _entities(entry)
        case dict():
            yield from _entities(list(value.values()))


@dataclass(frozen=True)
class _Kind:
    """A kind of relationship that a node has ``total`` of."""

    type: str
    outgoing: bool
    label: str
    total: int


def _kinds(
    store: GraphStore, node: Key, types: Collection[str] | None, labels: Collection[str] | None
) -> list[_Kind]:
    texts = [
        spliced(name, label=node.label, type=rel.name, other=other)
        for rel in schema.RELATIONSHIPS.values()
        for start, end in rel.ends
        for name, own, other in (("count_outgoing", start, end), ("count_incoming", end, start))
        if own == node.label and (types is None or rel.name in types) and (labels is None or other in labels)
    ]
    if not texts:
        return []
    rows = store.read("\nUNION ALL\n".join(texts), id=node.id).to_pylist()
    found = [
        _Kind(row["type"], row["way"] == "outgoing", row["label"], int(row["total"]))
        for row in rows
        if row["total"]
    ]
    order = list(schema.RELATIONSHIPS)
    return sorted(found, key=lambda kind: (order.index(kind.type), not kind.outgoing, kind.label))


def _edges(store: GraphStore, node: Key, kind: _Kind, limit: int) -> Iterator[GraphEdge]:
    known = store.properties.of(kind.type)
    name = "outgoing" if kind.outgoing else "incoming"
    parts = {"label": node.label, "type": kind.type, "other": kind.label}
    for row in spliced_rows(store, name, "e", known, **parts, id=node.id, limit=limit):
        other = Key(kind.label, row.pop(schema.KEY))
        start, end = (node, other) if kind.outgoing else (other, node)
        yield GraphEdge(kind.type, start, end, _present(row))


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
