"""A map of nodes: pointed at, a mark tells picture, title and id of its node; drawn around, marks are selected."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import streamlit as st

from graphrec.app.media import ROUTE
from graphrec.app.parts.frontend import keep, read
from graphrec.app.parts.map_figure import VIRIDIS, MapFigure
from graphrec.serving.explore.points import Points
from graphrec.store.base import Ints

_component = st.components.v2.component(
    "graphrec_map",
    html='<div class="map"></div>',
    css=read("map.css"),
    js=read("dom.js", "map_card.js", "map_places.js", "map_marks.js", "map_pointer.js", "map.js"),
)


def embedding_map(encoded: bytes, key: str) -> list[int]:
    """Draw a map and return the rows of the nodes that are selected on it.

    Pointing, zooming, hiding groups and drawing around marks happen in the browser; the page runs again when another
    selection is made.

    Args:
        encoded: by ``encode``.
        key: the component's name on the page; under another one nothing is selected.
    """
    drawn = _component(key=key, data=encoded, on_selected_change=keep)
    return [int(row) for row in drawn.selected or ()]


def encode(points: Points, figure: MapFigure, summary: str) -> bytes:
    """Return what the browser draws and tells, as JSON.

    Args:
        points: the nodes.
        figure: where and in what colour each is drawn.
        summary: what is to be seen, for those who do not see it.
    """
    notes, note_of = _coded([_note(points, row) for row in range(len(points))])
    pictures, picture_of = _coded([_inside(uri) for uri in points.pictures])
    told = {
        "summary": summary,
        "places": b64encode(figure.places.astype("<f4").tobytes()).decode(),
        "order": _numbers(figure.order),
        "fresh": _numbers(np.flatnonzero(points.new)),
        "colours": figure.colours,
        "colour_of": _numbers(figure.colour_of),
        "entries": [asdict(entry) for entry in figure.entries],
        "entry_of": _numbers(figure.entry_of),
        "scale": None if figure.most is None else {"colours": VIRIDIS, "most": figure.most},
        "route": f"{ROUTE}/",
        "ids": points.ids,
        "titles": [
            title if title != node else None for title, node in zip(points.titles, points.ids, strict=True)
        ],
        "notes": notes,
        "note_of": note_of,
        "pictures": pictures,
        "picture_of": picture_of,
    }
    return json.dumps(told).encode()


def _numbers(values: Ints) -> str:
    return b64encode(values.astype("<i4").tobytes()).decode()


def _note(points: Points, row: int) -> str:
    known = [points.label[row], "new" if points.new[row] else f"{points.records[row]:,} records"]
    return ", ".join([*known, *points.genres[row]])


def _inside(uri: str | None) -> str | None:
    """Return ``uri`` unless it is outside the workspace at a glance; the server looks closely when it is asked."""
    return uri if uri and not uri.startswith("/") and ":" not in uri else None


def _coded(values: Sequence[str | None]) -> tuple[list[str | None], str]:
    """Return each value once, and for each place which it is: what repeats travels once."""
    numbers: dict[str | None, int] = {}
    codes = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), _numbers(np.array(codes, np.int64))
