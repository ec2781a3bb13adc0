"""A video above its timeline: segments or frames coloured by a score, comments, key frames, and where it plays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import streamlit as st

from graphrec.app.parts.frontend import read
from graphrec.serving.clock import clock

_component = st.components.v2.component(
    "graphrec_timeline",
    html=(
        '<div class="timeline"><p class="summary"></p><div class="top"><div class="stage"></div>'
        '<div class="beside"></div></div><p class="message" role="status"></p>'
        '<ul class="said" aria-label="Words said most"></ul><div class="plot">'
        '<div class="track"></div><div class="tip" aria-hidden="true" hidden></div></div>'
        '<div class="legend"></div></div>'
    ),
    css=read("timeline.css"),
    js=read("dom.js", "track.js", "timeline.js"),
)


@dataclass(frozen=True)
class Stretch:
    """A part of the video on the timeline.

    Attributes:
        start_s: seconds from the video's start.
        end_s: likewise.
        share: how high its score is, 0 to 1: its colour and height; None for a neutral one.
        note: what is told of it beside its times, such as its score.
        more: what is told only where it is one of the best.
    """

    start_s: float
    end_s: float
    share: float | None = None
    note: str = ""
    more: str = ""


@dataclass(frozen=True)
class KeyFrame:
    """A picture at its second; ``picture`` is an address that the browser can load."""

    time_s: float
    picture: str | None


@dataclass(frozen=True)
class CommentMark:
    """A comment at its second."""

    time_s: float
    text: str


@dataclass(frozen=True)
class Timeline:
    """What is drawn; parts that are empty are left out, and every text is shown as it is typed.

    Attributes:
        title: what the video is called.
        duration_s: seconds, more than 0.
        segments: by their start.
        frames: by their second; as many are shown as there is room for.
        comments: by their second, likewise.
        shots: where each shot begins, and where the last one ends, in seconds.
        heat: how many comments fall into each of equally long stretches.
        video: the file's address; None for one that cannot be played.
        poster: the picture before it plays, or instead of it.
        note: a sentence beneath the video, such as why it cannot be played.
        scale: what the colours mean; "" where no segment has a share.
        low: the score of share 0, in words.
        high: the score of share 1, in words.
        best: the heading of a list of the best segments beside the video; "" for none.
        at: the second at which it stands; whenever it changes, the video plays from there.
        turn: another number when the same second is asked for once more.
        parts: what the segments are called.
        said: the words said most in each of so many equally long stretches, by how many these are: as many are shown
            as there is room for.
    """

    title: str
    duration_s: float
    segments: Sequence[Stretch] = ()
    frames: Sequence[KeyFrame] = ()
    comments: Sequence[CommentMark] = ()
    shots: Sequence[float] = ()
    heat: Sequence[int] = ()
    video: str | None = None
    poster: str | None = None
    note: str = ""
    scale: str = ""
    low: str = ""
    high: str = ""
    best: str = ""
    at: float | None = None
    turn: int = 0
    parts: str = "segments"
    said: Mapping[int, Sequence[Sequence[str]]] = field(default_factory=dict)


def timeline(shown: Timeline, key: str) -> None:
    """Draw a video with its timeline; ``key`` is the component's name on the page.

    A click on a segment, a key frame or a comment, or Enter on one that has the focus, plays from its second. All of
    this happens in the browser: the page does not run again.
    """
    _component(key=key, data={**asdict(shown), "summary": summary(shown)})


def summary(shown: Timeline) -> str:
    """Return what the drawing shows, in words."""
    into = f" in {len(shown.segments)} {shown.parts}" if shown.segments else ""
    told = [f"{shown.title}: {clock(shown.duration_s)}{into}"]
    scored = [one for one in shown.segments if one.share is not None]
    if scored:
        best = max(scored, key=lambda one: one.share or 0)
        told.append(f"{shown.scale}: highest from {clock(best.start_s)} to {clock(best.end_s)}, {best.note}")
    if shown.shots:
        told.append(f"{len(shown.shots) - 1} shots")
    if shown.heat:
        told.append(f"{sum(shown.heat)} comments at a known second")
    return ". ".join(told) + "."
