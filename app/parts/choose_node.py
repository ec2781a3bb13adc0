"""A node of a drawing, chosen without a mouse."""

from __future__ import annotations

import streamlit as st

from graphrec.serving.explore.subgraph import Key, Subgraph


def choose_node(graph: Subgraph, key: str) -> Key:
    """Let the visitor choose one of the nodes; ``key`` is the field's name on the page."""
    nodes = {node.key: node for node in graph.nodes}
    chosen: Key = st.selectbox(
        "A node of the drawing",
        list(nodes),
        format_func=lambda one: f"{one.label}: {nodes[one].name}",
        key=key,
    )
    return chosen
