"""Items, segments and frames of the graph as cards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from graphrec.app.graph import workspace
from graphrec.app.links import go
from graphrec.app.media import address
from graphrec.app.parts.cards import Card
from graphrec.serving.clock import clock
from graphrec.serving.explore.looks import Look
from graphrec.serving.naming import called, in_a_sentence, when

GENRES = 3
"""So many genres fit on a card."""


def card(look: Look, note: str = "", **more: Any) -> Card:
    """Return the card of a node: what it is called, when it is, and its picture.

    Args:
        look: the node.
        note: the second line, instead of year and genres.
        more: the card's other parts.
    """
    alt = f"Picture of {in_a_sentence(look)}"
    picture = address(workspace(), look.picture)
    return Card(look.id, called(look), note or about(look), picture, alt, times(look), **more)


def watch(look: Look, **shown: str) -> NoReturn:
    """Show the page of the video that a node is, or is a part of, from its second on; ``shown`` as ``go`` takes it."""
    second = {} if look.start_s is None else {"t": f"{look.start_s:g}"}
    go("video", id=look.video or look.id, **shown, **second)


def times(look: Look) -> str:
    """Return from when to when a part of a video is, or how long a video is; "" where that is not known."""
    if look.video is None:
        return "" if look.end_s is None else clock(look.end_s)
    return when(look.start_s, look.end_s)


def about(look: Look) -> str:
    """Return year and genres in one line."""
    facts = [str(look.year)] if look.year is not None else []
    facts += [", ".join(look.genres[:GENRES])] if look.genres else []
    return " \u00b7 ".join(facts)


def upright(shown: Iterable[Look]) -> bool:
    """Return whether the pictures are upright: those of movies are."""
    return any(look.kind == "movie" for look in shown)
