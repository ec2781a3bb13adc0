"""A user's history as a list of small cards."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from graphrec.app.graph import ask
from graphrec.app.parts.cards import Card, cards
from graphrec.app.parts.gallery import card, upright, watch
from graphrec.app.text import plain
from graphrec.serving.explore.history import Seen, history

LATEST = 15


def past(user: str) -> None:
    """Draw the latest of what ``user`` rated, liked, viewed, highlighted or wrote on; each opens its video."""
    st.subheader("History")
    found = ask(history, user, LATEST)
    if not found:
        st.caption(f"{plain(user)} has not rated, liked, viewed, highlighted or commented on anything yet.")
        return
    # A node can be in a history twice, rated and viewed.
    drawn = {str(place): seen for place, seen in enumerate(found)}
    tall = upright(seen.look for seen in found)
    shown = [_card(place, seen) for place, seen in drawn.items()]
    opened = cards(shown, f"History of {user}", "history", small=True, upright=tall)
    if opened:
        watch(drawn[opened].look, user=user)


def _card(place: str, seen: Seen) -> Card:
    day = datetime.fromtimestamp(seen.at / 1000, UTC).strftime("%-d %B %Y") if seen.at is not None else ""
    rated = f"rated {seen.rating:g}" if seen.rating is not None else ""
    written = f"{seen.comments:,} comment{'' if seen.comments == 1 else 's'}" if seen.comments else ""
    note = " \u00b7 ".join(filter(None, [rated, written, day]))
    drawn = card(seen.look, note)
    return Card(place, drawn.title, drawn.note, drawn.picture, drawn.alt, drawn.chip)
