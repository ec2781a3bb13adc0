"""Colours, for light and dark."""

from __future__ import annotations

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "User": "#0d9488",
    "Item": "#6366f1",
    "Segment": "#d97706",
    "Frame": "#db2777",
    "Comment": "#64748b",
    "Trailer": "#0284c7",
    "Genre": "#65a30d",
    "GraphrecRun": "#7c3aed",
}
"""The colour of a label's nodes, wherever they are drawn."""

_LIGHT = {
    "primaryColor": "#0f766e",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f4f6f8",
    "textColor": "#1b2430",
    "borderColor": "#dde3ea",
    "linkColor": "#0f766e",
}
_DARK = {
    "primaryColor": "#2dd4bf",
    "backgroundColor": "#11151c",
    "secondaryBackgroundColor": "#1a202a",
    "textColor": "#e6eaf0",
    "borderColor": "#2d3644",
    "linkColor": "#5eead4",
}
_BOTH = {
    "baseRadius": "0.5rem",
    "showSidebarBorder": True,
    "chartCategoricalColors": list(LABELS.values()),
    "paddingTop": "2.5rem",
    "headingFontSizes": ["1.75rem", "1.35rem", "1.1rem"],
}

THEME: Mapping[str, object] = {
    **{f"theme.{name}": value for name, value in _BOTH.items()},
    **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
    **{f"theme.dark.{name}": value for name, value in _DARK.items()},
}
"""Streamlit's settings; which of the two is shown follows the visitor's system."""
