"""A drawn graph: nodes by label, a double click asks for a node's neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

import streamlit as st
from st_link_analysis import st_link_analysis
from st_link_analysis.component.layouts import LAYOUTS

from graphrec import schema
from graphrec.app.parts.graph_style import edge_styles, node_styles
from graphrec.app.parts.graph_tools import graph_tools
from graphrec.app.theme import LABELS
from graphrec.serving.explore.subgraph import GraphEdge, GraphNode, Key, Subgraph

JOINER = "\u2060"
"""Not seen; behind what begins a tag or an entity, it begins none."""
NAMED_EDGES = 60
"""Of more relationships than these, types are not written."""
LONGEST = 300
LEFT_OUT = ("digest", "label", "property", "snapshot")

Weights = Mapping[tuple[Key, Key], float]


def graph_view(
    graph: Subgraph,
    key: str,
    *,
    middle: Collection[Key] = (),
    weights: Weights | None = None,
    expandable: bool = True,
    layout: str = "fcose",
    version: str = "",
    height: int = 560,
) -> Key | None:
    """Draw ``graph``; return the node whose neighbours the visitor has just asked for, if any.

    Args:
        graph: what is drawn.
        key: the drawing's name in the session.
        middle: nodes that are drawn larger.
        weights: of relationships by their ends, 0 to 1; theirs are as wide, and those that are not in the graph, but
            a model's, are dashed.
        expandable: whether neighbours can be asked for.
        layout: how nodes are placed.
        version: another one places all nodes anew.
        height: pixels.
    """
    ids = {safe(f"{node.key.label} {node.key.id}"): node.key for node in graph.nodes}
    with st.container(key=f"{key}-frame"):
        said = st_link_analysis(
            {
                "nodes": [_node(node, middle) for node in graph.nodes],
                "edges": [_edge(edge, weights or {}) for edge in graph.edges],
            },
            layout={**LAYOUTS[layout], "graphrec": version},
            node_styles=node_styles(),
            edge_styles=edge_styles(len(graph.edges) <= NAMED_EDGES),
            node_actions=["expand"] if expandable else [],
            height=height,
            key=key,
        )
    legend(graph)
    graph_tools(f"st-key-{key}-frame", _told(graph), key=f"{key}-tools")
    return _asked(said, key, ids)


def legend(graph: Subgraph) -> None:
    """Say which colour is which label, and how many nodes of each there are."""
    counts = {label: sum(node.key.label == label for node in graph.nodes) for label in LABELS}
    chips = "".join(
        '<span style="display:inline-flex;align-items:center;gap:.4rem">'
        f'<span aria-hidden="true" style="width:.8rem;height:.8rem;border-radius:50%;background:{LABELS[label]}">'
        f"</span>{escape(label)} {count}</span>"
        for label, count in counts.items()
        if count
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.3rem 1rem;font-size:.875rem">{chips}</div>')


def readable(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return properties as text: times as dates, long texts cut, numbers as they are."""
    return {name: _readable(name, value) for name, value in properties.items() if name not in LEFT_OUT}


def safe(text: str) -> str:
    """Return text for the drawing, which takes the values of a node that is clicked for HTML."""
    return text.replace("&", f"&{JOINER}").replace("<", f"<{JOINER}")


def _readable(name: str, value: object) -> str:
    if schema.is_time(name) and isinstance(value, int):
        try:
            return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        except (ValueError, OverflowError, OSError):
            return str(value)
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _node(node: GraphNode, middle: Collection[Key]) -> dict[str, Any]:
    told = {name: safe(text) for name, text in readable(node.properties).items() if name != "name"}
    return {
        "data": {
            **told,
            "name": safe(node.name[:LONGEST]),
            "id": safe(f"{node.key.label} {node.key.id}"),
            "label": node.key.label,
        },
        "classes": "middle" if node.key in middle else "",
    }


def _edge(edge: GraphEdge, weights: Weights) -> dict[str, Any]:
    start, end = (safe(f"{key.label} {key.id}") for key in (edge.start, edge.end))
    weight = weights.get((edge.start, edge.end))
    return {
        "data": {
            **{name: safe(text) for name, text in readable(edge.properties).items()},
            **({} if weight is None else {"weight": round(weight, 4)}),
            "id": f"{edge.type} {start} {end}",
            "source": start,
            "target": end,
            "label": safe(edge.type),
        },
        "classes": "" if edge.type in schema.RELATIONSHIPS else "guess",
    }


def _told(graph: Subgraph) -> str:
    labels = Counter(node.key.label for node in graph.nodes)
    nodes = ", ".join(f"{count} {label}" for label, count in labels.items())
    return f"A drawing of {len(graph.nodes)} nodes ({nodes}) and {len(graph.edges)} relationships."


def _asked(said: Any, key: str, ids: Mapping[str, Key]) -> Key | None:
    """Return the node that was double-clicked; the drawing says so again at each rerun, and it counts once."""
    if not isinstance(said, dict) or said.get("action") != "expand":
        return None
    done = f"{key}-heard"
    if st.session_state.get(done) == said.get("timestamp"):
        return None
    st.session_state[done] = said.get("timestamp")
    wanted = (said.get("data") or {}).get("node_ids") or [None]
    return ids.get(wanted[0])
