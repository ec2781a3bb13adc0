"""Text of the graph, shown as it was typed: never read as HTML or Markdown."""

from __future__ import annotations

import re
from html import escape

import streamlit as st

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_JOINER = "\u2060"


def plain(text: object) -> str:
    """Return ``text`` for a place that reads Markdown, such as a button's label: every mark stands for itself.

    A joiner, which is not seen, keeps colons, dots and at signs from making emoji, directives and links.
    """
    one_line = " ".join(str(text).split())
    return _PUNCTUATION.sub(rf"{_JOINER}\\\1{_JOINER}", one_line)


def in_plotly(text: object) -> str:
    """Return ``text`` for plotly's legends, axes and hover, which read a little HTML."""
    return str(text).replace("<", f"<{_JOINER}").replace("&", f"&{_JOINER}")


def heading(text: object, note: object = "") -> None:
    """Write a page's heading and, smaller beneath, a note."""
    below = f'<p style="margin:0;opacity:.7">{escape(str(note))}</p>' if note else ""
    st.html(f'<h1 style="margin:0;padding:0;overflow-wrap:anywhere">{escape(str(text))}</h1>{below}')
