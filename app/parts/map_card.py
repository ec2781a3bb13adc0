"""The card beside the pointer on a map: picture, title and id of the node under it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import streamlit as st

from graphrec.app.media import ROUTE
from graphrec.serving.points import Points

_FRONTEND = files("graphrec.app") / "frontend"
_card = st.components.v2.component(
    "graphrec_map_card",
    css=(_FRONTEND / "map_card.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "map_card.js").read_text(encoding="utf-8"),
)


def map_card(chart: str, points: Points) -> None:
    """Show a card for each point of a chart, once the pointer is on it; its ``customdata`` is its row in ``points``.

    Args:
        chart: key of the ``st.container`` that holds the chart.
        points: what the chart shows.
    """
    notes, note_of = _coded([_note(points, row) for row in range(len(points))])
    pictures, picture_of = _coded([_inside(uri) for uri in points.pictures])
    titles = [title if title != node else None for title, node in zip(points.titles, points.ids, strict=True)]
    _card(
        key=f"{chart}_card",
        data={
            "chart": f"st-key-{chart}",
            "route": f"{ROUTE}/",
            "ids": points.ids,
            "titles": titles,
            "notes": notes,
            "note_of": note_of,
            "pictures": pictures,
            "picture_of": picture_of,
        },
    )


def _note(points: Points, row: int) -> str:
    known = [points.label[row], "new" if points.new[row] else f"{points.records[row]:,} records"]
    return ", ".join([*known, *points.genres[row]])


def _inside(uri: str | None) -> str | None:
    """Return ``uri`` unless it is outside the workspace at a glance; the server looks closely when it is asked."""
    return uri if uri and not uri.startswith("/") and ":" not in uri else None


def _coded(values: Sequence[str | None]) -> tuple[list[str | None], list[int]]:
    """Return each value once, and for each place which it is: what repeats travels once."""
    numbers: dict[str | None, int] = {}
    codes = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), codes
