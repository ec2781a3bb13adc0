"""Ranked lists for a user, from published embeddings, from a run, or from popularity where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import ConfigError, NotFoundError
from graphrec.keys import Id
from graphrec.serving.best import Best
from graphrec.serving.chosen import USUAL, chosen_by
from graphrec.serving.histories import seen as seen_by
from graphrec.serving.key_frames import FRAME, KeyFrame, frame_run, key_frames, only_frames
from graphrec.serving.lookups import PARTS, check_label, ids, require, rows
from graphrec.serving.popularity import new, popular
from graphrec.serving.published import (
    PublishedRun,
    check_mapped,
    current_run,
    current_runs,
    for_label,
    placing,
    published_run,
)
from graphrec.serving.ranked import Found, ListsWanted, by_published, by_run
from graphrec.serving.ratings import by_rating, rating_run
from graphrec.serving.two_stage import CANDIDATES, ranked_again, ranking_run
from graphrec.serving.varied import varied
from graphrec.serving.variety import AS_SCORED, Variety
from graphrec.store.base import GraphStore, Neighbour
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Recommendation:
    """One place of a ranked list: a segment with its video and times, a frame with its time as ``start_s``.

    ``frame`` is the item's frame for this user, where it was asked for.
    What a label does not have is None, and so is what the graph does not know.
    """

    id: str
    score: float
    title: str | None = None
    video: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    frame: KeyFrame | None = None


@dataclass(frozen=True)
class Recommendations:
    """What ``recommend`` answers.

    Attributes:
        user: for whom.
        label: what is recommended.
        basis: the run whose model scored, or ``"popularity"``.
        note: why it is only popularity, where it is; or what else is to be said of how it came about.
        items: best first.
        rated: whether the scores are predicted ratings.
        variety: what the order keeps to beside the scores; None for these alone.
    """

    user: str
    label: str
    basis: str
    note: str = ""
    items: list[Recommendation] = field(default_factory=list)
    rated: bool = False
    variety: Variety | None = None


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        user: id of the user, a text or a whole number.
        k: how many.
        model: whose published embeddings, by the model's name or the run's id; None for those published last.
        run: a run to score with instead, published or not.
        within: a video whose segments alone, or frames, are ranked.
        label: Item, Segment or Frame; None for what the run recommends. A run answers for another label than its own
            where ``embed`` has placed nodes of it.
        include_seen: also what the user has interacted with.
        with_frame: also the frame of each item that is to be shown to this user.
        rated: rank by the rating that a run predicts, and give it as the score.
        rank_by: a run that ranks again what was found, such as one of a model of clicks; its score is given.
        new_only: only items that nobody has interacted with, for segments and frames only those of videos nobody has.
        variety: what the list has to keep to beside the scores.

    Raises ``ConfigError`` where what ranks again would not give the score.
    """

    user: Id
    k: int = 10
    model: str | None = None
    run: str | None = None
    within: Id | None = None
    label: str | None = None
    include_seen: bool = False
    new_only: bool = False
    with_frame: bool = False
    rated: bool = False
    rank_by: str | None = None
    variety: Variety = AS_SCORED

    def __post_init__(self) -> None:
        if self.rank_by is not None and (self.rated or self.with_frame):
            raise ConfigError("what ranks again gives the score: leave out --rated and --with-frame beside --rank-by")


def recommend(store: GraphStore, workspace: Workspace, request: Request) -> Recommendations:
    """Rank items for a user; a user the model knows nothing of gets what is popular, and is told so.

    Raises ``NotFoundError`` for an unknown user, video, run or model, or a label of which no published run has
    embeddings, ``ConfigError`` for a run that cannot answer for the label.
    """
    if request.with_frame and request.label in (None, "Item"):
        frames = only_frames(store, request.run or request.model)
        if frames is not None and request.variety:
            raise ConfigError(f"{frames.id} ranks frames, and items by their best: these lists do not vary by a rule")
        if frames is not None:
            return _by_best_frame(store, workspace, frames, request)
        if request.run is None and request.model is None:
            # What was published last may rank frames alone.
            last = current_run(store)
            request = replace(request, label="Item") if last is not None and last.label == FRAME else request
    source = source_of(store, workspace, request)
    (found,) = served(store, workspace, request, source, [require(store, "User", request.user)])
    items = detailed(store, source.label, found.items)
    rated = source.rated and found.basis != "popularity"
    ranking = Recommendations(
        found.user, source.label, found.basis, found.note, items, rated, request.variety or None
    )
    return with_frames(store, workspace, ranking) if request.with_frame else ranking


