"""A grid, or a list, of cards with pictures: buttons for what can be opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from graphrec.app.parts.frontend import keep, read

_component = st.components.v2.component(
    "graphrec_cards", html="<ul></ul>", css=read("cards.css"), js=read("dom.js", "cards.js")
)


@dataclass(frozen=True)
class Card:
    """One card; what is empty is not drawn, and every text is shown as it is typed.

    Attributes:
        id: what is returned when it is opened.
        title: its first line.
        note: its second, such as year and genres.
        picture: the picture's address (``graphrec.app.media``); None for a quiet placeholder.
        alt: what is on the picture, for those who do not see it.
        chip: a word on the picture, such as times.
        rank: its place, counted from 1.
        score: a number in words.
        share: of the best score, 0 to 1: the length of the bar beside it.
        why: a sentence.
        chosen: whether it is marked as the one that is open.
    """

    id: str
    title: str
    note: str = ""
    picture: str | None = None
    alt: str = ""
    chip: str = ""
    rank: int | None = None
    score: str = ""
    share: float = 0.0
    why: str = ""
    chosen: bool = False


def cards(
    shown: Sequence[Card],
    caption: str,
    key: str,
    *,
    small: bool = False,
    upright: bool = False,
    on_open: Callable[[str], None] | None = None,
) -> str | None:
    """Draw cards and return the id of the one that was opened by a click, or Enter, in this run; else None.

    Where no card has a picture none gets a place for one.

    Args:
        shown: in order.
        caption: what they are, for those who hear the page.
        key: the component's name on the page.
        small: a list of small cards instead of a grid.
        upright: pictures are posters, not wide.
        on_open: is called with the card's id before the page runs: what only changes the address needs no second run.
    """
    layout = " ".join(["list" if small else "grid", *(["poster"] if upright else [])])
    drawn = _component(
        key=key,
        data={"cards": [asdict(card) for card in shown], "caption": caption, "layout": layout},
        on_opened_change=keep if on_open is None else lambda: on_open(st.session_state[key]["opened"]),
    )
    opened: str | None = drawn.opened
    return opened
