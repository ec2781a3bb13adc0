"""What a model has learned, as a map: near each other is what it takes to be alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from graphrec.app.graph import ask, ask_shared, state
from graphrec.app.notices import nothing
from graphrec.app.parts.at_first import at_first
from graphrec.app.parts.embedding_map import embedding_map, encode
from graphrec.app.parts.map_figure import COLOURINGS, figure
from graphrec.app.parts.map_places import CALLED, places
from graphrec.app.parts.map_table import map_table
from graphrec.app.parts.newcomers import newcomers
from graphrec.app.text import heading
from graphrec.serving.explore.maps import AT_ONCE, available
from graphrec.serving.explore.points import Points, points
from graphrec.serving.explore.spaces import Space, spaces
from graphrec.store.base import Floats


@dataclass(frozen=True)
class Shown:
    """What the visitor wants to see, all of it in the address."""

    space: Space
    labels: Sequence[str]
    method: str
    colouring: str


def page() -> None:
    """Draw the page."""
    heading("Embeddings", "A model's view of the graph: what it takes to be alike lies close together.")
    found = ask(spaces)
    if not found:
        nothing("No embeddings are published yet.", "graphrec train --model transgrec")
        return
    choice = _choose(found)
    if not choice.labels:
        nothing("Choose at least one label to see its nodes.")
        return
    shown = ask_shared(points, choice.space.run.id, tuple(choice.labels))
    _map(shown, choice)
    newcomers(shown, choice.space.run.id)


def _choose(found: Sequence[Space]) -> Shown:
    runs = {space.run.id: space for space in found}
    newest = at_first("run", list(runs))
    with st.container(horizontal=True):
        run = st.selectbox("Run", list(runs), index=None, key="run", bind="query-params", width=260)
        space = runs[run or newest]
        labels = st.pills(
            "Nodes",
            space.labels,
            selection_mode="multi",
            default=space.labels,
            key="nodes",
            bind="query-params",
        )
        method = st.segmented_control(
            "Map",
            available(),
            format_func=CALLED.__getitem__,
            default=AT_ONCE,
            required=True,
            key="map",
            bind="query-params",
            help="PCA shows the two directions in which the embeddings differ most, at once. t-SNE and UMAP keep "
            "neighbours together instead; they are made in the background and kept in the workspace.",
        )
        colouring = st.segmented_control(
            "Colour by",
            COLOURINGS,
            default=COLOURINGS[0],
            required=True,
            key="colour",
            bind="query-params",
        )
    return Shown(space, list(labels), method or AT_ONCE, colouring or COLOURINGS[0])


def _map(shown: Points, choice: Shown) -> None:
    if choice.colouring == "genre" and not any(shown.genres):
        st.caption("The graph says no genre of any of these nodes.")
    where = places(shown, choice.method)
    encoded = _encoded(state(), shown.digest, where.name, choice.colouring, shown, where.points)
    # Of other nodes, rows mean others.
    rows = embedding_map(encoded, f"map_{shown.digest}")
    if rows:
        st.subheader(f"{len(rows):,} selected")
        map_table(shown, rows, f"{choice.space.run.id}-selection")
    else:
        st.caption(
            f"{len(shown):,} nodes. Point at a mark to see what it is; draw around marks to list them here. "
            "Ctrl and the wheel zoom."
        )


@st.cache_resource(max_entries=20, show_spinner=False)
def _encoded(state: str, digest: str, name: str, colouring: str, _shown: Points, _places: Floats) -> bytes:
    summary = f"Map of {len(_shown):,} nodes in two dimensions, one mark each, coloured by {colouring}."
    return encode(_shown, figure(_shown, _places, colouring), summary)


page()
