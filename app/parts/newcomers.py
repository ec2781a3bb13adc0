"""What a map tells of new nodes: whether the model has placed them among the old ones."""

from __future__ import annotations

import numpy as np
import streamlit as st

from graphrec.app.notices import advise
from graphrec.serving.explore.newcomers import Company, company
from graphrec.serving.explore.points import Points


def newcomers(points: Points, run: str) -> None:
    """Say for each label with new nodes in what company they are, or that there are none."""
    found = {label: _company(points.digest, label, points) for label in dict.fromkeys(points.label)}
    known = {label: one for label, one in found.items() if one is not None}
    st.subheader("New among the old")
    if not known:
        st.caption(
            "No node that nobody has interacted with has an embedding here. What has features and came after "
            "training gets one by the command below, from its content alone."
        )
        advise(f"graphrec embed --run {run}")
        return
    st.caption(
        "Outlined marks are nodes that nobody has interacted with: the transfer network has placed them from their "
        "content alone. Where it works they lie among the old ones; where it does not they make an island."
    )
    for label, one in known.items():
        _tell(label, one)


def _tell(label: str, one: Company) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, gap="large"):
            st.metric(f"New {label} nodes", f"{one.new:,}", width="content")
            st.metric(f"Old among their {one.k} nearest", f"{one.share:.0%}", width="content")
            st.metric("Old by chance", f"{one.by_chance:.0%}", width="content")
        st.write(_verdict(one))


def _verdict(one: Company) -> str:
    if one.share >= 0.8 * one.by_chance:
        return (
            "They lie among the old ones, nearly as if somebody had interacted with them already: the model can "
            "recommend them to whom the old ones around them are recommended."
        )
    if one.share >= 0.4 * one.by_chance:
        return "They lie in part among the old ones, and in part among themselves."
    return (
        "They lie among themselves, apart from the old ones: the transfer network has not learned to imitate the "
        "graph here. Longer training, or features that tell more, may help."
    )


@st.cache_data(max_entries=100, show_spinner=False)
def _company(digest: str, label: str, _points: Points) -> Company | None:
    rows = np.flatnonzero(np.array(_points.label, object) == label)
    return company(_points.vectors[rows], _points.new[rows])
