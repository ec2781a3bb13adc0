"""One recommendation from near: its video, coloured by what the user would like, and why it is there."""

from __future__ import annotations

import streamlit as st

from graphrec.app.graph import ask, workspace
from graphrec.app.links import asked, go
from graphrec.app.notices import telling
from graphrec.app.parts.gallery import about, times, watch
from graphrec.app.parts.list_rules import RANK_BY
from graphrec.app.parts.player import player
from graphrec.app.parts.poster import poster
from graphrec.app.parts.ranked import score
from graphrec.app.text import plain
from graphrec.serving.explain import explain
from graphrec.serving.explore.looks import Look
from graphrec.serving.naming import called
from graphrec.serving.recommend import Recommendation, Recommendations


def recommended(ranking: Recommendations, item: Recommendation, look: Look, run: str | None) -> None:
    """Open a dialog on one place of a ranked list; closing it takes ``id`` and ``by`` from the address."""
    st.dialog(plain(called(look)), width="large", on_dismiss=_close)(telling(_inside))(
        ranking, item, look, run
    )


def _inside(ranking: Recommendations, item: Recommendation, look: Look, run: str | None) -> None:
    place = ranking.items.index(item) + 1
    facts = [
        times(look) if look.video else about(look),
        f"No. {place} for {ranking.user}",
        f"score {score(ranking, item)}"
        if ranking.basis != "popularity"
        else f"chosen by {score(ranking, item)}",
        f"by {ranking.basis}",
    ]
    st.caption(" \u00b7 ".join(plain(fact) for fact in facts if fact))
    video = look.video or look.id
    personal = ranking.user if ranking.basis != "popularity" else None
    if not player(video, "recommended-player", user=personal, run=run, at=look.start_s):
        poster(look.picture, f"Picture of {called(look)}")
    why = ask(explain, workspace(), ranking.user, item.id, model=run)
    st.markdown(f"**Why.** {plain(why.sentence[:1].upper() + why.sentence[1:])}")
    named = {"user": ranking.user} | ({"run": run} if run else {})
    again = {} if asked(RANK_BY) is None else {RANK_BY: str(asked(RANK_BY))}
    with st.container(horizontal=True):
        if st.button("Open the video", icon=":material/movie:", type="primary"):
            watch(look, **named)
        if st.button("Explain it", icon=":material/account_tree:"):
            go("explain", id=item.id, **named, **again)


def _close() -> None:
    for name in ("id", "by"):
        st.query_params.pop(name, None)
