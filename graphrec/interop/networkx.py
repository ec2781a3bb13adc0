"""The graph, a part of it, or a snapshot, as networkx graphs; the way back is ``graphrec.interop.networkx_in``.

Nodes are pairs (label, id). Nodes and edges are in the order of their ids, whichever database they come from; what is
null is no attribute; embeddings and the runs that they are from are left out.
"""

from __future__ import annotations

import logging
from typing import Any

import networkx as nx
import numpy as np

from graphrec import schema
from graphrec.errors import ConfigError, unknown
from graphrec.graph.snapshot import SPLITS, Snapshot
from graphrec.keys import Id, key_of
from graphrec.serving.explore.subgraph import Subgraph
from graphrec.serving.lookups import no_such
from graphrec.store.base import GraphStore
from graphrec.store.spliced import spliced_rows

log = logging.getLogger(__name__)

Node = tuple[str, str]
Edge = tuple[Node, Node, str]


def to_networkx(store: GraphStore) -> nx.MultiDiGraph:
    """Return the whole graph in ``store``.

    Every node has the attributes ``label`` and ``id``, every edge ``type``, which is also its key; the others are
    properties, the schema's and the graph's own.
    """
    graph = nx.MultiDiGraph()
    for name in schema.LOADED_LABELS:
        table = store.read_nodes(name, [p.name for p in store.properties.of(name)]).sort_by(schema.KEY)
        graph.add_nodes_from(((name, row["id"]), _node(name, row)) for row in table.to_pylist())
    counts = store.counts()
    for rel in schema.RELATIONSHIPS.values():
        for start, end in rel.ends if counts[rel.name] else ():
            names = [p.name for p in store.properties.of(rel.name)]
            edges = store.read_relationships(rel.name, start, end, names)
            table = edges.table().sort_by([("from", "ascending"), ("to", "ascending")])
            graph.add_edges_from(
                ((start, row.pop("from")), (end, row.pop("to")), rel.name, _edge(rel.name, row))
                for row in table.to_pylist()
            )
    return graph


def subgraph_to_networkx(part: Subgraph) -> nx.MultiDiGraph:
    """Return a part of the graph, like ``to_networkx``."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(
        (tuple(node.key), _node(node.key.label, {schema.KEY: node.key.id, **node.properties}))
        for node in part.nodes
    )
    graph.add_edges_from(
        (tuple(edge.start), tuple(edge.end), edge.type, _edge(edge.type, dict(edge.properties)))
        for edge in part.edges
    )
    return graph


def snapshot_to_networkx(snapshot: Snapshot) -> nx.Graph:
    """Return a snapshot as a bipartite graph: users have ``bipartite`` 0, items 1.

    Edges have ``order`` (when; 0 where not known) and, where the data name one, ``split``; items of a video have its id
    as ``group``.
    """
    graph = nx.Graph(fingerprint=snapshot.fingerprint, projection=snapshot.projection)
    users = [("User", key) for key in snapshot.users.values.to_pylist()]
    items = [(snapshot.item_label, key) for key in snapshot.items.values.to_pylist()]
    graph.add_nodes_from(users, bipartite=0)
    graph.add_nodes_from(items, bipartite=1)
    group = snapshot.videos.group
    inside = np.flatnonzero(group >= 0)
    for item, video in zip(inside, snapshot.groups.take(group[inside]), strict=True):
        graph.nodes[items[item]]["group"] = video
    records = snapshot.records
    columns = (records.user, records.item, records.order, records.split)
    for user, item, order, split in zip(*(np.asarray(column).tolist() for column in columns), strict=True):
        graph.add_edge(users[user], items[item], order=order, **({"split": SPLITS[split]} if split > 0 else {}))
    return graph


def neighbourhood(
    store: GraphStore, label: str, node: Id, *, hops: int = 2, limit: int = 1000
) -> nx.MultiDiGraph:
    """Return the nodes within ``hops`` of a node, in either direction, and the relationships on the ways there.

    The database is asked for the neighbours of one node at a time, found by its id.

    Args:
        store: where.
        label: the node's label.
        node: its id.
        hops: how many relationships a way may have.
        limit: the most nodes to return: the nearest, of equally near ones those that come first by label and id.

    Returns a graph like ``to_networkx``; its attribute ``cut`` says whether there are more nodes than ``limit``, which
    is also logged.

    Raises ``NotFoundError`` for a label or node that does not exist, ``ConfigError`` for numbers that make no sense.
    """
    if hops < 0 or limit < 1:
        raise ConfigError(f"hops={hops} and limit={limit} are not possible; they are at least 0 and 1")
    if label not in schema.LOADED_LABELS:
        raise unknown("label", label, schema.LOADED_LABELS)
    key = key_of(node)
    if not spliced_rows(store, "nodes", "n", (), label=label, ids=[key]):
        raise no_such(store, label, key)
    there = {name for name, count in store.counts().items() if count}
    centre = (label, key)
    kept, edges = {centre}, dict[Edge, dict[str, Any]]()
    frontier, cut = [centre], False
    for _ in range(hops):
        reached = set[Node]()
        for at in frontier:
            found, longer = _edges_at(store, at, there, limit)
            cut |= longer
            for edge, values in found.items():
                other = edge[1] if edge[0] == at else edge[0]
                if other not in kept and len(kept) == limit:
                    cut = True
                    continue
                if other not in kept:
                    kept.add(other)
                    reached.add(other)
                edges[edge] = values
            if cut:
                break
        frontier = [] if cut else sorted(reached)
    if cut:
        log.warning(
            "the neighbourhood of %s %r was cut at %s nodes; raise limit for more", label, key, f"{limit:,}"
        )
    graph = nx.MultiDiGraph(centre=centre, hops=hops, limit=limit, cut=cut)
    for name in sorted({name for name, _ in kept}):
        ids = sorted(one for of, one in kept if of == name)
        for row in spliced_rows(store, "nodes", "n", store.properties.of(name), label=name, ids=ids):
            graph.add_node((name, row["id"]), **_node(name, row))
    graph.add_edges_from((*edge, _edge(edge[2], edges[edge])) for edge in sorted(edges))
    return graph


def _edges_at(
    store: GraphStore, node: Node, there: set[str], limit: int
) -> tuple[dict[Edge, dict[str, Any]], bool]:
    """Return the relationships of a node by their ends, and whether there are more of a kind than ``limit``."""
    edges, longer = dict[Edge, dict[str, Any]](), False
    label, key = node
    for rel in schema.RELATIONSHIPS.values():
        for start, end in rel.ends if rel.name in there else ():
            for name, own, other in (("outgoing", start, end), ("incoming", end, start)):
                if own != label or other not in there:
                    continue
                spliced = {"label": own, "type": rel.name, "other": other}
                rows = spliced_rows(store, name, "e", store.properties.of(rel.name), **spliced, id=key, limit=limit + 1)
                longer |= len(rows) > limit
                for row in rows:
                    far = (other, row.pop("id"))
                    edges[(node, far, rel.name) if name == "outgoing" else (far, node, rel.name)] = row
    return edges, longer


def _node(label: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, **_present(row)}


def _edge(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"type": name, **_present(row)}


def _present(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None}
