"""What a map shows: a mark per node in its colour, what is new on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graphrec.app.theme import LABELS
from graphrec.serving.explore.points import Points
from graphrec.store.base import Floats, Ints

COLOURINGS = ("label", "genre", "popularity", "new or old")
PALETTE = ("#6366f1", "#d97706", "#0d9488", "#db2777", "#65a30d", "#0284c7", "#9333ea", "#dc2626", "#a16207")
"""Told apart in light and dark; one for each of the most common genres."""

VIRIDIS: Sequence[str] = (
    "#440154",
    "#472c7a",
    "#3b518b",
    "#2c718e",
    "#21908d",
    "#27ad81",
    "#5cc863",
    "#aadc32",
    "#fde725",
)
OTHER, NONE = "#94a3b8", "#64748b"
OLD, NEW = "#6366f1", "#f97316"
NEW_WORDS = "new, placed by content"


@dataclass(frozen=True)
class LegendEntry:
    """A line of the legend, whose marks are shown and hidden together; without a colour they have several."""

    name: str
    colour: str | None
    ringed: bool = False


@dataclass(frozen=True)
class MapFigure:
    """The marks of n nodes.

    Attributes:
        places: float32 [n, 2], from 0 to 1 in both directions.
        order: int64 [n], the rows as they are drawn, what lies on top last.
        colours: of marks.
        colour_of: int64 [n], a node's place in ``colours``.
        entries: the legend.
        entry_of: int64 [n], a node's place in ``entries``.
        most: the number of records that the last colour but that of new nodes means, where colours mean records.
    """

    places: Floats
    order: Ints
    colours: Sequence[str]
    colour_of: Ints
    entries: Sequence[LegendEntry]
    entry_of: Ints
    most: int | None = None


def figure(points: Points, places: Floats, colouring: str) -> MapFigure:
    """Return the marks of a map.

    Args:
        points: the nodes.
        places: float32 [n, 2], anywhere.
        colouring: one of ``COLOURINGS``.
    """
    most, fresh = None, points.new
    above = np.zeros(len(points), np.int64)
    if colouring == "popularity":
        most = int(points.records.max(initial=0))
        colours, colour_of = VIRIDIS, _by_records(points.records, most)
        entries, entry_of = [LegendEntry("old", None)], np.zeros(len(points), np.int64)
        # What is popular lies on top of what is not, of which there is more.
        above = points.records
    else:
        names, legend = _named(points, colouring)
        numbers = {name: number for number, name in enumerate(legend)}
        colours, colour_of = tuple(legend.values()), np.array([numbers[name] for name in names], np.int64)
        entries, entry_of = [LegendEntry(*entry) for entry in legend.items()], colour_of
    by_group = colouring in ("label", "genre")
    if fresh.any():
        entry_of = np.where(fresh, len(entries), entry_of)
        entries.append(LegendEntry(NEW_WORDS, None if by_group else NEW, ringed=True))
        if not by_group:
            colour_of = np.where(fresh, len(colours), colour_of)
            colours = (*colours, NEW)
    order = np.lexsort((above, fresh))
    return MapFigure(_within(places), order, colours, colour_of, entries, entry_of, most)


def main_genres(points: Points) -> list[str]:
    """Return the genres that have a colour of their own, the most common first."""
    counted: dict[str, int] = {}
    for genres in points.genres:
        for genre in genres:
            counted[genre] = counted.get(genre, 0) + 1
    return sorted(counted, key=lambda name: (-counted[name], name))[: len(PALETTE)]


def _named(points: Points, colouring: str) -> tuple[Sequence[str], dict[str, str]]:
    """Return the group of each node, and the colour of each group."""
    if colouring == "label":
        return points.label, {name: LABELS[name] for name in dict.fromkeys(points.label)}
    if colouring == "genre":
        main = main_genres(points)
        names = [_genre(genres, main) for genres in points.genres]
        colours = {**dict(zip(main, PALETTE, strict=False)), "another genre": OTHER, "no genre": NONE}
        used = set(names)
        return names, {name: colour for name, colour in colours.items() if name in used}
    return ["old"] * len(points), {"old": OLD}


def _genre(genres: Sequence[str], main: Sequence[str]) -> str:
    """Return the rarest of a node's genres that have a colour: it tells the most."""
    for name in reversed(genres):
        if name in main:
            return name
    return "another genre" if genres else "no genre"


def _by_records(records: Ints, most: int) -> Ints:
    share = np.log1p(records) / np.log1p(max(1, most))
    found: Ints = np.rint(share * (len(VIRIDIS) - 1)).astype(np.int64)
    return found


def _within(places: Floats) -> Floats:
    low, high = places.min(axis=0, initial=np.inf), places.max(axis=0, initial=-np.inf)
    found: Floats = ((places - low) / np.where(high > low, high - low, 1)).astype(np.float32)
    return found
