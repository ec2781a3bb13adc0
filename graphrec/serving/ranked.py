"""What ranks a label's nodes for a user: embeddings in the graph, or a run's own model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphrec.errors import ConfigError, NotFoundError
from graphrec.serving.published import PROPOSAL, PublishedRun
from graphrec.serving.since_training import Now, since_training
from graphrec.store.base import Floats, GraphStore, Neighbour
from graphrec.store.nearest import exact_nearest
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.serving.load_model import Loaded

PROPOSED = 10
"""So many times more than are asked for are proposed to a model that then scores them."""
ELSEWHERE = "ranked by embeddings that only propose: the files of the run whose model scores are not here"


@dataclass(frozen=True)
class ListWanted:
    """Which ``k`` nodes of ``label`` for ``user``: of those ``among``, if not None, without those ``seen``."""

    user: str
    k: int
    label: str
    among: Sequence[str] | None
    seen: Sequence[str]


@dataclass(frozen=True)
class Found:
    """The best, first, and what is to be said of how they were found.

    ``items`` is None where nothing is known of the user, and ``note`` says why.
    """

    items: list[Neighbour] | None
    note: str = ""


def by_published(store: GraphStore, workspace: Workspace, run: PublishedRun, wanted: ListWanted) -> Found:
    """Rank by what ``run`` has published.

    Who has another history now than in training is put in the space by that, where the run's files are here and its
    model can. Where embeddings only propose, the model scores what they propose.
    """
    _, vectors = store.read_embeddings("User", run.property, [wanted.user])
    vector: Floats | None = vectors[0] if len(vectors) else None
    note = ""
    now = since_training(store, workspace, run.id, wanted.user)
    if now is not None and now.lost:
        return _lost(wanted.user)
    if now is not None and len(now.history) and (now.changed or vector is None):
        placed = _placed(workspace, now)
        if placed is not None:
            vector, note = placed, _said(wanted.user, now)
        elif run.score == PROPOSAL and wanted.label == run.label:
            folded = _folded(workspace, now, wanted)
            return _unknown(wanted.user) if folded is None else folded
        elif vector is not None:
            note = f"the history of {wanted.user} has changed since training, and {run.model} cannot take that up"
    if vector is None:
        return _unknown(wanted.user)
    if run.score != PROPOSAL:
        found = store.nearest(
            wanted.label, run.property, vector, wanted.k, among=wanted.among, without=wanted.seen
        )
        return Found(found, note)
    most = wanted.k * PROPOSED
    proposed = store.nearest(
        wanted.label, run.property, vector, most, among=wanted.among, without=wanted.seen
    )
    return _scored(workspace, run, wanted, proposed)


def by_run(store: GraphStore, workspace: Workspace, run: Run, wanted: ListWanted) -> Found:
    """Rank by the model of ``run`` itself."""
    import torch

    from graphrec.models.base import Embeds, Scores
    from graphrec.models.known import known_users

    loaded = _loaded(workspace, run)
    if not isinstance(loaded.model, Scores):
        raise ConfigError(f"{run.model} scores nothing for users; it cannot recommend")
    user = loaded.snapshot.users.index([wanted.user])
    known = user[0] >= 0 and bool(loaded.split.data.by_user.lengths[user[0]])
    now = since_training(store, workspace, run.id, wanted.user)
    if now is not None and now.lost and isinstance(loaded.model, Embeds):
        return _lost(wanted.user)
    if now is not None and len(now.history) and (now.changed or not known):
        folded = _folded(workspace, now, wanted)
        if folded is not None:
            return folded
    if user[0] < 0:
        return _unknown(wanted.user)
    with torch.no_grad():
        scorer = loaded.model.scorer()
        # An embedding that no training record has touched is random; models without any rank for everybody.
        if isinstance(loaded.model, Embeds) and not known_users(loaded.split.data, scorer, user)[0]:
            return _unknown(wanted.user)
        scores = scorer.grid(torch.from_numpy(user)).numpy(force=True)[0]
    return Found(_best(loaded, scores, wanted))


def _placed(workspace: Workspace, now: Now) -> Floats | None:
    """Return the user's vector by what the user has now, float32 [D], where the model has such."""
    from graphrec.models.base import FoldsIntoSpace

    model = _loaded(workspace, now.run).model
    if not isinstance(model, FoldsIntoSpace):
        return None
    vector = model.user_vector(now.history, now.user)
    return None if vector is None else vector.numpy(force=True)


def _folded(workspace: Workspace, now: Now, wanted: ListWanted) -> Found | None:
    """Rank by the model's scores of what the user has now, where it has such."""
    from graphrec.models.base import FoldsIn

    loaded = _loaded(workspace, now.run)
    if not isinstance(loaded.model, FoldsIn):
        return None
    scores = loaded.model.user_scores(now.history, now.user)
    if scores is None:
        return None
    return Found(_best(loaded, scores.numpy(force=True), wanted), _said(wanted.user, now))


def _scored(
    workspace: Workspace, run: PublishedRun, wanted: ListWanted, proposed: list[Neighbour]
) -> Found:
    """Return the best of what is ``proposed`` by the model's own scores; as proposed where it is not here."""
    import torch

    try:
        loaded = _loaded(workspace, find_run(workspace, run.id))
    except NotFoundError:
        return Found(proposed[: wanted.k], ELSEWHERE)
    model: Any = loaded.model
    user = torch.from_numpy(loaded.snapshot.users.index([wanted.user]))
    items = torch.from_numpy(loaded.snapshot.items.index([one.id for one in proposed]))
    known = [one for one, at in zip(proposed, items.tolist(), strict=True) if at >= 0]
    items = items[items >= 0]
    with torch.no_grad():
        scores = model.scorer().pairs(user.expand(len(items)), items).tolist()
    again = [Neighbour(one.id, score) for one, score in zip(known, scores, strict=True)]
    return Found(sorted(again, key=lambda one: -one.score)[: wanted.k])


def _best(loaded: Loaded, scores: Floats, wanted: ListWanted) -> list[Neighbour]:
    from graphrec.models.base import Embeds
    from graphrec.models.known import placed_items

    told = np.isfinite(scores)
    if isinstance(loaded.model, Embeds):
        # As embeddings in the graph have it: an item without a place there is not recommended.
        told &= placed_items(loaded.split.data)
    # One column per item turns the search over scores into a search over vectors of length 1.
    return exact_nearest(
        loaded.snapshot.items.values.filter(told) if not told.all() else loaded.snapshot.items.values,
        scores[told, None].astype(np.float32),
        np.ones(1, np.float32),
        wanted.k,
        among=wanted.among,
        without=wanted.seen,
        metric="dot",
    )


def _loaded(workspace: Workspace, run: Run) -> Loaded:
    # Here, not above: whoever is ranked by embeddings in the graph needs no torch, which takes seconds.
    from graphrec.serving.load_model import kept_run

    return kept_run(workspace, run)


def _unknown(user: str) -> Found:
    return Found(None, f"nothing is known of {user} to the model: no training record")


def _lost(user: str) -> Found:
    return Found(None, f"nothing is left of what {user} had chosen when the model was trained")


def _said(user: str, now: Now) -> str:
    placed = f"placed by the {len(now.history)} records of now"
    if now.user is None:
        return f"{user} came after training: {placed}"
    if now.changed:
        return f"the history of {user} has changed since training: {placed}"
    return f"no record of {user} was in the training part: {placed}"
