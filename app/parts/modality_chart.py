"""How much each feature matrix counts for a user, as bars: for one item, and on average."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from graphrec.app.parts.run_charts import COLOURS
from graphrec.app.text import in_plotly, plain
from graphrec.serving.modality_weights import ModalityWeights

ROW = 56


def modality_chart(weights: ModalityWeights) -> None:
    """Draw the weights, and say of which matrices there are none."""
    st.subheader("How much each kind of feature counts", anchor=False)
    st.text(weights.sentence)
    if not weights.usual:
        return
    st.plotly_chart(
        figure(weights),
        config={"displayModeBar": False},
        key="modalities",
        alt=f"How much each feature matrix counts for {weights.user}: {weights.item}, and on average.",
    )
    every = "that all of them describe" if weights.complete else "that any of them describes"
    st.caption(plain(f"On average: over {weights.of:,} items {every}."))


def figure(weights: ModalityWeights) -> go.Figure:
    """Return bars by matrix, the most usual on top; one that does not describe the item has words in their place."""
    names = sorted(weights.usual, key=lambda name: weights.usual[name])
    drawn = go.Figure()
    # The last stands on top.
    for title, shares, colour in (
        ("on average", weights.usual, COLOURS[1]),
        (in_plotly(weights.item), weights.here, COLOURS[0]),
    ):
        drawn.add_bar(
            y=[in_plotly(name) for name in names],
            x=[shares.get(name, 0) for name in names],
            text=[f"{shares[name]:.0%}" if name in shares else "does not describe it" for name in names],
            textposition=["auto" if name in shares else "outside" for name in names],
            name=title,
            orientation="h",
            marker={"color": colour},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    drawn.update_layout(
        height=80 + ROW * len(names),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        barmode="group",
        bargap=0.3,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
        hoverlabel={"namelength": 0},
    )
    drawn.update_xaxes(range=[0, 1], tickformat=".0%")
    drawn.update_yaxes(automargin=True)
    return drawn
