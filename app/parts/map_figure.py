"""The picture of a map: one mark per node, what is new on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from graphrec.app.text import in_plotly
from graphrec.app.theme import LABELS
from graphrec.serving.points import Points
from graphrec.store.base import Floats, Ints

COLOURINGS = ("label", "genre", "popularity", "new or old")
PALETTE = ("#6366f1", "#d97706", "#0d9488", "#db2777", "#65a30d", "#0284c7", "#9333ea", "#dc2626", "#a16207")
"""Told apart in light and dark; one for each of the most common genres."""

OTHER = "#94a3b8"
OLD, NEW = "#6366f1", "#f97316"
NEW_WORDS = "new, placed by content"
HEIGHT = 620


@dataclass(frozen=True)
class Drawn:
    """A figure, and for each of its curves the rows of the points in it, int64 [m]."""

    figure: go.Figure
    rows: Sequence[Ints]

    def chosen(self, marks: Sequence[Mapping[str, int]]) -> list[int]:
        """Return the rows of the points that plotly says are selected."""
        return [int(self.rows[mark["curve_number"]][mark["point_index"]]) for mark in marks]


@dataclass(frozen=True)
class _Group:
    name: str
    colour: str
    rows: Ints


def draw(points: Points, places: Floats, colouring: str, *, dark: bool) -> Drawn:
    """Draw a map.

    Args:
        points: the nodes.
        places: float32 [n, 2].
        colouring: one of ``COLOURINGS``.
        dark: whether the page is.
    """
    figure = go.Figure(layout=_layout())
    rows: list[Ints] = []
    size = 5 if len(points) > 5000 else 7
    if colouring == "popularity":
        everything = np.flatnonzero(~points.new)
        # What is popular lies on top of what is not, of which there is more.
        everything = everything[np.argsort(points.records[everything], kind="stable")]
        figure.add_trace(_curve(places, everything, "old", _by_records(points, everything, size)))
        rows.append(everything)
    else:
        for group in _groups(points, colouring):
            old = group.rows[~points.new[group.rows]]
            marker = {"size": size, "color": group.colour, "opacity": 0.6}
            figure.add_trace(_curve(places, old, group.name, marker))
            rows.append(old)
    fresh = np.flatnonzero(points.new)
    if len(fresh):
        marker = {
            "size": size + 4,
            "color": _colours(points, colouring, fresh),
            "line": {"width": 1.5, "color": "#ffffff" if dark else "#111827"},
        }
        figure.add_trace(_curve(places, fresh, NEW_WORDS, marker))
        rows.append(fresh)
    return Drawn(figure, rows)


def main_genres(points: Points) -> list[str]:
    """Return the genres that have a colour of their own, the most common first."""
    counted: dict[str, int] = {}
    for genres in points.genres:
        for genre in genres:
            counted[genre] = counted.get(genre, 0) + 1
    return sorted(counted, key=lambda name: (-counted[name], name))[: len(PALETTE)]


def _groups(points: Points, colouring: str) -> Iterator[_Group]:
    names, colours = _named(points, colouring)
    found = np.array(names, object)
    for name, colour in colours.items():
        rows = np.flatnonzero(found == name)
        if len(rows) and name != NEW_WORDS:
            yield _Group(name, colour, rows)


def _named(points: Points, colouring: str) -> tuple[list[str], Mapping[str, str]]:
    """Return the group of each point and the colour of each group."""
    if colouring == "label":
        return list(points.label), {name: LABELS[name] for name in dict.fromkeys(points.label)}
    if colouring == "genre":
        main = main_genres(points)
        names = [_genre(genres, main) for genres in points.genres]
        return names, {
            **dict(zip(main, PALETTE, strict=False)),
            "another genre": OTHER,
            "no genre": "#64748b",
        }
    return [NEW_WORDS if new else "old" for new in points.new], {"old": OLD, NEW_WORDS: NEW}


def _genre(genres: Sequence[str], main: Sequence[str]) -> str:
    """Return the rarest of a node's genres that have a colour: it tells the most."""
    for name in reversed(genres):
        if name in main:
            return name
    return "another genre" if genres else "no genre"


def _colours(points: Points, colouring: str, rows: Ints) -> str | list[str]:
    if colouring == "popularity":
        return NEW
    names, colours = _named(points, colouring)
    return [colours[names[row]] for row in rows]


def _by_records(points: Points, rows: Ints, size: int) -> dict[str, object]:
    most = max(1, int(points.records.max(initial=0)))
    ticks = [0, *(10**power for power in range(len(str(most))))]
    return {
        "size": size,
        "opacity": 0.75,
        "color": np.log10(1 + points.records[rows]).astype(np.float32),
        "colorscale": "Viridis",
        "colorbar": {
            "title": {"text": "records", "side": "right"},
            "tickvals": [float(np.log10(1 + tick)) for tick in ticks],
            "ticktext": [f"{tick:,}" for tick in ticks],
            "thickness": 12,
            "len": 0.8,
        },
    }


def _curve(places: Floats, rows: Ints, name: str, marker: Mapping[str, object]) -> go.Scattergl:
    return go.Scattergl(
        # Of a group with new nodes alone the legend shows the colour by a point that is nowhere.
        x=places[rows, 0] if len(rows) else [None],
        y=places[rows, 1] if len(rows) else [None],
        mode="markers",
        name=in_plotly(name),
        marker=marker,
        customdata=rows.astype(np.int32),
        # Its own words would read a title as HTML; the card beside the pointer does not.
        hoverinfo="none",
    )


def _layout() -> dict[str, object]:
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
        "xaxis": hidden,
        "yaxis": hidden,
        "dragmode": "lasso",
        "hovermode": "closest",
        "hoverdistance": 12,
        "legend": {"orientation": "h", "yanchor": "top", "y": -0.02, "x": 0, "itemsizing": "constant"},
        "uirevision": "kept",
    }
