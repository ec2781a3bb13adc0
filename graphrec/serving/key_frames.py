"""The frame of each item that its user is likely to be drawn by (JIFR Eq. 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graphrec.errors import NotFoundError
from graphrec.serving.lookups import rows
from graphrec.serving.published import PublishedRun, current_run, for_label, published_run
from graphrec.store.base import GraphStore

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
            "--model jifr` learns them; or drop --with-frame"
        )
    return found


def own_key_frames(store: GraphStore, run: str, user: str, items: Sequence[str]) -> dict[str, KeyFrame]:
    """Return the best frame of each of ``items`` as the published ``run`` itself ranks them; {} where it ranks none."""
    own = published_run(store, run)
    placed = None if own is None else for_label(store, own, FRAME)
    return {} if placed is None else key_frames(store, placed, user, items) or {}


def key_frames(store: GraphStore, run: PublishedRun, user: str, items: Sequence[str]) -> dict[str, KeyFrame] | None:
    """Return the best frame of each of ``items`` that has any with an embedding, of equals the first by id.

    Frames of an item's segments and trailers count as its own. None where ``run`` knows nothing of the user.
    """
    _, known = store.read_embeddings("User", run.property, [user])
    if not len(known):
        return None
    of = {(row["item"], row["id"]): row for row in rows(store, "frames_of_items", ids=list(items))}
    ids, vectors = store.read_embeddings(FRAME, run.property, sorted({frame for _, frame in of}))
    scores = dict(zip(ids.to_pylist(), (vectors @ known[0]).tolist() if len(ids) else (), strict=True))
    best: dict[str, KeyFrame] = {}
    for (item, frame), row in sorted(of.items()):
        score = scores.get(frame, np.nan)
        if not np.isnan(score) and (item not in best or score > best[item].score):
            best[item] = KeyFrame(frame, score, row["time_s"], row["uri"])
    return best
