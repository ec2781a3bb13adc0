"""Ranked lists for a user, from published embeddings, from a run, or from popularity where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphrec.errors import ConfigError, NotFoundError
from graphrec.serving.lookups import ids, require, rows
from graphrec.store.base import GraphStore, Neighbour
from graphrec.store.nearest import exact_nearest
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Recommendation:
    """One place of a ranked list; video and times are None for what is no segment."""

    id: str
    score: float
    title: str | None = None
    video: str | None = None
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True)
class Ranking:
    """What ``recommend`` answers.

    Attributes:
        user: for whom.
        label: what is recommended.
        basis: the run whose model scored, or ``"popularity"``.
        note: why it is only popularity, where it is.
        items: best first.
    """

    user: str
    label: str
    basis: str
    note: str = ""
    items: list[Recommendation] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        user: id of the user.
        k: how many.
        model: whose published embeddings; None for those published last.
        run: a run to score with instead, published or not.
        within: a video whose segments alone are ranked.
        label: Item or Segment; None for what the run recommends.
        include_seen: also what the user has interacted with.
        new_only: only items that nobody has interacted with, for segments only those of videos nobody has.
    """

    user: str
    k: int = 10
    model: str | None = None
    run: str | None = None
    within: str | None = None
    label: str | None = None
    include_seen: bool = False
    new_only: bool = False


def recommend(store: GraphStore, workspace: Workspace, request: Request) -> Ranking:
    """Rank items for a user; a user the model knows nothing of gets what is popular, and is told so.

    Raises ``NotFoundError`` for an unknown user, video, run or model.
    """
    if request.k < 1:
        raise ConfigError(f"k must be at least 1, not {request.k}")
    require(store, "User", request.user)
    run, model, label = _source(store, workspace, request)
    among = _among(store, label, request)
    seen = [] if request.include_seen else ids(store, "seen", label, user=request.user)
    found: list[Neighbour] | None = None
    if run and request.run:
        found = _by_run(workspace, run, request, among, seen)
    elif run:
        found = _by_embedding(store, model, label, request, among, seen)
    if found is not None:
        return Ranking(request.user, label, run, "", detailed(store, label, found))
    note = (
        f"nothing is known of {request.user} to the model: no training record"
        if run
        else f"no run for {label} is published: `graphrec train --model transgrec`"
    )
    popular = _popular(store, label, request.k, among, seen)
    return Ranking(request.user, label, "popularity", note, detailed(store, label, popular))


def current_runs(store: GraphStore) -> list[dict[str, Any]]:
    """Return the ``Run`` nodes whose embeddings no later run has replaced, the last published first."""
    newest: dict[str, dict[str, Any]] = {}
    for run in rows(store, "published"):
        newest.setdefault(run["property"], run)
    return list(newest.values())


def current_run(
    store: GraphStore, model: str | None = None, label: str | None = None
) -> dict[str, Any] | None:
    """Return the ``Run`` node published last, of those whose embeddings no later one has replaced, or None.

    Args:
        store: the graph.
        model: only runs of this model; raises ``NotFoundError`` when there is none.
        label: only runs that recommend this label.
    """
    found = [
        run for run in current_runs(store) if model in (None, run["model"]) and label in (None, run["label"])
    ]
    if model and not found:
        of_label = f" for {label}" if label else ""
        raise NotFoundError(f"no run of {model!r}{of_label} is published; `graphrec runs` lists the runs")
    return found[0] if found else None


def require_published(store: GraphStore, run: Run) -> None:
    """Raise ``ConfigError`` unless the embeddings in the graph that are named after ``run``'s model are its own."""
    published = [node["id"] for node in rows(store, "published") if node["model"] == run.model]
    if published[:1] != [run.id]:
        raise ConfigError(
            f"the embeddings that the graph holds of {run.model} are not those of {run.id}; "
            f"`graphrec publish {run.id}` first"
        )


def _source(store: GraphStore, workspace: Workspace, request: Request) -> tuple[str, str, str]:
    """Return run id ('' for none), model and label."""
    if request.run is not None:
        run = find_run(workspace, request.run)
        label = str(run.manifest["item_label"])
        if request.label not in (None, label):
            raise ConfigError(f"run {run.id} recommends {label} nodes, not {request.label}; drop --label")
        return run.id, run.model, label
    wanted = request.label or ("Segment" if request.within else None)
    node = current_run(store, request.model, wanted)
    if node is None:
        return "", "", wanted or ("Segment" if store.counts()["HIGHLIGHTED"] else "Item")
    return node["id"], node["property"], node["label"]


def _among(store: GraphStore, label: str, request: Request) -> list[str] | None:
    among: list[str] | None = None
    if request.within is not None:
        if label != "Segment":
            raise ConfigError(f"--within ranks the segments of a video, not {label} nodes")
        require(store, "Item", request.within)
        among = ids(store, "within", "Segment", video=request.within)
    if request.new_only:
        fresh = ids(store, "new", label)
        among = fresh if among is None else sorted(set(among) & set(fresh))
    return among


def _by_embedding(
    store: GraphStore,
    name: str,
    label: str,
    request: Request,
    among: Sequence[str] | None,
    seen: Sequence[str],
) -> list[Neighbour] | None:
    _, vectors = store.read_embeddings("User", name, [request.user])
    if not len(vectors):
        return None
    return store.nearest(label, name, vectors[0], request.k, among=among, without=seen)


def _by_run(
    workspace: Workspace, run: str, request: Request, among: Sequence[str] | None, seen: Sequence[str]
) -> list[Neighbour] | None:
    import torch

    from graphrec.serving.load_model import load_run

    loaded = load_run(workspace, find_run(workspace, run))
    user = loaded.snapshot.users.index([request.user])
    if user[0] < 0:
        return None
    with torch.inference_mode():
        # An embedding that no training record has touched is random; models without any rank for everybody.
        if not loaded.split.data.by_user.lengths[user[0]] and loaded.model.embeddings() is not None:
            return None
        scores = loaded.model.scorer().score(torch.from_numpy(user)).numpy(force=True)[0]
    # One column per item turns the search over scores into a search over vectors of length 1.
    return exact_nearest(
        loaded.snapshot.items.values,
        scores[:, None].astype(np.float32),
        np.ones(1, np.float32),
        request.k,
        among=among,
        without=seen,
        metric="dot",
    )


def _popular(
    store: GraphStore, label: str, k: int, among: Sequence[str] | None, seen: Sequence[str]
) -> list[Neighbour]:
    left_out, allowed = set(seen), None if among is None else set(among)
    wanted = k + len(left_out) if allowed is None else store.counts()[label]
    found = [
        Neighbour(row["id"], float(row["score"]))
        for row in rows(store, "popular", label, limit=wanted)
        if row["id"] not in left_out and (allowed is None or row["id"] in allowed)
    ]
    if allowed is not None and len(found) < k:
        rest = sorted(allowed - left_out - {n.id for n in found})
        found += [Neighbour(node, 0.0) for node in rest]
    return found[:k]


def detailed(store: GraphStore, label: str, found: Sequence[Neighbour]) -> list[Recommendation]:
    """Return ``found`` with titles, videos and times, for labels that have them."""
    if not found:
        return []
    details = {row.pop("id"): row for row in rows(store, "details", label, ids=[n.id for n in found])}
    return [Recommendation(n.id, n.score, **details.get(n.id, {})) for n in found]
