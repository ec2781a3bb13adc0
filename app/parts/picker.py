"""A field in which to look for a user or a video; what is chosen stands in the page's address."""

from __future__ import annotations

import streamlit as st

from graphrec.app.graph import ask_shared
from graphrec.serving.names import names

MOST = 20_000
"""So many are offered; any other can be typed."""


def pick(label: str, caption: str, key: str) -> str | None:
    """Return the id of the node of ``label`` that the visitor has chosen; None before anything is.

    What is typed and not among the choices is returned as it is: it may be one of too many to offer, or unknown.

    Args:
        label: a label of the schema.
        caption: the field's, such as "User".
        key: the field's name in the session and in the page's address.
    """
    known = ask_shared(names, label, MOST)
    # The one in the address may be one of those that are not offered.
    asked = st.query_params.get(key)
    options = [*known] if asked is None or asked in known else [asked, *known]
    return st.selectbox(
        caption,
        options,
        index=None,
        format_func=lambda node: _called(node, known.get(node, node)),
        key=key,
        placeholder="Type to search",
        accept_new_options=True,
        bind="query-params",
    )


def _called(node: str, title: str) -> str:
    return node if title == node else f"{title} ({node})"
