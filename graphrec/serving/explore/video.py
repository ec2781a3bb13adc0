"""A video from all sides: its facts, segments, frames, comments and trailers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from graphrec.media.kept_descriptions import shots_of
from graphrec.serving.explore.named import named
from graphrec.serving.explore.spaces import ranking_runs
from graphrec.serving.lookups import ids, no_such, require, rows
from graphrec.serving.published import current_run, for_label
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace

COMMENTS = 50_000
"""So many comments on one video are looked at."""


@dataclass(frozen=True)
class Video:
    """The facts of an item; what nobody knows is None. Its duration is in seconds, its size in pixels."""

    id: str
    kind: str | None
    title: str | None
    year: int | None
    duration_s: float | None
    uri: str | None
    digest: str | None
    thumbnail: str | None
    fps: float | None
    width: int | None
    height: int | None
    audio: bool | None
    uploader: str | None
    imdb_id: str | None
    tmdb_id: str | None
    genres: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.title or self.id


@dataclass(frozen=True)
class VideoPart:
    """A segment, its times in seconds, and how many ``users`` highlighted it."""

    id: str
    start_s: float | None
    end_s: float | None
    users: int


@dataclass(frozen=True)
class Shot:
    """What was taken without a cut, its times in seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Still:
    """A key frame, its second, and its picture, a file below the workspace."""

    id: str
    time_s: float | None
    uri: str | None


@dataclass(frozen=True)
class Remark:
    """A comment: who wrote it, at which second of the video, when (epoch milliseconds), and how friendly it is."""

    id: str
    user: str | None
    time_s: float | None
    posted_at: int | None
    polarity: float | None
    text: str | None


@dataclass(frozen=True)
class Trailer:
    """A trailer; ``uri`` is where its file is."""

    id: str
    uri: str | None
    duration_s: float | None
    views: int | None
    likes: int | None
    dislikes: int | None


def video(store: GraphStore, node: str) -> Video:
    """Return the facts of the item ``node``; raises ``NotFoundError`` for an unknown one."""
    found = rows(store, "video", id=node)
    if not found:
        raise no_such(store, "Item", node)
    genres = tuple(sorted(found[0].pop("genres")))
    return Video(genres=genres, **found[0])


def parts(store: GraphStore, node: str) -> list[VideoPart]:
    """Return the segments of a video by their start."""
    return [VideoPart(**row) for row in rows(store, "video_parts", video=node)]


def shots(workspace: Workspace, of: Video) -> list[Shot]:
    """Return the shots of a video by their start, as found in its file; none where nobody has looked for them."""
    bounds = shots_of(workspace.media, of.digest) if of.digest else None
    return [] if bounds is None else [Shot(*pair) for pair in pairwise(bounds.tolist())]


def stills(store: GraphStore, node: str, limit: int = 2000) -> list[Still]:
    """Return the first ``limit`` key frames of a video and of its segments by their second."""
    return [Still(**row) for row in rows(store, "video_frames", video=node, limit=limit)]


def trailer_stills(store: GraphStore, trailer: str, limit: int = 2000) -> list[Still]:
    """Return the first ``limit`` frames of a trailer by their second."""
    return [Still(**row) for row in rows(store, "trailer_frames", trailer=trailer, limit=limit)]


def remarks(store: GraphStore, node: str, limit: int = COMMENTS) -> list[Remark]:
    """Return the first ``limit`` comments on a video, its segments and its frames by their second."""
    return [Remark(**row) for row in named(store, "comments_of_video", video=node, limit=limit)]


def trailers(store: GraphStore, node: str) -> list[Trailer]:
    """Return the trailers of a video by id."""
    return [Trailer(**row) for row in rows(store, "video_trailers", video=node)]


def until_next(found: Sequence[Still], end_s: float) -> list[VideoPart]:
    """Return each of the key frames ``found`` that has a second before ``end_s``, as a part that lasts until the next.

    The last one lasts until ``end_s``; of frames at the same second the last counts. Nobody highlights frames.
    """
    timed = sorted((one.time_s, one.id) for one in found if one.time_s is not None and 0 <= one.time_s < end_s)
    ends = [*(start for start, _ in timed[1:]), end_s]
    return [
        VideoPart(frame, start, end, 0) for (start, frame), end in zip(timed, ends, strict=True) if end > start
    ]


def scored_label(store: GraphStore, node: str, model: str | None = None) -> str | None:
    """Return of which parts of the video ``node`` a published run (of ``model``) has scores: Segment, else Frame.

    None where the video has no such parts, frames without a second are none, or no such run ranks for users.
    """
    if parts(store, node) and _ranked(store, "Segment", model):
        return "Segment"
    timed = any(still.time_s is not None for still in stills(store, node))
    return "Frame" if timed and _ranked(store, "Frame", model) else None


def scores(
    store: GraphStore, workspace: Workspace, user: str, node: str, label: str, *, model: str | None = None
) -> dict[str, float]:
    """Return the score of every ``label`` node, Segment or Frame, of the video ``node`` for ``user``, by id.

    Nothing is returned where the video has no such parts, no published run (of ``model``) has embeddings of them, or
    it knows nothing of the user. Raises ``NotFoundError`` for an unknown user or video.
    """
    user, node = require(store, "User", user), require(store, "Item", node)
    here = ids(store, "within", label, video=node)
    if not here or not _ranked(store, label, model):
        return {}
    request = Request(user, len(here), model=model, within=node, label=label, include_seen=True)
    ranking = recommend(store, workspace, request)
    if ranking.basis == "popularity":
        return {}
    return {item.id: item.score for item in ranking.items}


def likely(
    store: GraphStore,
    workspace: Workspace,
    user: str,
    label: str,
    nodes: Sequence[str],
    k: int,
    *,
    model: str | None = None,
) -> dict[str, list[str]]:
    """Return the ``k`` words that ``user`` would most likely write on each of the ``label`` ``nodes``, by id.

    What the run (of ``model``) that ranks such nodes has no words for is left out.
    """
    # Here, not above: models need torch, which takes seconds.
    from graphrec.serving.likely_words import likely_words

    run = current_run(store, model, label)
    if run is None:
        return {}
    _, users = store.read_embeddings("User", run.property, [user])
    keys, vectors = store.read_embeddings(label, run.property, nodes)
    found = {
        key: likely_words(workspace, run.id, users[0], vector, k)
        for key, vector in zip(keys.to_pylist() if len(users) else [], vectors, strict=False)
    }
    return {key: words for key, words in found.items() if words}


def _ranked(store: GraphStore, label: str, model: str | None) -> bool:
    """Return whether a run (of ``model``) that ranks for users has embeddings of ``label`` nodes."""
    runs = [run for run in ranking_runs(store) if model in (None, run.model, run.id)]
    return any(for_label(store, run, label) is not None for run in runs)
