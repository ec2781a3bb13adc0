"""A field in which to choose one of the published runs; what is chosen stands in the page's address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from graphrec.app.links import asked
from graphrec.app.text import plain


def pick_run(
    caption: str, runs: Sequence[str], key: str, *, none: str | None = None, help: str | None = None
) -> str | None:
    """Return the run that the visitor has chosen, the first of ``runs`` before; None where there is none to choose.

    Args:
        caption: the field's, such as "Model".
        runs: ids, the first is chosen before any other is.
        key: the field's name in the session and in the page's address.
        help: shown beside the caption.
        none: what is shown before any is chosen; with it nothing is chosen until the visitor does so.
    """
    named = asked(key)
    first = None if none is not None else next(iter(runs), None)
    if first is not None and named is not None and named not in runs:
        st.warning(f"There is no published run {plain(named)} here; {plain(first)} is shown.")
    chosen = named if named in runs else first
    # The address decides: with a field that were bound to it, no link to another page could name a run.
    st.session_state[key] = chosen
    if chosen != named:
        # The first is named too: after the next publish the same link still shows this one.
        _name(key, chosen)
    return st.selectbox(
        caption,
        runs,
        help=help,
        index=None if first is None else 0,
        key=key,
        placeholder=none or "None is published",
        disabled=not runs,
        on_change=lambda: _name(key, st.session_state[key] or first),
    )


def _name(key: str, run: str | None) -> None:
    if run is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = run
