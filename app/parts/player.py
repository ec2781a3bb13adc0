"""A video of the graph on its timeline, coloured by what one user would like or by what many highlighted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from graphrec.app.graph import ask, workspace
from graphrec.app.media import address
from graphrec.app.parts.timeline import CommentMark, KeyFrame, Stretch, Timeline, timeline
from graphrec.serving.explore.said import said
from graphrec.serving.explore.video import (
    Still,
    Video,
    VideoPart,
    likely,
    parts,
    remarks,
    scored_label,
    scores,
    shots,
    stills,
    until_next,
    video,
)

T = TypeVar("T")

BINS = 60
"""Into so many stretches comments are counted."""
COMMENTS = 300
"""So many comments can be pointed at."""
BEST = 5
"""Of so many of the best frames the words are told that the user would write."""
WORDS = 3
"""So many words of each."""
STRETCHES = (3, 6, 12)
"""Into so many equally long stretches words are told: of a narrow window, a wider one, and a wide one."""
SEGMENT, FRAME = "Segment", "Frame"
PARTS = {SEGMENT: "segments", FRAME: "frames"}
"""What the parts on a timeline are called, by label."""


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
        user: whose scores colour the segments, or the frames where ``run`` ranks these; None for how many users
            highlighted each segment.
        run: whose scores, by the run's id; None for the run published last.
        at: the second at which it stands.
        turn: another number when the same second is asked for once more.

    Raises ``NotFoundError`` for an unknown item, user or run.
    """
    facts, segments, frames = ask(video, node), ask(parts, node), ask(stills, node)
    # They are in files: another load can find them without a change of the graph.
    cuts = shots(workspace(), facts)
    duration = length(facts, segments, frames)
    if not duration:
        return False
    label = ask(scored_label, node, run) if user else None
    by_user = ask(scores, workspace(), user, node, label, model=run) if user and label else {}
    values = by_user or ({part.id: part.users for part in segments} if not user else {})
    playable = address(workspace(), facts.uri)
    by_frame = label == FRAME and bool(by_user)
    shown_parts = until_next(frames, duration) if by_frame else segments
    best = sorted((part.id for part in shown_parts if part.id in by_user), key=lambda one: -by_user[one])[:BEST]
    words = ask(likely, workspace(), user, FRAME, best, WORDS, model=run) if user and by_frame else {}
    stretches, low, high = coloured(shown_parts, values, words)
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
        poster=address(workspace(), facts.thumbnail or _still(frames, best)),
        note=" ".join(filter(None, [_why_not(facts, playable), _uncoloured(user, run, label, by_user)])),
        scale=_scale(user, by_user, by_frame=by_frame) if high else "",
        low=low,
        high=high,
        best=(f"Best for {user}" if by_user else "Most highlighted") if high else "",
        at=at,
        turn=turn,
        parts=PARTS[FRAME if by_frame else SEGMENT],
        said=ask(said, node, duration, STRETCHES),
    )
    timeline(shown, key)
    return True


def spread(found: Sequence[T], most: int) -> Sequence[T]:
    """Return at most ``most`` of what is found, taken evenly from all of it."""
    return found[:: max(1, -(-len(found) // most))]


def length(facts: Video, segments: Sequence[VideoPart], frames: Sequence[Still]) -> float:
    """Return how long the video is, in seconds, by its own word, last segment or frame; 0 where nothing is known."""
    ends = [part.end_s or 0.0 for part in segments] or [frame.time_s or 0.0 for frame in frames]
    return facts.duration_s or max(ends, default=0.0)


def coloured(
    found: Sequence[VideoPart], values: Mapping[str, float], words: Mapping[str, Sequence[str]]
) -> tuple[list[Stretch], str, str]:
    """Return the parts that have times, and the lowest and the highest of ``values`` in words.

    ``words`` are those that the user would write on a part. Where there are no values, or all are 0, both are "" and
    all parts neutral.
    """
    timed = [part for part in found if part.start_s is not None and part.end_s is not None]
    known = [values[part.id] for part in timed if part.id in values]
    if not any(known):
        return [Stretch(part.start_s or 0.0, part.end_s or 0.0) for part in timed], "", ""
    low, high = min(known), max(known)
    stretches = []
    for part in timed:
        value = values.get(part.id)
        share = None if value is None else (value - low) / (high - low) if high > low else 1.0
        note = "" if value is None else _words(value)
        told = f"would write: {', '.join(words[part.id])}" if part.id in words else ""
        stretches.append(Stretch(part.start_s or 0.0, part.end_s or 0.0, share, note, told))
    return stretches, _short(low), _short(high)


def _words(value: float) -> str:
    if isinstance(value, int):
        return f"{value} user{'' if value == 1 else 's'} highlighted it"
    return f"score {value:.3f}"


def _short(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def _scale(user: str | None, by_user: Mapping[str, float], *, by_frame: bool) -> str:
    if not by_user:
        return "Users who highlighted it"
    return f"Score for {user}, from each frame to the next" if by_frame else f"Score for {user}"


def _still(frames: Sequence[Still], best: Sequence[str]) -> str | None:
    """Return the picture of the frame that is best for the user, else of the first that has one."""
    pictures = {frame.id: frame.uri for frame in frames if frame.uri}
    return next((pictures[one] for one in (*best, *pictures) if one in pictures), None)


def _why_not(facts: Video, playable: str | None) -> str:
    if playable:
        return ""
    if facts.uri:
        return "The file is not in the workspace, so it cannot be played here; the key frames show what is in it."
    return "No file of this video is known, so it cannot be played here."


def _uncoloured(user: str | None, run: str | None, label: str | None, by_user: Mapping[str, float]) -> str:
    if not user or by_user:
        return ""
    if label is None:
        return f"{run or 'No published model'} scores no part of this video, so nothing is coloured for {user}."
    return f"The model has no score of these {PARTS[label]} for {user}."
