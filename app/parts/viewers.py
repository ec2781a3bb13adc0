"""Who would like a video, and which segment or frame each of them would like most."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from graphrec.app.graph import ask
from graphrec.app.links import go
from graphrec.app.notices import nothing
from graphrec.app.parts.contents import clocks, moment
from graphrec.app.parts.jump import jump_to_row
from graphrec.app.text import plain
from graphrec.errors import NotFoundError
from graphrec.serving.audience import Viewer, audience

MANY = 25
KEY = "audience"


def show_audience(node: str, run: str | None) -> None:
    """Show the users who would want the video, best first; a row plays what that user would see first."""
    seen = st.toggle("Also those who know it", key="known", bind="query-params")
    try:
        found = ask(audience, node, MANY, model=run, include_seen=seen).users
    except NotFoundError as error:
        nothing(str(error))
        return
    if not found:
        nothing("Everybody whom the model knows has watched, rated, highlighted or commented on this video.")
        return
    st.caption(
        "The lift says by how many standard deviations a user's score for the best part of it stands out among the "
        "user's scores of everything: it compares users, which the score itself does not."
    )
    columns = _columns(found)
    st.dataframe(
        pd.DataFrame(columns).dropna(axis="columns", how="all"),
        key=KEY,
        hide_index=True,
        column_config={
            "Lift": st.column_config.ProgressColumn(
                format="%.2f", min_value=0.0, max_value=max(1e-6, max(one.lift for one in found))
            ),
            "Score": st.column_config.NumberColumn(format="%.3f"),
            **clocks(columns),
        },
        on_select=partial(jump_to_row, KEY, [one.start_s for one in found]),
        selection_mode="single-row",
    )
    rows = st.session_state[KEY]["selection"]["rows"]
    if rows and rows[0] < len(found):
        _one(found[rows[0]], run)
    else:
        st.caption("Select a user to play what they would see first, or to see more of their taste.")


def _columns(found: list[Viewer]) -> dict[str, list[object]]:
    return {
        "User": [one.user for one in found],
        "Lift": [one.lift for one in found],
        "Score": [one.score for one in found],
        "Sees first": [one.segment for one in found],
        "From": [moment(one.start_s) for one in found],
        "To": [moment(one.end_s) for one in found],
    }


def _one(viewer: Viewer, run: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(viewer.user)}**", width="content")
        if viewer.segment is not None:
            st.button("Colour the timeline", icon=":material/palette:", on_click=_colour, args=(viewer.user,))
        if st.button("Recommendations", icon=":material/recommend:"):
            go("recommend", user=viewer.user, **({"run": run} if run else {}))


def _colour(user: str) -> None:
    st.query_params["user"] = user
