"""What a choice is before anybody has chosen: it stands in the address, so that a reload shows the same later on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from graphrec.app.links import asked
from graphrec.app.text import plain


def at_first(key: str, options: Sequence[str]) -> str:
    """Choose the first of ``options`` for the field ``key``, bound to the address, unless one is chosen already.

    An option that the address names and that does not exist is said. Call it before the field is drawn.

    Returns:
        The first option, for a field that the visitor has emptied.
    """
    wanted, known = asked(key), key in st.session_state
    if st.session_state.get(key) in options or (wanted in options and not known):
        return options[0]
    if wanted is not None and not known:
        st.warning(f"There is no {key} {plain(wanted)} here; {plain(options[0])} is shown.")
    st.session_state[key] = options[0]
    if not known:
        # Streamlit writes into the address what a field is set to, but not before the field was drawn once.
        st.query_params[key] = options[0]
    return options[0]
