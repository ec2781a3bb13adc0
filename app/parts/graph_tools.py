"""Beside a drawn graph: what it is in words for those who do not see it, and a button that saves it as a picture."""

from __future__ import annotations

import streamlit as st

from graphrec.app.parts.frontend import read

_tools = st.components.v2.component(
    "graphrec_graph_tools",
    html='<button type="button">Save as PNG</button>',
    css=read("graph_tools.css"),
    js=read("graph_tools.js"),
)


def graph_tools(frame: str, told: str, key: str) -> None:
    """Offer the drawing in the element of class ``frame`` as a PNG file; ``told`` is its text alternative."""
    _tools(data={"frame": frame, "told": told}, key=key)
