"""What is like a video, and like one of its segments, to a model."""

from __future__ import annotations

import streamlit as st

from graphrec.app.graph import ask
from graphrec.app.notices import nothing
from graphrec.app.parts.cards import cards
from graphrec.app.parts.gallery import card, upright, watch
from graphrec.errors import NotFoundError
from graphrec.serving.clock import clock
from graphrec.serving.explore.looks import looks
from graphrec.serving.explore.video import parts
from graphrec.serving.similar import similar

MANY = 12


def show_similar(node: str, run: str | None) -> None:
    """Show the nearest videos, and the nearest segments to one that is chosen."""
    found = {part.id: part for part in ask(parts, node) if part.start_s is not None}
    st.subheader("Videos")
    _near("Item", node, run, "similar-videos")
    if found:
        st.subheader("Segments")
        segment = st.selectbox(
            "Like the segment",
            list(found),
            format_func=lambda key: f"{clock(found[key].start_s or 0)} to {clock(found[key].end_s or 0)}",
            key="segment",
            bind="query-params",
        )
        _near("Segment", segment, run, "similar-segments")


def _near(label: str, node: str, run: str | None, key: str) -> None:
    try:
        near = ask(similar, node, MANY, model=run)
    except NotFoundError as error:
        nothing(str(error))
        return
    seen = ask(looks, label, [one.id for one in near])
    drawn = [
        card(seen[one.id], score=f"cosine {one.score:.2f}", share=max(0.0, one.score))
        for one in near
        if one.id in seen
    ]
    opened = cards(drawn, f"Similar to {node}", key, upright=upright(seen.values()))
    if opened:
        watch(seen[opened], **({"run": run} if run else {}))
