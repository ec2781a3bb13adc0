"""A video from all sides: what is in it, what people say, what is like it, and who would like it."""

from __future__ import annotations

import streamlit as st

from graphrec.app.graph import ask, ask_shared
from graphrec.app.links import readdress
from graphrec.app.notices import nothing
from graphrec.app.parts.alike import show_similar
from graphrec.app.parts.cards import cards
from graphrec.app.parts.contents import show_comments, show_frames, show_segments, show_shots, show_trailers
from graphrec.app.parts.gallery import card, upright
from graphrec.app.parts.jump import second, stay, turn
from graphrec.app.parts.picker import pick
from graphrec.app.parts.player import player
from graphrec.app.parts.poster import poster
from graphrec.app.parts.runs import pick_run
from graphrec.app.parts.viewers import show_audience
from graphrec.app.text import heading
from graphrec.serving.clock import clock
from graphrec.serving.explore.catalogue import Order, catalogue
from graphrec.serving.explore.looks import looks
from graphrec.serving.explore.spaces import ranking_runs
from graphrec.serving.explore.video import Video, parts, scored_label, video

PAGE = 24
ORDERS: tuple[Order, ...] = ("popular", "newest")
TABS = ("Segments", "Shots", "Frames", "Comments", "Trailers", "Similar", "Audience")


def browse() -> None:
    """Show all videos, some at a time."""
    order = st.segmented_control(
        "Order",
        ORDERS,
        default=ORDERS[0],
        required=True,
        format_func=str.capitalize,
        key="order",
        bind="query-params",
        label_visibility="collapsed",
    )
    ids = ask_shared(catalogue, order)
    if not ids:
        nothing("The graph has no videos yet.", "graphrec load videos FOLDER")
        return
    place = st.container()
    pages = -(-len(ids) // PAGE)
    number = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    here = ids[(number - 1) * PAGE : number * PAGE]
    seen = ask(looks, "Item", here)
    with place:
        shown = [card(seen[node]) for node in here if node in seen]
        cards(
            shown, "Videos", "videos", upright=upright(seen.values()), on_open=lambda node: readdress(id=node)
        )


def look_at(node: str) -> None:
    """Show one video."""
    shown = ask(video, node)
    with top:
        heading(shown.name, facts(shown))
    stage = st.container()
    segmented = bool(ask(parts, node))
    framed = not segmented and ask(scored_label, node) == "Frame"
    by, whose = st.columns(2)
    with whose:
        user = pick("User", "Coloured by the taste of", "user") if segmented or framed else None
    with by:
        run = pick_run("Model", [published.id for published in ask(ranking_runs)], "run")
    with stage:
        if not player(node, "player", user=user, run=run, at=second(), turn=turn()):
            poster(shown.thumbnail, f"Picture of {shown.name}")
    default = "Segments" if segmented else "Frames" if framed else "Similar"
    tabs = dict(zip(TABS, st.tabs(TABS, default=default, key="tab", bind="query-params"), strict=True))
    opened = next(name for name, tab in tabs.items() if tab.open)
    with tabs[opened]:
        show(opened, node, user, run)


def show(tab: str, node: str, user: str | None, run: str | None) -> None:
    """Fill the tab that is looked at; nothing is computed for the others."""
    if tab == "Segments":
        show_segments(node, user, run)
    elif tab == "Shots":
        show_shots(node)
    elif tab == "Frames":
        show_frames(node)
    elif tab == "Comments":
        show_comments(node)
    elif tab == "Trailers":
        show_trailers(node)
    elif tab == "Similar":
        show_similar(node, run)
    else:
        show_audience(node, run)


def facts(shown: Video) -> str:
    """Return what is known of a video in one line."""
    known = [
        shown.id if shown.name != shown.id else "",
        shown.kind or "",
        str(shown.year or ""),
        ", ".join(shown.genres),
        clock(shown.duration_s) if shown.duration_s else "",
        f"{shown.width} \u00d7 {shown.height} pixels" if shown.width and shown.height else "",
        {True: "with sound", False: "without sound", None: ""}[shown.audio],
        f"by {shown.uploader}" if shown.uploader else "",
        f"IMDb {shown.imdb_id}" if shown.imdb_id else "",
    ]
    return " \u00b7 ".join(filter(None, known))


top = st.container()
node = pick("Item", "Video", "id", on_change=stay)
if node is None:
    with top:
        heading("Videos", "What is in each, what people say, what is like it, and who would like it.")
    browse()
else:
    look_at(node)
