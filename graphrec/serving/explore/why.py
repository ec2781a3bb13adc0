"""The graph between a user and a recommendation: paths through what others chose too, and what the model saw."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphrec import schema
from graphrec.serving.chosen import USUAL, Chosen, chosen_by
from graphrec.serving.explain import Explanation
from graphrec.serving.explore.reasons import Kind, Reason, reasons
from graphrec.serving.explore.subgraph import GraphEdge, Key, Subgraph, merged, neighbours, nodes_of
from graphrec.serving.lookups import rows
from graphrec.store.base import GraphStore
from graphrec.store.spliced import spliced
from graphrec.workspace import Workspace

SHARERS = 6
"""So many of those who chose both are drawn."""
PAIRS = 2000
PLACES = ("HAS_SEGMENT", "HAS_FRAME", "IN_GENRE")
"""What says of which video and genre a thing is."""


@dataclass(frozen=True)
class Why:
    """What is drawn.

    Attributes:
        graph: nodes, relationships, and what only the model knows: types such as ``alike by look`` that the schema
            does not have.
        weights: how much a connection counted, 0 to 1, where that is known.
    """

    graph: Subgraph
    weights: Mapping[tuple[Key, Key], float]


def why(store: GraphStore, workspace: Workspace, told: Explanation) -> Why:
    """Return the graph of the reasons in ``told``; its two ends are always in it."""
    user, node = Key("User", told.user), Key(told.label, told.id)
    counts = USUAL if told.run is None else chosen_by(store.properties, workspace, told.run)
    by_kind = defaultdict[Kind, list[Reason]](list)
    for reason in reasons(told):
        by_kind[reason.kind].append(reason)
    weights = dict[tuple[Key, Key], float]()
    edges = [
        *_alike([*by_kind["near"], *by_kind["alike"]], node, weights),
        *_made(by_kind["made user"], user, node, weights),
        *_made(by_kind["made recommendation"], user, node, weights),
    ]
    past = [*by_kind["shared"], *by_kind["near"], *by_kind["alike"]]
    history = {edge.end for edge in edges if edge.start == user} | {reason.thing for reason in past}
    chosen = list(_chosen(store, counts, user, {key.id for key in history}, told.label))
    paths = list(_paths(store, counts, user, node, [one.via for one in told.shared], told.label))
    made = [one for edge in edges for one in (edge.start, edge.end) if one.label == "User" and one != user]
    pooled = [edge for other in made for edge in _chosen(store, counts, other, [node.id], told.label)]
    real = [*chosen, *paths, *pooled]
    there = {frozenset((edge.start, edge.end)) for edge in real if edge.start.label == "User"}
    # What the graph has is drawn as such, even where the model used it too.
    kept = [*real, *(edge for edge in edges if {edge.start, edge.end} not in there)]
    keys = {user, node, *(key for edge in kept for key in (edge.start, edge.end))}
    place = _place(store, node)
    return Why(merged([Subgraph(list(nodes_of(store, keys)), kept), *place]), weights)


def _alike(found: Iterable[Reason], node: Key, weights: dict[tuple[Key, Key], float]) -> Iterator[GraphEdge]:
    for reason in found:
        start, cosine = reason.thing, reason.number
        if cosine > 0 and start != node:
            where = reason.matrix or "the model's space"
            weights[start, node] = max(cosine, weights.get((start, node), 0.0))
            yield GraphEdge(f"alike in {where} {cosine:.2f}", start, node, {"cosine": cosine})


def _made(
    made: Sequence[Reason], user: Key, node: Key, weights: dict[tuple[Key, Key], float]
) -> Iterator[GraphEdge]:
    """Yield what went into an embedding; the largest weight of each is as wide as can be."""
    largest = max((reason.number for reason in made), default=1.0)
    for reason in made:
        # As the graph has it: from whoever chose to what was chosen, or from what is known to what is like it.
        ends = (user, reason.thing) if reason.kind == "made user" else (reason.thing, node)
        weights[ends] = reason.number / largest
        yield GraphEdge(f"made of it x {reason.number:.3g}", *ends, {"weight": reason.number})


def _chosen(
    store: GraphStore, counts: Chosen, user: Key, ids: Collection[str], label: str
) -> Iterator[GraphEdge]:
    """Yield the relationships from the user to its history; frames are also chosen by comments on them."""
    types = [rel.name for rel in schema.RELATIONSHIPS.values() if ("User", label) in rel.ends]
    texts = [spliced("chosen", label="User", type=name, other=label) for name in types]
    if ids:
        found = store.read("\nUNION ALL\n".join(texts), id=user.id, ids=sorted(ids)).to_pylist()
        for row in sorted(found, key=lambda row: (row["id"], types.index(row["type"]))):
            yield GraphEdge(row["type"], user, Key(label, row["id"]), {})
    if ids and label == "Frame":
        for row in rows(store, "praised", label, counts, user=user.id, ids=sorted(ids)):
            comment = Key("Comment", row["comment"])
            yield GraphEdge("WROTE", user, comment, {})
            yield GraphEdge("ON", comment, Key(label, row["id"]), {})


def _paths(
    store: GraphStore, counts: Chosen, user: Key, node: Key, via: list[str], label: str
) -> Iterator[GraphEdge]:
    """Yield the ways from the user's history over those who chose the same to ``node``."""
    if not via:
        return
    found = rows(store, "sharers", label, counts, ids=via, id=node.id, user=user.id, limit=PAIRS)
    shared = defaultdict[str, list[str]](list)
    for row in found:
        shared[row["other"]].append(row["via"])
    most = sorted(
        Counter({other: len(own) for other, own in shared.items()}).items(), key=lambda o: (-o[1], o[0])
    )
    for other, _ in most[:SHARERS]:
        yield from _chosen(store, counts, Key("User", other), {*shared[other], node.id}, label)


def _place(store: GraphStore, node: Key) -> Iterator[Subgraph]:
    """Yield the video that a part is of, and the genres of it."""
    found = neighbours(store, *node, types=PLACES, labels=("Item", "Genre"), limit=5).graph
    yield found
    for video in (one.key for one in found.nodes if one.key.label == "Item" and one.key != node):
        yield neighbours(store, *video, types=("IN_GENRE",), limit=5).graph
