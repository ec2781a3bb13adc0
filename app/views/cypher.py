"""Cypher: the named queries with their parameters as fields, and queries of the visitor's own; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from graphrec.app.graph import ask, workspace
from graphrec.app.notices import problem
from graphrec.app.parts.asking import SOON_S, Asking, plan, progress
from graphrec.app.parts.at_first import at_first
from graphrec.app.parts.cells import as_csv, table
from graphrec.app.parts.graph_view import graph_view
from graphrec.app.parts.growing import MOST
from graphrec.app.parts.query_form import fields
from graphrec.app.settings import current
from graphrec.app.text import heading, plain
from graphrec.errors import ConfigError, GraphrecError
from graphrec.serving.explore.subgraph import Subgraph, graph_of
from graphrec.store.answers import Answer, Limits
from graphrec.store.console.store import as_typed
from graphrec.store.ladybug_files import nothing_yet
from graphrec.store.open import database_of
from graphrec.store.queries import NamedQuery, bind, named_queries

NAMED, OWN = "Named queries", "Your own"
FIRST = "popular"
MOST_ROWS, MOST_SECONDS = 10_000, 60
EXAMPLE = "MATCH (u:User)-[e]->(n)\nRETURN u, e, n\nORDER BY u.id, n.id\nLIMIT 25"

Query = tuple[str, Mapping[str, Any]]


def named() -> Query:
    """Let the visitor choose a named query; return its text and parameters as they stand."""
    queries = named_queries(database_of(current().store))
    names = [FIRST, *(name for name in queries if name != FIRST)]
    first = at_first("query", names)
    query = queries[st.selectbox("Query", names, index=None, key="query", bind="query-params") or first]
    st.text(f"{query.what[0].upper()}{query.what[1:]}.")
    given = fields(query)
    st.button("Edit a copy", on_click=copy, args=(query, given), icon=":material/edit:")
    text, parameters = bind(query, given)
    return in_its_names(text), parameters


def copy(query: NamedQuery, given: dict[str, str]) -> None:
    """Make a named query the visitor's own."""
    try:
        text, parameters = bind(query, given)
    except GraphrecError:
        text, parameters = query.text, {}
    st.session_state["mode"] = OWN
    st.session_state["cypher-text"] = in_its_names(text)
    st.session_state["cypher-parameters"] = json.dumps(parameters, ensure_ascii=False)


def own() -> Query:
    """Let the visitor type a query; return it."""
    text = st.text_area("Query", in_its_names(EXAMPLE), key="cypher-text", height=180)
    typed = st.text_input(
        "Parameters, as JSON",
        "{}",
        key="cypher-parameters",
        help='What the query calls $user: {"user": "u000"}',
    )
    try:
        parameters = json.loads(typed or "{}")
    except ValueError as error:
        raise ConfigError(f"the parameters are not JSON: {error}") from None
    if not isinstance(parameters, dict):
        raise ConfigError('the parameters are not a JSON object: {"user": "u000"}')
    return text, parameters


def in_its_names(text: str) -> str:
    """Return a query of graphrec's own in the names of the graph; the embedded one has graphrec's."""
    return text if current().store is None else ask(as_typed, text)


def run(query: Query | None, at_once: bool) -> Asking | None:
    """Offer to run the query; return it as it was asked last, or None."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pressed = st.button("Run", type="primary", icon=":material/play_arrow:", disabled=query is None)
        rows = st.number_input("Row limit", 1, MOST_ROWS, 1000, key="cypher-rows", width=140)
        seconds = st.number_input("Time limit, s", 1, MOST_SECONDS, 10, key="cypher-seconds", width=140)
    before: Asking | None = st.session_state.get("cypher-asking")
    # The answer to another query must not stand under this one's name.
    asking = before if before is not None and (before.text, before.parameters) == query else None
    if asking is None and before is not None:
        before.stop()
    if query is not None and (pressed or (at_once and asking is None)):
        if asking is not None:
            asking.stop()
        asking = Asking(*query, Limits(rows, seconds))
        st.session_state["cypher-asking"] = asking
        asking.wait(SOON_S)
    return asking


def show(answer: Answer) -> None:
    """Show the rows, or the graph in them."""
    count = len(answer.rows)
    cut = ", and there are more: the row limit has cut them" if answer.cut else ""
    st.text(f"{count:,} row{'' if count == 1 else 's'} in {answer.seconds:.2f} s{cut}.")
    graph = graph_of(answer)
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = "Table"
        if graph.nodes:
            shown = st.segmented_control(
                "Show as", ["Table", "Graph"], default="Table", label_visibility="collapsed", key="cypher-shown"
            ) or "Table"  # fmt: skip
        st.download_button(
            "Download CSV",
            lambda: as_csv(answer),
            "answer.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    if shown == "Graph":
        draw(graph)
    else:
        st.dataframe(table(answer), hide_index=True, width="stretch")


def draw(graph: Subgraph) -> None:
    """Draw the nodes of an answer."""
    nodes = graph.nodes[:MOST]
    kept = {node.key for node in nodes}
    if len(nodes) < len(graph.nodes):
        st.info(f"Only the first {MOST} of {len(graph.nodes):,} nodes are drawn.")
    edges = [edge for edge in graph.edges if edge.start in kept and edge.end in kept]
    graph_view(Subgraph(nodes, edges), "cypher-view", expandable=False, version=str(hash(tuple(kept))))


def text_and_plan(query: Query) -> None:
    """Show what is asked and how the database would go about it."""
    with st.expander("Text and plan", icon=":material/code:"):
        st.code(query[0], language="cypher")
        if query[1]:
            st.code(json.dumps(query[1], ensure_ascii=False), language="json")
        if st.toggle("Plan", key="cypher-plan", help="How the database would run it."):
            try:
                st.code(plan(*query), language=None)
            except GraphrecError as error:
                st.text(str(error))


heading("Cypher", "Ask the graph itself. Queries can only read it here.")
if current().store is None and not workspace().database.exists():
    raise nothing_yet(workspace())
mode = st.segmented_control("What to run", [NAMED, OWN], default=NAMED, key="mode") or NAMED
linked = "query" in st.query_params
query: Query | None = None
try:
    query = named() if mode == NAMED else own()
except ConfigError as error:
    st.info(plain(error), icon=":material/edit_note:")
asking = run(query, at_once=linked and mode == NAMED)
if asking is not None and not asking.done:
    progress(asking)
elif asking is not None and asking.error is not None:
    problem(asking.error)
elif asking is not None and asking.answer is not None:
    show(asking.answer)
if query is not None:
    text_and_plan(query)
