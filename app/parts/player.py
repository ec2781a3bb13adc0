"""A video of the graph on its timeline, coloured by what one user would like or by what many highlighted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from graphrec.app.graph import ask, workspace
from graphrec.app.media import address
from graphrec.app.parts.timeline import CommentMark, KeyFrame, Stretch, Timeline, timeline
from graphrec.serving.explore.video import Video, VideoPart, parts, remarks, scores, shots, stills, video

T = TypeVar("T")

BINS = 60
"""Into so many stretches comments are counted."""
COMMENTS = 300
"""So many comments can be pointed at."""


def player(
    node: str,
    key: str,
    *,
    user: str | None = None,
    run: str | None = None,
    at: float | None = None,
    turn: int = 0,
) -> bool:
    """Draw the video ``node`` with its timeline; return False, and draw nothing, where no part of it has a time.

    Args:
        node: id of an item.
        key: the component's name on the page.
        user: whose scores colour the segments; None for how many users highlighted each.
        run: whose scores, by the run's id; None for the run published last.
        at: the second at which it stands.
        turn: another number when the same second is asked for once more.

    Raises ``NotFoundError`` for an unknown item, user or run.
    """
    facts, segments, frames = ask(video, node), ask(parts, node), ask(stills, node)
    # They are in files: another load can find them without a change of the graph.
    cuts = shots(workspace(), facts)
    duration = length(facts, segments)
    if not duration:
        return False
    by_user = ask(scores, workspace(), user, node, model=run) if user else {}
    values = by_user or ({part.id: part.users for part in segments} if not user else {})
    playable = address(workspace(), facts.uri)
    stretches, low, high = coloured(segments, values)
    written = [
        CommentMark(one.time_s, f"{one.user or 'Somebody'}: {one.text or ''}")
        for one in ask(remarks, node)
        if one.time_s is not None and 0 <= one.time_s <= duration
    ]
    shown = Timeline(
        title=facts.name,
        duration_s=duration,
        segments=stretches,
        frames=[KeyFrame(one.time_s or 0.0, address(workspace(), one.uri)) for one in frames],
        comments=spread(written, COMMENTS),
        shots=[*(one.start_s for one in cuts), cuts[-1].end_s] if cuts else (),
        heat=np.histogram([one.time_s for one in written], BINS, (0, duration))[0].tolist()
        if written
        else (),
        video=playable,
        poster=address(workspace(), facts.thumbnail),
        note=" ".join(filter(None, [_why_not(facts, playable), _unknown(user, by_user)])),
        scale=_scale(user, by_user) if high else "",
        low=low,
        high=high,
        best=(f"Best for {user}" if by_user else "Most highlighted") if high else "",
        at=at,
        turn=turn,
    )
    timeline(shown, key)
    return True


def spread(found: Sequence[T], most: int) -> Sequence[T]:
    """Return at most ``most`` of what is found, taken evenly from all of it."""
    return found[:: max(1, -(-len(found) // most))]


def length(facts: Video, segments: Sequence[VideoPart]) -> float:
    """Return how long the video is, in seconds, by its own word or its last segment; 0 where nothing is known."""
    return facts.duration_s or max((part.end_s or 0.0 for part in segments), default=0.0)


def coloured(segments: Sequence[VideoPart], values: Mapping[str, float]) -> tuple[list[Stretch], str, str]:
    """Return the segments that have times, and the lowest and the highest of ``values`` in words.

    Where there are no values, or all are 0, both are "" and all segments neutral.
    """
    timed = [part for part in segments if part.start_s is not None and part.end_s is not None]
    known = [values[part.id] for part in timed if part.id in values]
    if not any(known):
        return [Stretch(part.start_s or 0.0, part.end_s or 0.0) for part in timed], "", ""
    low, high = min(known), max(known)
    stretches = []
    for part in timed:
        value = values.get(part.id)
        share = None if value is None else (value - low) / (high - low) if high > low else 1.0
        note = "" if value is None else _words(value)
        stretches.append(Stretch(part.start_s or 0.0, part.end_s or 0.0, share, note))
    return stretches, _short(low), _short(high)


def _words(value: float) -> str:
    if isinstance(value, int):
        return f"{value} user{'' if value == 1 else 's'} highlighted it"
    return f"score {value:.3f}"


def _short(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def _scale(user: str | None, by_user: Mapping[str, float]) -> str:
    return f"Score for {user}" if by_user else "Users who highlighted it"


def _why_not(facts: Video, playable: str | None) -> str:
    if playable:
        return ""
    if facts.uri:
        return "The file is not in the workspace, so it cannot be played here; the key frames show what is in it."
    return "No file of this video is known, so it cannot be played here."


def _unknown(user: str | None, by_user: Mapping[str, float]) -> str:
    return f"The model has no score of these segments for {user}." if user and not by_user else ""
