"""Predicted ratings of a run, as they were measured: on the scale, and with the means where its model cannot tell."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from graphrec.errors import ConfigError, NotFoundError
from graphrec.ragged import Ints
from graphrec.serving.published import check_mapped, current_runs
from graphrec.serving.ranked import Found, ListsWanted
from graphrec.store.base import GraphStore
from graphrec.store.nearest import best_each
from graphrec.tasks.cases import Floats, PairCases
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.graph.records import Mask
    from graphrec.serving.load_model import Loaded

RATING = "rating"
"""The task of runs that predict ratings."""
PAIRS = 1 << 17
"""So many ratings are predicted at a time: a model may look at two vectors for each."""


def rating_run(store: GraphStore, workspace: Workspace, model: str | None = None, run: str | None = None) -> Run:
    """Return the run that predicts ratings: ``run``, or of those published the last one, of ``model`` if that is named.

    Raises ``ConfigError`` for a run of another task, ``NotFoundError`` where there is none.
    """
    if run is not None:
        found = find_run(workspace, run)
        check_mapped(store, found)
        if found.manifest["task"]["name"] != RATING:
            raise ConfigError(f"run {found.id} predicts no ratings; `graphrec runs` lists the runs")
        return found
    for one in current_runs(store):
        # Of another run that is published the files may be on another machine.
        if model in (None, one.model, one.id) and predicts_ratings(workspace, one.id):
            found = find_run(workspace, one.id)
            check_mapped(store, found)
            return found
    of = f" of {model!r}" if model else ""
    raise NotFoundError(
        f"no published run{of} predicts ratings: `graphrec train --model {model or 'libfm'} --task {RATING}`, or name "
        "one that is not published with --run"
    )


def predicts_ratings(workspace: Workspace, run: str) -> bool:
    """Return whether a run predicts ratings, and its files are here."""
    with suppress(NotFoundError):
        return bool(find_run(workspace, run).manifest["task"]["name"] == RATING)
    return False


def scale_of(loaded: Loaded) -> tuple[float, float]:
    """Return the least and the greatest rating that the run knows of."""
    scale = loaded.split.test.scale
    assert scale is not None
    return float(scale[0]), float(scale[1])


def predicted(loaded: Loaded, users: Ints, items: Ints) -> tuple[Floats, Mask]:
    """Return what is predicted for pairs of positions, float64 [n], and where the model itself could tell, bool [n]."""
    cases = PairCases(users, items, np.full(len(users), np.nan), scale_of(loaded))
    return loaded.task.complete(loaded.pairs_now(users, items), cases, loaded.split.data)


def by_rating(workspace: Workspace, run: Run, wanted: ListsWanted) -> list[Found]:
    """Rank by predicted rating, for each user, what the model can tell a rating of; equal ones by id."""
    from graphrec.serving.load_model import kept_run

    loaded = kept_run(workspace, run)
    own = str(run.manifest["item_label"])
    if wanted.label != own:
        raise ConfigError(f"run {run.id} predicts ratings of {own} nodes, not of {wanted.label}")
    ids = loaded.snapshot.items
    users = loaded.snapshot.users.index(list(wanted.users))
    known = (users >= 0) & (loaded.split.data.by_user.lengths > 0)[users]
    found = [Found(None, f"nothing is known of {name} to the model: no rating in training") for name in wanted.users]
    left, step = np.flatnonzero(known), max(1, PAIRS // max(1, len(ids)))
    for start in range(0, len(left), step):
        some = left[start : start + step]
        ratings, told = predicted(loaded, users[some].repeat(len(ids)), np.tile(np.arange(len(ids)), len(some)))
        scores = np.where(told, ratings, np.nan).astype(np.float32).reshape(len(some), -1)
        of = wanted.of(some.tolist())
        lists = best_each(ids.values, scores, of.k, among=of.among, without=of.seen)
        for at, best in zip(some.tolist(), lists, strict=True):
            found[at] = Found(best)
    return found
