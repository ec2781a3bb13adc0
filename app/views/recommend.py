"""What a user would like next: by one run, or by two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from graphrec.app.graph import ask, workspace
from graphrec.app.links import asked, readdress
from graphrec.app.notices import nothing
from graphrec.app.parts.cards import Card, cards
from graphrec.app.parts.list_rules import list_rules
from graphrec.app.parts.past import past
from graphrec.app.parts.picker import pick
from graphrec.app.parts.ranked import ranked
from graphrec.app.parts.recommended import recommended
from graphrec.app.parts.runs import pick_run
from graphrec.app.text import heading, plain
from graphrec.serving.explore.history import longest
from graphrec.serving.explore.looks import looks
from graphrec.serving.explore.spaces import Space, spaces
from graphrec.serving.ratings import predicts_ratings
from graphrec.serving.recommend import Recommendations, Request, recommend


def controls() -> tuple[Request | None, list[Space]]:
    """Return what is asked for, None before a user is chosen, and the runs to ask: none, one, or two to compare."""
    runs = {space.run.id: space for space in ask(spaces) if space.run.ranks()}
    who, by, against, many = st.columns([3, 3, 3, 1.4])
    with who:
        user = pick("User", "User", "user")
    with by:
        one = pick_run("Model", list(runs), "run")
    others = [run for run in runs if run != one]
    with against:
        two = pick_run(
            "Compare with",
            others,
            "against",
            none="No other" if others else "No other is published",
            help="Any other published run. A model's next run takes the place of its last one, unless it is written "
            "beside it: `graphrec train --model transgrec --property other`",
        )
    with many:
        k = st.number_input("How many", 1, 60, 12, key="k", bind="query-params")
    chosen = [runs[run] for run in (one, two) if run in runs]
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        new = st.toggle("Only new", key="new", bind="query-params", help="Only what nobody has chosen yet.")
        rated = bool(chosen) and all(predicts_ratings(workspace(), space.run.id) for space in chosen)
        if rated:
            told = "Rank by the rating that the model predicts, and show it."
            rated = st.toggle("Predicted ratings", value=True, key="rated", bind="query-params", help=told)
        label = which(chosen)
    rules = list_rules(label or (chosen[0].run.label if chosen else "Item"))
    if rules.rank_by is not None:
        rated = False
    asked_for = Request(
        user or "", int(k), label=label, new_only=new, rated=rated, rank_by=rules.rank_by, variety=rules.variety
    )
    return (asked_for if user else None), chosen


def which(chosen: Sequence[Space]) -> str | None:
    """Return the label to recommend, where all of the runs have several; None for the run's own."""
    labels = (
        [label for label in chosen[0].recommended if all(label in run.recommended for run in chosen)]
        if chosen
        else []
    )
    if len(labels) < 2:
        return None
    return st.segmented_control(
        "What to recommend",
        labels,
        default=labels[0],
        required=True,
        key="label",
        bind="query-params",
        label_visibility="collapsed",
    )


def lists(request: Request, names: Sequence[str | None]) -> None:
    """Draw a ranked list for each run, and from near what the address names."""
    rankings = [ask(recommend, workspace(), replace(request, model=name)) for name in names]
    if len(rankings) == 2:
        both = {item.id for item in rankings[0].items} & {item.id for item in rankings[1].items}
        st.caption(f"{len(both)} of {len(rankings[0].items)} are on both lists.")
    for place, column in enumerate(st.columns(len(names))):
        with column:
            if len(names) == 2:
                st.markdown(f"**{plain(names[place])}**")
            other = rankings[1 - place] if len(rankings) == 2 else None
            opened = ranked(rankings[place], names[place], f"list{place}", asked("id"), other)
            if opened:
                st.query_params.update({"id": opened, "by": str(place)})
    place = int(asked("by") == "1" and len(rankings) == 2)
    near(rankings[place], names[place])


def near(ranking: Recommendations, name: str | None) -> None:
    """Open what the address names, where it is on the list."""
    found = next((item for item in ranking.items if item.id == asked("id")), None)
    if found is not None:
        recommended(ranking, found, ask(looks, ranking.label, [found.id])[found.id], name)


def start() -> None:
    """Offer users to begin with."""
    found = ask(longest)
    if not found:
        nothing(
            "Nobody has rated, liked, viewed, highlighted or commented on anything yet.",
            "graphrec load highlights highlights.csv",
        )
        return
    st.subheader("Users with the longest histories")
    drawn = [Card(user, user, f"{count:,} in the history") for user, count in found.items()]
    cards(drawn, "Users with the longest histories", "starts", on_open=lambda user: readdress(user=user))


heading("Recommend", "What a user would like next, why, and from which second on.")
request, chosen = controls()
if request is None:
    start()
else:
    left, right = st.columns([3.4, 1.1], gap="large")
    with left:
        lists(request, [space.run.id for space in chosen] or [None])
    with right:
        past(str(request.user))