def served(
    store: GraphStore, workspace: Workspace, request: Request, source: Source, users: Sequence[str]
) -> list[Best]:
    """Rank items for each of ``users``, again by another run and varied where ``request`` says so."""
    if request.rank_by is None and not request.variety:
        return best_for_each(store, workspace, request, source, users)
    run = None if request.rank_by is None else ranking_run(store, workspace, request.rank_by, source.label)
    found = best_for_each(store, workspace, replace(request, k=max(request.k, CANDIDATES)), source, users)
    if run is not None:
        found = ranked_again(workspace, run, found)
    if request.variety:
        by = source.published or source.run
        return varied(store, workspace, request.variety, source.label, by, found, request.k)
    return [replace(one, items=one.items[: request.k]) for one in found]


def _by_best_frame(
    store: GraphStore, workspace: Workspace, run: PublishedRun, request: Request
) -> Recommendations:
    """Rank items by the frame of each that ``run`` ranks highest for the user; items without frames are left out."""
    _check_k(request)
    user = require(store, "User", request.user)
    seen = [] if request.include_seen else seen_by(store, "Item", [user])[0]
    among = _among(store, "Item", request)
    every = store.read_nodes("Item")["id"].to_pylist() if among is None else among
    frames = key_frames(store, workspace, run, user, sorted({*every} - {*seen}))
    if frames is None:
        (usual,) = _popular_for(store, workspace, None, ListsWanted([user], request.k, "Item", among, [seen]))
        note = f"{run.id} knows nothing of {user}"
        return Recommendations(user, "Item", "popularity", note, detailed(store, "Item", usual))
    if request.new_only:
        # Of a video whose frames somebody has commented on, these are not new.
        fresh = {*new(store, FRAME)}
        frames = {item: frame for item, frame in frames.items() if frame.id in fresh}
    best = sorted((-frame.score, item) for item, frame in frames.items())[: request.k]
    items = detailed(store, "Item", [Neighbour(item, -score) for score, item in best])
    shown = [replace(one, frame=frames[one.id]) for one in items]
    return Recommendations(user, "Item", run.id, f"{run.id} ranks frames: each item by its best", shown)


def with_frames(store: GraphStore, workspace: Workspace, ranking: Recommendations) -> Recommendations:
    """Return ``ranking`` with each item's frame for its user.

    Raises ``ConfigError`` for what is no list of items, ``NotFoundError`` where no published run knows frames.
    """
    if ranking.label != "Item":
        raise ConfigError(f"--with-frame shows a frame of each item, and these are {ranking.label} nodes; --label Item")
    run = frame_run(store, ranking.basis)
    found = key_frames(store, workspace, run, ranking.user, [one.id for one in ranking.items])
    said = f"frames as {run.id} ranks them" if run.id != ranking.basis else ""
    if found is None:
        said = f"no frames are chosen: {run.id} knows nothing of {ranking.user}"
    items = [replace(one, frame=(found or {}).get(one.id)) for one in ranking.items]
    return replace(ranking, items=items, note="; ".join(filter(None, [ranking.note, said])))


def best_for_each(
    store: GraphStore, workspace: Workspace, request: Request, source: Source, users: Sequence[str]
) -> list[Best]:
    """Rank items for each of ``users``, ids as the graph has them, by ``source``; raises what ``recommend`` raises.

    What one gets does not depend on the others.
    """
    label = source.label
    seen = [[] for _ in users] if request.include_seen else seen_by(store, label, users)
    wanted = ListsWanted(users, request.k, label, _among(store, label, request), seen)
    run = source.published or source.run
    found = [Found(None, f"no run for {label} is published: `graphrec train --model transgrec`")] * len(users)
    if source.rated and source.run is not None:
        found = by_rating(workspace, source.run, wanted)
    elif source.published is not None:
        found = by_published(store, workspace, source.published, wanted)
    elif source.run is not None:
        found = by_run(store, workspace, source.run, wanted)
    unknown = [at for at, one in enumerate(found) if one.items is None]
    popular = dict(zip(unknown, _popular_for(store, workspace, run, wanted.of(unknown)), strict=True))
    return [
        Best(user, "popularity", one.note, popular[at])
        if one.items is None or run is None
        else Best(user, run.id, one.note, one.items)
        for at, (user, one) in enumerate(zip(users, found, strict=True))
    ]


