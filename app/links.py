"""The pages and their addresses, so that a link shows the same to whoever opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

NAMES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "": (("overview", "Overview", "dashboard"),),
    "Recommendations": (
        ("recommend", "Recommend", "recommend"),
        ("video", "Video", "movie"),
        ("explain", "Explain", "account_tree"),
    ),
    "Graph": (
        ("graph", "Graph", "hub"),
        ("embeddings", "Embeddings", "bubble_chart"),
        ("cypher", "Cypher", "terminal"),
    ),
    "Work": (
        ("runs", "Runs", "monitoring"),
        ("reports", "Reports", "lab_profile"),
        ("add_video", "Add a video", "video_call"),
        ("housekeeping", "Housekeeping", "cleaning_services"),
    ),
}
"""Section, then name of the page's file, title and icon."""


def pages() -> dict[str, list[StreamlitPage]]:
    """Return the pages by section."""
    return {
        section: [
            st.Page(
                path(name),
                title=title,
                icon=f":material/{icon}:",
                url_path=name.replace("_", "-"),
                default=name == "overview",
            )
            for name, title, icon in entries
        ]
        for section, entries in NAMES.items()
    }


def path(name: str) -> str:
    """Return the file of the page ``name``, as ``st.switch_page`` and ``st.page_link`` take it."""
    return f"views/{name}.py"


def go(name: str, **shown: str) -> NoReturn:
    """Show another page, with ``shown`` in its address: ``go("video", id="v007")``."""
    st.switch_page(path(name), query_params=shown)
    raise AssertionError  # it has ended the script


def readdress(**shown: str) -> None:
    """Show the same page with ``shown`` in its address; for callbacks, which come before the page runs."""
    st.query_params.update(shown)


def asked(name: str) -> str | None:
    """Return what the page's address says of ``name``."""
    return st.query_params.get(name) or None
