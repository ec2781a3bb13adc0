"""Graph: from any node on, its neighbours, and theirs."""

from __future__ import annotations

from io import BytesIO

import streamlit as st

from graphrec import schema
from graphrec.app.graph import ask_shared
from graphrec.app.links import go
from graphrec.app.notices import nothing
from graphrec.app.parts.choose_node import choose_node
from graphrec.app.parts.facts import facts
from graphrec.app.parts.graph_view import graph_view, readable
from graphrec.app.parts.growing import FEW, MOST, Growing, growing, grown
from graphrec.app.parts.picker import MOST as OFFERED
from graphrec.app.parts.picker import pick
from graphrec.app.text import heading, plain
from graphrec.errors import GraphrecError
from graphrec.interop.graphml import write_graphml
from graphrec.interop.networkx import subgraph_to_networkx
from graphrec.serving.explore.names import names
from graphrec.serving.explore.subgraph import Around, Key, Subgraph

STARTS = ("User", "Item", "Genre", "Segment")


def forget() -> None:
    """An id of one label is none of another."""
    st.query_params.pop("id", None)


def starts() -> None:
    """Offer places to begin with."""
    found = [(label, next(iter(ask_shared(names, label, OFFERED).items()), None)) for label in STARTS]
    if not any(first for _, first in found):
        nothing("The graph holds nothing yet.", "graphrec load videos FOLDER")
        return
    st.text("Choose a label and a node, or begin with one of these:")
    with st.container(horizontal=True):
        for label, first in found:
            if first is not None and st.button(plain(f"{label} {first[1][:40]}"), key=f"start-{label}"):
                go("graph", label=label, id=first[0])


def draw(start: Key) -> None:
    """Draw what has grown from ``start``, and what can be done with it."""
    opened = growing("graph-opened", start)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labels = st.multiselect(
            "Labels of neighbours", list(schema.LOADED_LABELS), key="labels", placeholder="All",
            bind="query-params",
        )  # fmt: skip
        types = st.multiselect(
            "Relationship types", list(schema.RELATIONSHIPS), key="types", placeholder="All",
            bind="query-params",
        )  # fmt: skip
    graph, found, cut = grown(opened, labels, types)
    if cut:
        st.info(f"Only the first {MOST} nodes are drawn. Choose labels or types, or begin anew.")
    left, right = st.columns([3, 1], gap="medium")
    with left:
        wanted = graph_view(graph, "graph-view", middle=[start], version=f"{labels}{types}{opened.arranged}")
        if wanted is not None:
            opened.expand(wanted, placed=True)
            st.rerun()
        save(graph)
    with right:
        beside(opened, graph, found)


def save(graph: Subgraph) -> None:
    """Offer what is drawn as a GraphML file."""
    file = BytesIO()
    try:
        write_graphml(subgraph_to_networkx(graph), file)
    except GraphrecError as error:
        st.caption(plain(error))
        return
    st.download_button("Save as GraphML", file.getvalue(), "graph.graphml", "application/graphml+xml")


def beside(opened: Growing, graph: Subgraph, found: dict[Key, Around]) -> None:
    """Everything that the drawing does, without a mouse; and what is known of a node."""
    key = choose_node(graph, "graph-node")
    node = next(one for one in graph.nodes if one.key == key)
    with st.container(horizontal=True):
        if key in opened.open:
            if key != opened.start and st.button("Collapse", icon=":material/unfold_less:"):
                opened.close(key)
                st.rerun()
        elif st.button("Expand", type="primary", icon=":material/unfold_more:"):
            opened.expand(key)
            st.rerun()
        if key != opened.start and st.button("Begin here", icon=":material/my_location:"):
            go("graph", label=key.label, id=key.id)
        if key.label == "Item" and st.button("Open video", icon=":material/movie:"):
            go("video", id=key.id)
    facts({"id": key.id, **readable(node.properties)})
    if key in found:
        around(opened, found[key])


def around(opened: Growing, found: Around) -> None:
    """Say how many neighbours of each kind there are, and offer more of them."""
    if not found.groups:
        st.text("It has no neighbours of this kind.")
    for group in found.groups:
        way = "to" if group.outgoing else "from"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{group.type} {way} {group.label}: {group.shown:,} of {group.total:,}")
            if group.shown < group.total and st.button(
                "Show more", key=f"more-{group.type}-{way}-{group.label}", type="tertiary"
            ):
                opened.more(found.node.key, group)
                st.rerun()


heading("Graph", f"Double-click a node for its neighbours, {FEW} of each kind at first.")
first, second = st.columns([1, 3])
with first:
    label = st.selectbox(
        "Label", list(schema.LABELS), index=1, key="label", on_change=forget, bind="query-params"
    )
with second:
    node = pick(label, "Node", "id")
if node is None:
    starts()
else:
    draw(Key(label, node))
