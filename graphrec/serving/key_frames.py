"""The frame of each item that its user is likely to be drawn by (JIFR Eq. 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graphrec.errors import NotFoundError
from graphrec.serving.lookups import rows
from graphrec.serving.published import (
    PublishedRun,
    as_mapped,
    current_run,
    current_runs,
    for_label,
    published_run,
)
from graphrec.serving.ranked import ListsWanted, by_published
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace

FRAME = "Frame"


@dataclass(frozen=True)
class KeyFrame:
    """A frame, its score for the user, the second that it is of and its picture's address; None where unknown."""

    id: str
    score: float
    time_s: float | None
    uri: str | None


def frame_run(store: GraphStore, run: str) -> PublishedRun:
    """Return what has embeddings of frames: ``run`` where it has, else the one published last that has.

    Raises ``NotFoundError`` where none has.
    """
    own = published_run(store, run)
    found = None if own is None else for_label(store, own, FRAME)
    found = found or current_run(store, None, FRAME)
    if found is None:
        raise NotFoundError(
            "no published run has embeddings of Frame nodes, by which a key frame could be chosen: `graphrec train "
            "--model jifr` learns them, of frames that users comment on `kfrci`; or drop --with-frame"
        )
    return found


def only_frames(store: GraphStore, run: str | None) -> PublishedRun | None:
    """Return the run (``run``, by its id or its model's name) that ranks frames, where it ranks no items.

    Without a ``run`` it is the last published of those that are there for frames, where no run ranks items.
    """
    runs = [one for one in current_runs(store) if one.ranks() and run in (None, one.id, one.model)]
    if any(for_label(store, one, "Item") is not None for one in runs):
        return None
    return next((as_mapped(store, one) for one in runs if one.label == FRAME), None)


def poster_frames(
    store: GraphStore, workspace: Workspace, run: str, user: str, items: Sequence[str]
) -> dict[str, KeyFrame]:
    """Return the best frame of each of ``items`` as the published ``run`` ranks them, or the last that is there for it.

    {} where neither ranks frames, or knows the user.
    """
    own = published_run(store, run)
    placed = None if own is None else for_label(store, own, FRAME)
    placed = placed or next((one for one in current_runs(store) if one.ranks() and one.label == FRAME), None)
    return {} if placed is None else key_frames(store, workspace, placed, user, items) or {}


def key_frames(
    store: GraphStore, workspace: Workspace, run: PublishedRun, user: str, items: Sequence[str]
) -> dict[str, KeyFrame] | None:
    """Return the best frame of each of ``items`` that has any with an embedding, of equals the first by id.

    Frames of an item's segments and trailers count as its own. None where ``run`` knows nothing of the user.
    """
    of = {(row["item"], row["id"]): row for row in rows(store, "frames_of_items", ids=list(items))}
    frames = sorted({frame for _, frame in of})
    (found,) = by_published(store, workspace, run, ListsWanted([user], max(1, len(frames)), FRAME, frames, [[]]))
    if found.items is None:
        return None
    scores = {one.id: one.score for one in found.items}
    best: dict[str, KeyFrame] = {}
    for (item, frame), row in sorted(of.items()):
        score = scores.get(frame, np.nan)
        if not np.isnan(score) and (item not in best or score > best[item].score):
            best[item] = KeyFrame(frame, score, row["time_s"], row["uri"])
    return best
