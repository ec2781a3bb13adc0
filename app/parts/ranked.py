"""A ranked list for a user as cards, each with its score and why it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from graphrec.app.graph import ask, workspace
from graphrec.app.notices import nothing
from graphrec.app.parts.cards import Card, cards
from graphrec.app.parts.gallery import card, upright
from graphrec.app.text import plain
from graphrec.serving.explain import Alike
from graphrec.serving.explore.looks import Look, looks
from graphrec.serving.explore.nearest_past import nearest_past
from graphrec.serving.key_frames import KeyFrame, poster_frames
from graphrec.serving.naming import in_a_sentence
from graphrec.serving.recommend import Recommendation, Recommendations


def ranked(
    ranking: Recommendations, run: str | None, key: str, chosen: str | None, other: Recommendations | None = None
) -> str | None:
    """Draw a ranked list and return the id of the card that was opened in this run, or None.

    Args:
        ranking: the list.
        run: whose it is; None for the run published last.
        key: the component's name on the page.
        chosen: the id whose card is marked.
        other: a list beside it: each card says its place there.
    """
    if ranking.note:
        popular = " Shown is what is popular." if ranking.basis == "popularity" else ""
        st.info(plain(f"{ranking.note}.{popular}"), icon=":material/info:")
    if not ranking.items:
        nothing(f"Nothing is left to recommend to {ranking.user}. Switch off Only new, or load more.")
        return None
    seen = ask(looks, ranking.label, _ids(ranking.items))
    frames = (
        ask(poster_frames, workspace(), ranking.basis, ranking.user, _ids(ranking.items))
        if ranking.label == "Item"
        else {}
    )
    why = _reasons(ranking, run)
    there = {item.id: place for place, item in enumerate(other.items, 1)} if other else {}
    drawn = []
    for place, item in enumerate(ranking.items, 1):
        words = [f"No. {there[item.id]} on the other list." if item.id in there else "", why.get(item.id, "")]
        look = _with_frame(seen[item.id], frames.get(item.id))
        drawn.append(_card(ranking, item, look, place, " ".join(filter(None, words)), chosen))
    return cards(drawn, f"Recommended to {ranking.user}", key, upright=upright(seen.values()))


def score(ranking: Recommendations, item: Recommendation) -> str:
    """Return a score in words."""
    if ranking.basis != "popularity":
        return f"{item.score:.2f}" if ranking.rated else f"{item.score:.3f}"
    return f"{item.score:.0f} user{'' if item.score == 1 else 's'}"


def _card(
    ranking: Recommendations, item: Recommendation, look: Look, place: int, why: str, chosen: str | None
) -> Card:
    scores = [one.score for one in ranking.items]
    best, least = max(scores), min(0.0, *scores)
    share = (item.score - least) / (best - least) if best > least else 0.0
    return card(look, rank=place, score=score(ranking, item), share=share, why=why, chosen=item.id == chosen)


def _with_frame(look: Look, frame: KeyFrame | None) -> Look:
    """Return ``look`` with the picture of the frame that is to be shown to this user."""
    return look if frame is None or frame.uri is None else replace(look, picture=frame.uri)


def _reasons(ranking: Recommendations, run: str | None) -> dict[str, str]:
    if ranking.basis == "popularity":
        return {}
    found = ask(nearest_past, workspace(), ranking.user, ranking.label, _ids(ranking.items), model=run)
    past = ask(looks, ranking.label, sorted({nearest.id for nearest in found.values()}))
    return {node: _because(nearest, past) for node, nearest in found.items() if nearest.id in past}


def _ids(items: Sequence[Recommendation]) -> list[str]:
    return [item.id for item in items]


def _because(nearest: Alike, past: Mapping[str, Look]) -> str:
    return f"Near {in_a_sentence(past[nearest.id])} of the history, cosine {nearest.cosine:.2f}."
