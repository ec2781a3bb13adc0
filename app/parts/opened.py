"""The nodes whose neighbours a visitor has asked for, as the page's address has them: a reload shows the same."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from graphrec import schema
from graphrec.serving.explore.subgraph import Key

NAME = "open"
MOST = 40
"""So many stand in the address, which has to fit where links are pasted; of more, a reload shows the first."""


def opened() -> list[Key]:
    """Return the nodes that the address names; what is no node's label and id is left out."""
    parts = (text.partition(" ") for text in st.query_params.get_all(NAME)[:MOST])
    return [Key(label, node) for label, _, node in parts if label in schema.LABELS and node]


def put(nodes: Iterable[Key]) -> None:
    """Have the address name ``nodes``."""
    named = [f"{key.label} {key.id}" for key in nodes][:MOST]
    if named == st.query_params.get_all(NAME):
        return
    if named:
        st.query_params[NAME] = named
    else:
        st.query_params.pop(NAME, None)