@dataclass(frozen=True)
class Source:
    """What ranks ``label`` nodes: embeddings in the graph, or a run that scores itself, or nothing.

    With ``rated`` the run predicts ratings, and ranks by these.
    """

    label: str
    published: PublishedRun | None = None
    run: Run | None = None
    rated: bool = False


def source_of(store: GraphStore, workspace: Workspace, request: Request) -> Source:
    """Return what answers ``request``, whoever the user is; raises what ``recommend`` raises."""
    _check_k(request)
    if request.label is not None:
        check_label(request.label)
    if request.rated:
        run = rating_run(store, workspace, request.model, request.run)
        return Source(request.label or str(run.manifest["item_label"]), run=run, rated=True)
    if request.run is not None:
        run = find_run(workspace, request.run)
        check_mapped(store, run)
        label = str(run.manifest["item_label"])
        if request.label in (None, label):
            return Source(label, run=run)
        return Source(request.label, published=_placed_by(store, run, label, request.label))
    wanted = request.label or ("Segment" if request.within else None)
    published = current_run(store, request.model, wanted)
    if published is not None:
        return Source(wanted or published.label, published)
    if request.label is not None and (runs := current_runs(store)):
        raise NotFoundError(
            f"no published run has embeddings of {request.label} nodes; "
            f"{placing(runs[0], '`graphrec embed` places those that have features')}, or drop --label"
        )
    return Source(wanted or ("Segment" if store.counts()["HIGHLIGHTED"] else "Item"))


def _check_k(request: Request) -> None:
    if request.k < 1:
        raise ConfigError(f"k must be at least 1, not {request.k}")


def _placed_by(store: GraphStore, run: Run, own: str, label: str) -> PublishedRun:
    """Return ``run``, which recommends ``own`` nodes, as published; it must have embedded ``label`` nodes too."""
    found = published_run(store, run.id)
    placed = None if found is None else for_label(store, found, label)
    if placed is not None:
        return placed
    raise ConfigError(
        f"run {run.id} recommends {own} nodes, not {label}; drop --label, or publish the run and place what has "
        f"features: `graphrec embed --run {run.id}`"
    )


def _among(store: GraphStore, label: str, request: Request) -> list[str] | None:
    among: list[str] | None = None
    if request.within is not None:
        if label not in PARTS:
            raise ConfigError(f"--within ranks the segments or frames of a video, not {label} nodes")
        among = ids(store, "within", label, video=require(store, "Item", request.within))
    if request.new_only:
        fresh = new(store, label)
        among = fresh if among is None else sorted(set(among) & set(fresh))
    return among


def _popular_for(
    store: GraphStore, workspace: Workspace, run: PublishedRun | Run | None, wanted: ListsWanted
) -> list[list[Neighbour]]:
    """Return what is popular for each user; of a run, as it is measured: by the records that it was trained on."""
    if not wanted.users:
        return []
    chosen = USUAL if run is None else chosen_by(store.properties, workspace, run.id, own_only=True)
    best, among = popular(store, wanted.label, chosen), wanted.among
    if among is not None:
        best = best.filter(pc.is_in(best["id"], value_set=pa.array(among, pa.string())))
    first = best.slice(0, wanted.k + max(map(len, wanted.seen))).to_pylist()
    listed = [Neighbour(row["id"], float(row["score"])) for row in first]
    if among is not None:
        listed += [Neighbour(node, 0.0) for node in sorted({*among} - {*best["id"].to_pylist()})]
    seen = map(frozenset, wanted.seen)
    return [list(islice((one for one in listed if one.id not in had), wanted.k)) for had in seen]


def detailed(store: GraphStore, label: str, found: Sequence[Neighbour]) -> list[Recommendation]:
    """Return ``found`` with titles, videos and times, for labels that have them."""
    if not found:
        return []
    details = {row.pop("id"): row for row in rows(store, "details", label, ids=[n.id for n in found])}
    return [Recommendation(n.id, n.score, **details.get(n.id, {})) for n in found]
