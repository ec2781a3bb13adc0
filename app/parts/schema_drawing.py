"""The graph's schema, drawn with how much of everything there is."""

from __future__ import annotations

import streamlit as st

from graphrec import schema
from graphrec.app.theme import LABELS
from graphrec.serving.explore.overview import Overview


def draw_schema(found: Overview) -> None:
    """Draw labels and relationship types with their counts."""
    ink = "#cbd5e1" if st.context.theme.type == "dark" else "#475569"
    nodes = [
        f'{label} [label="{label}\\n{count:,}" fillcolor="{LABELS[label]}"]'
        for label, count in found.nodes.items()
        if label != schema.RUN
    ]
    edges = [f'{e.source} -> {e.target} [label=" {e.type} \\n {e.count:,} "]' for e in found.ends]
    style = (
        f"graph [bgcolor=transparent rankdir=LR nodesep=0.45 ranksep=0.9] "
        f'node [shape=box style="rounded,filled" color=transparent fontcolor=white fontname="sans-serif" '
        f'margin="0.22,0.12"] edge [color="{ink}" fontcolor="{ink}" fontname="sans-serif" fontsize=11]'
    )
    told = "; ".join(f"{e.count:,} {e.type} from {e.source} to {e.target}" for e in found.ends)
    st.graphviz_chart(
        f"digraph {{ {style} {'; '.join([*nodes, *edges])} }}", width="stretch", alt=f"The schema: {told}."
    )
