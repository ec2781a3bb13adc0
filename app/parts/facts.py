"""What is known of a thing, name by name."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st


def facts(known: Mapping[str, str]) -> None:
    """List names and values; values are shown as they were typed, however long."""
    rows = "".join(
        f'<dt style="margin:0;padding:0;opacity:.7">{escape(name)}</dt>'
        f'<dd style="margin:0;padding:0;overflow-wrap:anywhere">{escape(value)}</dd>'
        for name, value in known.items()
    )
    st.html(
        '<dl style="display:grid;grid-template-columns:minmax(5rem,auto) 1fr;gap:.25rem .75rem;margin:0;padding:0;'
        f'font-size:.875rem">{rows}</dl>'
    )
