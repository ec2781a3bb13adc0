"""A field in which to choose one of the published runs; what is chosen stands in the page's address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def pick_run(caption: str, runs: Sequence[str], key: str, *, none: str | None = None) -> str | None:
    """Return the run that the visitor has chosen, the first of ``runs`` before; None where there is none to choose.

    Args:
        caption: the field's, such as "Model".
        runs: ids, the first is chosen before any other is.
        key: the field's name in the session and in the page's address.
        none: what is shown before any is chosen; with it nothing is chosen until the visitor does so.
    """
    asked = st.query_params.get(key)
    first = None if none is not None else next(iter(runs), None)
    # The address decides: with a field that were bound to it, no link to another page could name a run.
    st.session_state[key] = asked if asked in runs else first
    return st.selectbox(
        caption,
        runs,
        index=None if first is None else 0,
        key=key,
        placeholder=none or "None is published",
        disabled=not runs,
        on_change=_chosen,
        args=(key, first),
    )


def _chosen(key: str, first: str | None) -> None:
    chosen = st.session_state[key]
    if chosen in (None, first):
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = chosen
