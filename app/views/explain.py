"""Explain: the ways from a user to a recommendation, as the graph has them and as the model used them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import streamlit as st

from graphrec.app.graph import ask, ask_shared, workspace
from graphrec.app.links import go, readdress
from graphrec.app.notices import nothing
from graphrec.app.parts.choose_node import choose_node
from graphrec.app.parts.graph_view import graph_view
from graphrec.app.parts.growing import FEW
from graphrec.app.parts.list_rules import pick_ranker
from graphrec.app.parts.modality_chart import modality_chart
from graphrec.app.parts.opened import MOST as MOST_OPEN
from graphrec.app.parts.opened import opened, put
from graphrec.app.parts.picker import MOST, pick
from graphrec.app.parts.reasons import table_of_reasons
from graphrec.app.parts.runs import pick_run
from graphrec.app.text import heading, plain
from graphrec.errors import NotFoundError
from graphrec.serving.explain import Explanation, explain
from graphrec.serving.explore.names import names
from graphrec.serving.explore.spaces import ranking_runs
from graphrec.serving.explore.subgraph import Key, Subgraph, merged, neighbours
from graphrec.serving.explore.why import why
from graphrec.serving.naming import with_id
from graphrec.serving.published import PublishedRun
from graphrec.serving.recommend import Recommendation, Recommendations, Request, recommend

OFFERED = 50
BY_HAND = "explain-by-hand"
WIDTH = {
    True: "A line is as wide as the vector at its other end counted when the model made an embedding of it; "
    "dashed lines are no relationships of the graph, but what the model or the features say is alike, as wide as the "
    "cosine.",
    False: "This model has no weights to tell: dashed lines are as wide as two things are alike (cosine), and other "
    "lines are relationships of the graph.",
}


def starts() -> None:
    """Offer users to begin with."""
    found = list(ask_shared(names, "User", MOST))[:4]
    if not found:
        nothing("The graph has no users yet.", "graphrec load highlights highlights.csv")
        return
    st.text("Choose a user, for example:")
    with st.container(horizontal=True):
        for user in found:
            st.button(plain(user[:40]), key=f"start-{user}", on_click=readdress, kwargs={"user": user})


def run_of() -> PublishedRun | None:
    """Return the run that the visitor wants explained; None where none is published."""
    runs = {run.id: run for run in ask(ranking_runs)}
    chosen = pick_run("Model", [*runs], "run") if runs else None
    return None if chosen is None else runs[chosen]


def thing(ranking: Recommendations) -> str | None:
    """Return what the visitor wants explained, the first recommendation at first."""
    places = {item.id: place for place, item in enumerate(ranking.items)}
    asked = st.query_params.get("id")
    options = [*places] if asked is None or asked in places else [asked, *places]
    # The address has the id: a field that were bound to it would write what it shows there.
    st.session_state["explain-id"] = asked or next(iter(options), None)
    chosen: str | None = st.selectbox(
        "Recommendation",
        options,
        format_func=lambda one: (
            _place(places[one], ranking.items[places[one]]) if one in places else _named(one)
        ),
        key="explain-id",
        placeholder="Nothing can be recommended",
        on_change=_chosen,
    )
    return chosen


def forget() -> None:
    """What was chosen for one user is no recommendation for another."""
    st.query_params.pop("id", None)
    put([])


def _chosen() -> None:
    st.query_params["id"] = st.session_state["explain-id"]
    put([])


def _named(node: str) -> str:
    return with_id(ask_shared(names, "Item", MOST).get(node), node)


def _place(place: int, item: Recommendation) -> str:
    return f"{place + 1}. {with_id(item.title, item.id)}"


def show(told: Explanation, by: str | None) -> None:
    """Show the reasons: in words, drawn, and as a table; ``by`` is the run that ranks again, if any does."""
    with st.container(border=True):
        st.text(told.sentence)
    found = ask(why, workspace(), told)
    start, end = Key("User", told.user), Key(told.label, told.id)
    if not any(
        start in (edge.start, edge.end) or end in (edge.start, edge.end) for edge in found.graph.edges
    ):
        nothing(
            "Nothing in the graph connects the two. A new user counts after the next training; features say what "
            "is alike.",
            "graphrec train --model transgrec",
        )
        return
    mine = opened()
    graph = merged([found.graph, *around(mine)])
    left, right = st.columns([3, 2], gap="large")
    with left:
        wanted = graph_view(
            graph,
            "explain-view",
            middle=(start, end),
            weights=found.weights,
            version=f"{start}{end}{told.run}{st.session_state.get(BY_HAND, 0)}",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            node = choose_node(graph, "explain-node")
            if st.button(
                "Expand", icon=":material/unfold_more:", disabled=node in mine or len(mine) == MOST_OPEN
            ):
                wanted = node
                # After a double click the drawing finds places for what is new by itself.
                st.session_state[BY_HAND] = st.session_state.get(BY_HAND, 0) + 1
        if wanted is not None and wanted not in mine:
            put([*mine, wanted])
            st.rerun()
        st.caption(f"Double-click a node for its neighbours. {WIDTH[told.account is not None]}")
    with right:
        beside(told)
        if by is not None:
            ranked_by(told, by)
    st.subheader("All reasons")
    table_of_reasons(told)


def around(nodes: Sequence[Key]) -> Iterator[Subgraph]:
    """Yield the neighbours of each node; an old link may name what is gone."""
    for key in nodes:
        with suppress(NotFoundError):
            yield ask(neighbours, *key, limit=FEW).graph


def beside(told: Explanation) -> None:
    """Say what the model did."""
    if told.score is not None:
        with st.container(horizontal=True):
            st.metric("Score", f"{told.score:.3f}", help="What the model makes of the two embeddings.")
            if told.embedding:
                near = told.embedding[0]
                said = f"The cosine of {near.id}, of the user's history the nearest in the model's space."
                st.metric("Nearest in history", f"{near.cosine:.3f}", help=plain(said))
    if told.run is None:
        nothing(
            "No run is published: only the graph and the features can be asked.",
            "graphrec train --model transgrec",
        )
    elif told.score is None:
        st.text(f"{told.run} has no embedding of one of the two, and so no score.")
    elif told.account is None:
        st.text(f"{told.run} tells no weights: its reasons are cosines in its space.")
    else:
        st.subheader("What the user's embedding was made of", anchor=False)
        st.text(told.account.user.said)
        st.subheader("What the recommendation's embedding was made of", anchor=False)
        st.text(told.account.item.said)
    with st.container(horizontal=True):
        if st.button("Walk the graph from here", icon=":material/hub:"):
            go("graph", label=told.label, id=told.id)
        video = told.id if told.label == "Item" else told.video
        if video is not None and st.button("Open video", icon=":material/movie:"):
            go("video", id=video)


def ranked_by(told: Explanation, by: str) -> None:
    """Say what the run that ranks again makes of it."""
    own = ask(explain, workspace(), told.user, told.id, run=by, label=told.label)
    st.subheader("By the run that ranks again", anchor=False)
    if own.score is None:
        st.text(f"{by} knows nothing of one of the two.")
        return
    st.metric("Probability of a click", f"{own.score:.1%}", help=plain(f"As {by} has it, as of now."))
    if own.modalities is None:
        st.text(f"{by} does not weigh feature matrices by the user's attention: modalities=guided does.")
    else:
        modality_chart(own.modalities)


heading("Explain", "Why this, for this user: what the graph says, and what the model made of it.")
with st.container(horizontal=True, vertical_alignment="bottom"):
    user = pick("User", "User", "user", on_change=forget)
    run = run_of()
    # What recommends says which runs can rank that again.
    by = None if run is None else pick_ranker(run.label)
if user is None:
    starts()
else:
    model = None if run is None else run.id
    ranking = ask(recommend, workspace(), Request(user, k=OFFERED, model=model, rank_by=by))
    chosen = thing(ranking)
    if chosen is None:
        nothing("There is nothing to recommend yet.", "graphrec train --model transgrec")
    else:
        show(ask(explain, workspace(), user, chosen, run=model), by)
