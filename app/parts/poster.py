"""A single picture."""

from __future__ import annotations

from html import escape

import streamlit as st

from graphrec.app.graph import workspace
from graphrec.app.media import address


def poster(uri: str | None, alt: str) -> None:
    """Show a picture of the workspace; where there is none nothing is shown."""
    found = address(workspace(), uri)
    if found:
        st.html(
            f'<img src="{escape(found)}" alt="{escape(alt)}" '
            'style="border-radius:.6rem;display:block;max-height:20rem;max-width:100%">'
        )
