"""For whom a video is: the users whose taste it meets best, and what of it each would see first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import ConfigError, NotFoundError
from graphrec.keys import Id
from graphrec.serving.lookups import PARTS, ids, require, rows
from graphrec.serving.published import current_run, placing
from graphrec.serving.recommend import detailed
from graphrec.store.base import Floats, GraphStore, Neighbour
from graphrec.store.nearest import chosen

Doubles = npt.NDArray[np.float64]

VALUES = 1 << 22
"""So many scores, or numbers of vectors, are worked on at a time."""

SAME = 1e-6
"""A deviation below this share of the largest that is possible is rounding."""


@dataclass(frozen=True)
class Viewer:
    """A user who would want the video.

    Attributes:
        user: id.
        lift: by how many of the user's own standard deviations ``score`` lies above the user's own mean.
        score: inner product of embeddings, as ``recommend`` has it, of the user and the video's best segment for them.
        segment: that segment, or frame where the run recommends frames; None, like its times, where it recommends whole
            items.
        start_s: seconds from the video's start.
        end_s: likewise; None for a frame.
    """

    user: str
    lift: float
    score: float
    segment: str | None = None
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True)
class Audience:
    """What ``audience`` answers: ``users`` by falling lift, by a ``run`` that recommends ``label`` nodes."""

    video: str
    run: str
    label: str
    users: list[Viewer] = field(default_factory=list)


def audience(
    store: GraphStore, video: Id, k: int = 10, *, model: str | None = None, include_seen: bool = False
) -> Audience:
    """Return the ``k`` users who would want ``video`` most, by published embeddings.

    A user's score u·s for the best segment s of the video says what that user would see first, but scores of two users
    do not compare: who has a long vector scores high, and low, on everything. Users are therefore ordered by ``lift``,
    how far the score stands out among the user's scores of all that the run has embedded: (u·s - u·m) / sqrt(uᵀCu),
    where m and C are the mean and the covariance of those embeddings, so that nothing is sampled. Who is indifferent,
    with the same score for all, has lift 0. Equal lifts are ordered by id.

    Args:
        store: the graph.
        video: id of an item.
        k: how many users.
        model: whose embeddings; None for those published last.
        include_seen: also users who have rated, viewed or liked the video or highlighted, liked or commented on a part.

    Raises ``NotFoundError`` for an unknown video or model, where no run is published, or where the video has no
    embeddings; ``ConfigError`` for a k below 1.
    """
    if k < 1:
        raise ConfigError(f"k must be at least 1, not {k}")
    video = require(store, "Item", video)
    run = current_run(store, model)
    if run is None:
        raise NotFoundError("no run is published yet; `graphrec train --model transgrec` publishes one")
    label, name = run.label, run.property
    vectors = store.read_embeddings(label, name)
    parts = _parts(vectors, _part_ids(store, label, video))
    if not len(parts.ids):
        what = f"no {label.lower()} of it has an embedding" if label in PARTS else "it has no embedding"
        cure = placing(run, f"`graphrec embed` gives one to every {label} that has features")
        raise NotFoundError(f"nobody can be found for {video!r}: {what} of {run.id}; {cure}")
    users, tastes = store.read_embeddings("User", name)
    found = _best(users, tastes, parts, *_moments(vectors[1]))
    if not include_seen:
        seen = pa.array([row["id"] for row in rows(store, "viewers", video=video)], pa.string())
        found = found.filter(pc.invert(pc.is_in(found["user"], value_set=seen)))
    order = [("lift", "descending"), ("user", "ascending")]
    first = found.take(pc.select_k_unstable(found, min(k, len(found)), order))
    return Audience(video, run.id, label, _viewers(store, label, parts.ids, first))


@dataclass(frozen=True)
class _Parts:
    """What of the video is scored: ``ids`` string [n], in order, and ``vectors`` float32 [n, D]."""

    ids: pa.Array
    vectors: Floats


def _part_ids(store: GraphStore, label: str, video: str) -> list[str]:
    return ids(store, "within", label, video=video) if label in PARTS else [video]


def _parts(embeddings: tuple[pa.Array, Floats], wanted: list[str]) -> _Parts:
    keys, vectors = chosen(*embeddings, wanted)
    order = pc.sort_indices(keys)
    return _Parts(keys.take(order), vectors[order.to_numpy()])


def _moments(vectors: Floats) -> tuple[Doubles, Doubles]:
    """Return the mean, float64 [D], and the covariance, float64 [D, D], of float32 [n, D], n >= 1."""
    mean: Doubles = np.asarray(vectors.mean(0, np.float64))
    covariance = np.zeros((len(mean), len(mean)))
    for block in _blocks(len(vectors), len(mean)):
        centred = vectors[block] - mean
        covariance += centred.T @ centred
    return mean, covariance / len(vectors)


def _best(users: pa.Array, tastes: Floats, parts: _Parts, mean: Doubles, covariance: Doubles) -> pa.Table:
    """Return per user the ``score`` of the best part, its row as ``part``, and the ``lift`` of that score."""
    score, part = np.empty(len(tastes), np.float32), np.empty(len(tastes), np.int64)
    lift = np.zeros(len(tastes))
    spread = np.sqrt(np.trace(covariance))
    for block in _blocks(len(tastes), max(parts.vectors.shape)):
        here = tastes[block]
        scores = here @ parts.vectors.T
        part[block] = scores.argmax(1)
        score[block] = scores.max(1)
        taste = here.astype(np.float64)
        deviation = np.sqrt(np.maximum(((taste @ covariance) * taste).sum(1), 0))
        differs = deviation > SAME * spread * np.linalg.norm(taste, axis=1)
        above = score[block] - taste @ mean
        lift[block] = np.divide(above, deviation, out=np.zeros_like(above), where=differs)
    return pa.table({"user": users, "lift": lift, "score": score, "part": part})


def _blocks(count: int, width: int) -> Iterator[slice]:
    step = max(1, VALUES // width)
    return (slice(start, start + step) for start in range(0, count, step))


def _viewers(store: GraphStore, label: str, parts: pa.Array, found: pa.Table) -> list[Viewer]:
    if label not in PARTS:
        return [Viewer(row["user"], row["lift"], row["score"]) for row in found.to_pylist()]
    segments = parts.take(found["part"].combine_chunks()).to_pylist()
    told = {one.id: one for one in detailed(store, label, [Neighbour(key, 0) for key in set(segments)])}
    return [
        Viewer(row["user"], row["lift"], row["score"], key, told[key].start_s, told[key].end_s)
        for row, key in zip(found.to_pylist(), segments, strict=True)
    ]
