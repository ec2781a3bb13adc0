"""Where the points of a map are: known at once, from an earlier visit, or after a while in the background."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from graphrec.app.background import background
from graphrec.app.graph import workspace
from graphrec.app.text import plain
from graphrec.serving.explore.background import Standing
from graphrec.serving.explore.errand import Errand
from graphrec.serving.explore.map_files import kept, make, map_name
from graphrec.serving.explore.maps import AT_ONCE, layout
from graphrec.serving.explore.points import Points
from graphrec.store.base import Floats

SEED = 0
POLL_S = 1.0
CALLED = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}


@dataclass(frozen=True)
class PlacedPoints:
    """Where to draw points, float32 [n, 2], and the name of that map."""

    name: str
    points: Floats


def places(points: Points, method: str) -> PlacedPoints:
    """Return where to draw the points: by PCA as long as ``method`` is not ready, which is said."""
    if method != AT_ONCE:
        name = map_name(points.digest, method, SEED)
        found = kept(workspace(), name)
        if found is not None:
            return PlacedPoints(name, found)
        _wait(name, method, points)
    name = map_name(points.digest, AT_ONCE, SEED)
    return PlacedPoints(name, _at_once(name, points))


@st.cache_resource(max_entries=20, show_spinner=False)
def _at_once(name: str, _points: Points) -> Floats:
    return layout(_points.vectors, AT_ONCE)


@st.fragment(run_every=POLL_S)
def _wait(name: str, method: str, points: Points) -> None:
    """Have the map made and tell how far it is; the page is drawn anew when it is there."""
    errand = Errand(make, (workspace(), name, method, SEED, points.vectors))
    standing = background().want(name, errand)
    if standing.state == "done":
        background().forget(name)
        st.rerun()
    elif standing.state == "failed":
        _failed(name, method, standing)
    elif standing.state == "waiting":
        st.progress(0.0, f"{CALLED[method]} waits until other work is done. PCA is shown meanwhile.")
    else:
        st.progress(
            standing.share,
            f"{CALLED[method]} of {len(points):,} nodes is being made in the background: {standing.share:.0%} "
            f"after {standing.seconds:.0f} s. PCA is shown meanwhile.",
        )


def _failed(name: str, method: str, standing: Standing) -> None:
    st.error(
        f"{CALLED[method]} cannot be made, so PCA is shown: {plain(standing.words)}", icon=":material/error:"
    )
    if st.button("Try again", icon=":material/refresh:"):
        background().forget(name)
        st.rerun()
