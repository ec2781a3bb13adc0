"""Beside a drawn graph: what it is in words for those who do not see it, and a button that saves it as a picture."""

from __future__ import annotations

from importlib.resources import files

import streamlit as st

_FRONTEND = files("graphrec.app") / "frontend"

_tools = st.components.v2.component(
    "graphrec_graph_tools",
    html='<button type="button">Save as PNG</button>',
    css=(_FRONTEND / "graph_tools.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "graph_tools.js").read_text(encoding="utf-8"),
)


def graph_tools(frame: str, told: str, key: str) -> None:
    """Offer the drawing in the element of class ``frame`` as a PNG file; ``told`` is its text alternative."""
    _tools(data={"frame": frame, "told": told}, key=key)
