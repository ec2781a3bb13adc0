"""A field in which to look for a user or a video; what is chosen stands in the page's address."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from graphrec.app.graph import ask, ask_shared
from graphrec.serving.explore.names import find, names
from graphrec.serving.naming import with_id

MOST = 5_000
"""So many are offered: the browser takes 30 ms for each thousand, at every run of the page. Of more than these what is
typed is looked for in the graph."""
FOUND = 50


def pick(label: str, caption: str, key: str, on_change: Callable[[], None] | None = None) -> str | None:
    """Return the id of the node of ``label`` that the visitor has chosen; None before anything is.

    What the address says, or is typed, and is not among the choices is returned as it is: it may be unknown. Where
    there are too many to offer all, and it is the id of none, those whose id or title has it are offered.

    Args:
        label: a label of the schema.
        caption: the field's, such as "User".
        key: the field's name in the session and in the page's address.
        on_change: is called when the visitor chooses, before the page runs.
    """
    known = ask_shared(names, label, MOST)
    asked = st.query_params.get(key) or None
    found = ask(find, label, asked, FOUND) if asked and asked not in known and len(known) == MOST else {}
    if found and asked not in found:
        _which(found, caption, key, on_change)
        return None
    # The address decides, and has the id: a field that were bound to it would write what it shows there, the title.
    st.session_state[key] = asked
    return st.selectbox(
        caption,
        # The one in the address may be one of those that are not offered.
        [*known] if asked is None or asked in known else [asked, *known],
        index=None,
        format_func=lambda node: with_id(known.get(node) or found.get(node), node),
        key=key,
        placeholder="Type to search",
        # An offer to add what is typed stands before all that is found.
        accept_new_options=len(known) == MOST,
        on_change=_chosen,
        args=(key, on_change),
    )


def _which(found: Mapping[str, str], caption: str, key: str, on_change: Callable[[], None] | None) -> None:
    """Offer what was found for what was typed."""
    st.session_state[key] = None
    st.selectbox(
        caption,
        [*found],
        index=None,
        format_func=lambda node: with_id(found[node], node),
        key=key,
        placeholder=f"{'The first ' if len(found) == FOUND else ''}{len(found)} found: choose one",
        accept_new_options=True,
        on_change=_chosen,
        args=(key, on_change),
    )


def _chosen(key: str, on_change: Callable[[], None] | None) -> None:
    chosen = st.session_state[key]
    if chosen is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = chosen
    if on_change is not None:
        on_change()
