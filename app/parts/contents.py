"""What is in a video, as tables and pictures; a click on any of it plays the video from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from graphrec.app.graph import ask, workspace
from graphrec.app.media import address
from graphrec.app.notices import nothing
from graphrec.app.parts.cards import Card, cards
from graphrec.app.parts.jump import jump, jump_to_row
from graphrec.app.parts.timeline import KeyFrame, Stretch, Timeline, timeline
from graphrec.app.text import plain
from graphrec.serving.clock import clock
from graphrec.serving.explore.attention import Said, attention
from graphrec.serving.explore.video import (
    Still,
    Trailer,
    parts,
    remarks,
    scores,
    shots,
    stills,
    trailer_stills,
    trailers,
    video,
)

T = TypeVar("T")

FRAMES = 24
COMMENTS = 500


def show_segments(node: str, user: str | None, run: str | None) -> None:
    """Show the segments of a video in a table, with the scores of ``user`` by ``run``."""
    found = ask(parts, node)
    if not found:
        nothing("No segments of this video are known.", "graphrec load videos FOLDER --segments shots")
        return
    columns: dict[str, list[object]] = {
        "Segment": [part.id for part in found],
        "From": [moment(part.start_s) for part in found],
        "To": [moment(part.end_s) for part in found],
        "Highlighted by": [part.users for part in found],
    }
    by_user = ask(scores, workspace(), user, node, "Segment", model=run) if user else {}
    if by_user:
        columns[f"Score for {user}"] = [by_user.get(part.id) for part in found]
    table("segments", columns, [part.start_s for part in found])


def show_shots(node: str) -> None:
    """Show the shots of a video in a table."""
    found = shots(workspace(), ask(video, node))
    if not found:
        nothing(
            "Nobody has looked for the shots of this video, or it has only one; loaded again with --shots:",
            "graphrec load videos FOLDER --shots",
        )
        return
    columns: dict[str, list[object]] = {
        "Shot": list(range(1, len(found) + 1)),
        "From": [moment(shot.start_s) for shot in found],
        "To": [moment(shot.end_s) for shot in found],
        "Seconds": [shot.end_s - shot.start_s for shot in found],
    }
    table("shots", columns, [shot.start_s for shot in found])


def show_frames(node: str) -> None:
    """Show the key frames of a video, some at a time."""
    found = [still for still in ask(stills, node) if still.time_s is not None]
    if not found:
        nothing("No key frames of this video are known.", "graphrec load videos FOLDER --frames keyframes")
        return
    place = st.container()
    _, shown = page_of(found, FRAMES, "frames")
    with place:
        drawn = [
            Card(
                still.id,
                clock(still.time_s or 0),
                picture=address(workspace(), still.uri),
                alt=f"Key frame at {clock(still.time_s or 0)}",
            )
            for still in shown
        ]
        opened = cards(drawn, "Key frames", "stills")
    if opened:
        jump(next(still.time_s for still in shown if still.id == opened))
        st.rerun()


def show_comments(node: str) -> None:
    """Show the comments on a video in a table."""
    everything = ask(remarks, node)
    if not everything:
        nothing("Nobody has commented on this video.", "graphrec load comments comments.csv")
        return
    place = st.container()
    number, found = page_of(everything, COMMENTS, "comment_page")
    columns: dict[str, list[object]] = {
        "At": [moment(one.time_s) for one in found],
        "Comment": [one.text for one in found],
        "User": [one.user for one in found],
        "Polarity": [one.polarity for one in found],
        "Posted": [day(one.posted_at) for one in found],
    }
    with place:
        # A row that is selected on one page is another comment on the next.
        table(f"comments-{number}", columns, [one.time_s for one in found])


def show_trailers(node: str) -> None:
    """Show the trailers of an item, and play those that lie in the workspace."""
    found = ask(trailers, node)
    if not found:
        nothing("No trailer of this video is known.", "graphrec load trailers ml-youtube.csv")
        return
    for one in found:
        st.subheader(plain(one.id))
        numbers = {"views": one.views, "likes": one.likes, "dislikes": one.dislikes}
        told = [clock(one.duration_s)] if one.duration_s else []
        told += [f"{count:,} {what}" for what, count in numbers.items() if count is not None]
        st.caption(" \u00b7 ".join(told))
        file = address(workspace(), one.uri)
        said, seen = ask(attention, workspace(), one.id), ask(trailer_stills, one.id)
        if file or said or seen:
            timeline(trailer_timeline(one, file, said, seen), f"trailer-{one.id}")
        if not file:
            where = f" It is said to be at {one.uri}." if one.uri else ""
            st.caption(plain(f"Its file is not in the workspace, so it cannot be played here.{where}"))


def trailer_timeline(trailer: Trailer, file: str | None, said: Sequence[Said], seen: Sequence[Still]) -> Timeline:
    """Return a trailer with its ``file`` and frames, coloured by what each part has ``said`` to a network, if anything.

    Args:
        trailer: what is known of it.
        file: its file's address; None where it cannot be played.
        said: by what it is coloured.
        seen: its frames.
    """
    frames = [KeyFrame(one.time_s, address(workspace(), one.uri)) for one in seen if one.time_s is not None]
    ends = [part.end_s for part in said] or [frame.time_s for frame in frames]
    lasts = trailer.duration_s or max(ends, default=0.0) or 1.0
    most = max((part.share for part in said), default=1.0)
    stretches = [
        Stretch(part.start_s, min(part.end_s, lasts), part.share / most, f"{part.share:.1%} of the attention")
        for part in said
    ]
    return Timeline(
        f"Trailer {trailer.id}",
        lasts,
        stretches,
        frames,
        video=file,
        poster=frames[0].picture if frames else None,
        scale="Attention" if said else "",
        low="0 %",
        high=f"{most:.1%}",
        best="Most attended to" if said else "",
    )


def page_of(found: Sequence[T], size: int, key: str) -> tuple[int, Sequence[T]]:
    """Offer the pages that ``found`` fills, if more than one; return the number of the chosen one and what is on it."""
    pages = -(-len(found) // size)
    number: int = st.pagination(pages, key=key, bind="query-params") if pages > 1 else 1
    return number, found[(number - 1) * size : number * size]


def table(key: str, columns: dict[str, list[object]], seconds: list[float | None]) -> None:
    """Draw a table; a row that is selected plays the video from its second."""
    st.dataframe(
        pd.DataFrame(columns).dropna(axis="columns", how="all"),
        key=key,
        hide_index=True,
        column_config={
            "Comment": st.column_config.TextColumn(width="large"),
            "Seconds": st.column_config.NumberColumn(format="%.1f"),
            **clocks(columns),
        },
        on_select=partial(jump_to_row, key, seconds),
        selection_mode="single-row",
    )
    st.caption("Select a row to play the video from there.")


def clocks(columns: Mapping[str, Sequence[object]]) -> dict[str, Any]:
    """Return how a table shows its columns of moments."""
    found = {}
    for name, values in columns.items():
        moments = [value for value in values if isinstance(value, time)]
        if moments:
            long = any(value.hour for value in moments)
            found[name] = st.column_config.TimeColumn(format="H:mm:ss" if long else "m:ss", width="small")
    return found


def moment(seconds: float | None) -> time | None:
    """Return a second of a video as a time of day, which tables can sort; None for none, or for more than a day."""
    if seconds is None or not 0 <= seconds < 24 * 3600:
        return None
    return datetime.fromtimestamp(seconds, UTC).time()


def day(milliseconds: int | None) -> datetime | None:
    """Return epoch milliseconds as a date."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
