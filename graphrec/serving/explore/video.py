"""A video from all sides: its facts, segments, frames, comments and trailers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from graphrec.media.kept_descriptions import shots_of
from graphrec.serving.explore.named import named
from graphrec.serving.lookups import no_such, require, rows
from graphrec.serving.published import current_run
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


def scores(
    store: GraphStore, workspace: Workspace, user: str, node: str, *, model: str | None = None
) -> dict[str, float]:
    """Return the score of every segment of the video ``node`` for ``user``, by id.

    Nothing is returned where the video has no segments, no published run (of ``model``) has embeddings of segments, or
    it knows nothing of the user. Raises ``NotFoundError`` for an unknown user, video or model.
    """
    user, node = require(store, "User", user), require(store, "Item", node)
    here = parts(store, node)
    if not here or (model is not None and not _scores_segments(store, model)):
        return {}
    request = Request(user, max(1, len(here)), model=model, within=node, include_seen=True)
    ranking = recommend(store, workspace, request)
    if ranking.basis == "popularity":
        return {}
    return {item.id: item.score for item in ranking.items}


def _scores_segments(store: GraphStore, model: str) -> bool:
    run = current_run(store, model, describing=True)
    if run is None or not run.ranks():
        return False
    return run.label == "Segment" or store.has_embeddings("Segment", run.property)
