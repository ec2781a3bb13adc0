"""The graph that grows at each click: which nodes' neighbours are shown, and how many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from graphrec.app.graph import ask
from graphrec.app.parts.opened import opened, put
from graphrec.errors import NotFoundError
from graphrec.serving.explore.subgraph import Around, Group, Key, Subgraph, merged, neighbours

FEW = 12
"""So many neighbours of a kind are shown at first."""
MORE = 4
"""By this factor there are more of them at each further click."""
MOST = 400
"""So many nodes are drawn."""

Kind = tuple[str, bool, str]


@dataclass
class Growing:
    """What a visitor has opened so far, from ``start`` on.

    Attributes:
        start: where it began.
        open: per node whose neighbours are shown, the kinds of which there are more than at first.
        arranged: how often all nodes had to be placed anew: after a double click the drawing places them itself.
    """

    start: Key
    open: dict[Key, dict[Kind, int]] = field(default_factory=dict)
    arranged: int = 0

    def expand(self, node: Key, *, placed: bool = False) -> None:
        """Show a node's neighbours, which the drawing may have ``placed`` by itself."""
        self.open.setdefault(node, {})
        self.arranged += not placed
        self.name()

    def more(self, node: Key, group: Group) -> None:
        """Show more neighbours of a kind."""
        kinds = self.open.setdefault(node, {})
        kind = (group.type, group.outgoing, group.label)
        kinds[kind] = kinds.get(kind, FEW) * MORE
        self.arranged += 1

    def close(self, node: Key) -> None:
        """Show a node's neighbours no longer."""
        self.open.pop(node, None)
        self.arranged += 1
        self.name()

    def name(self) -> None:
        """Have the address name what is open."""
        put(node for node in self.open if node != self.start)


def growing(key: str, start: Key) -> Growing:
    """Return what has grown in this session under ``key`` from ``start``; from another start it begins anew.

    A session that is new goes on with what the address names.
    """
    found = st.session_state.get(key)
    if not isinstance(found, Growing) or found.start != start:
        named = opened() if found is None else []
        found = Growing(start, {start: {}, **{node: {} for node in named}})
        st.session_state[key] = found
    # After the browser's Back too, a link is to what is drawn.
    found.name()
    return found


def grown(
    growth: Growing, labels: Sequence[str], types: Sequence[str]
) -> tuple[Subgraph, dict[Key, Around], bool]:
    """Return what is to be drawn, what was found around each open node, and whether something was left out.

    Args:
        growth: what the visitor has opened.
        labels: which labels neighbours have; none for all.
        types: which relationships are followed; none for all.
    """
    found = {}
    for node, kinds in growth.open.items():
        try:
            found[node] = _around(node, kinds, labels, types)
        except NotFoundError:
            # An old link may name what is gone; without the start there is nothing to show.
            if node == growth.start:
                raise
    whole = merged(around.graph for around in found.values())
    kept = {node.key for node in whole.nodes[:MOST]}
    nodes = [node for node in whole.nodes if node.key in kept]
    edges = [edge for edge in whole.edges if edge.start in kept and edge.end in kept]
    return Subgraph(nodes, edges), found, len(whole.nodes) > MOST


def _around(node: Key, kinds: dict[Kind, int], labels: Sequence[str], types: Sequence[str]) -> Around:
    first = ask(neighbours, *node, types=list(types) or None, labels=list(labels) or None, limit=FEW)
    there = {(group.type, group.outgoing, group.label) for group in first.groups}
    parts = [
        ask(neighbours, *node, types=[kind[0]], labels=[kind[2]], limit=limit)
        for kind, limit in kinds.items()
        if kind in there
    ]
    told = {
        (group.type, group.outgoing, group.label): group for part in (first, *parts) for group in part.groups
    }
    groups = [max(told[kind], group, key=lambda one: one.shown) for kind, group in _each(first)]
    return Around(first.node, groups, merged([first.graph, *(part.graph for part in parts)]))


def _each(around: Around) -> list[tuple[Kind, Group]]:
    return [((group.type, group.outgoing, group.label), group) for group in around.groups]
