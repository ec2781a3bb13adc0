"""What ranks a label's nodes for a user: embeddings in the graph, or a run's own model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from graphrec.errors import ConfigError, NotFoundError
from graphrec.graph.records import Mask
from graphrec.ragged import Ints
from graphrec.serving.published import PROPOSAL, PublishedRun, in_first_space
from graphrec.serving.since_training import Now, since_training, without_snapshot
from graphrec.store.base import Floats, GraphStore, Neighbour
from graphrec.store.nearest import SCORES, best_each, exact_nearest_each
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.models.base import ScoresVectors
    from graphrec.serving.load_model import Loaded

PROPOSED = 10
"""So many times more than are asked for are proposed to a model that then scores them."""
ELSEWHERE = "ranked by embeddings that only propose: the files of the run whose model scores are not here"


@dataclass(frozen=True)
class ListsWanted:
    """Which ``k`` nodes of ``label`` for each of ``users``: of those ``among``, if not None, without those ``seen``."""

    users: Sequence[str]
    k: int
    label: str
    among: Sequence[str] | None
    seen: Sequence[Sequence[str]]

    def of(self, at: Sequence[int]) -> ListsWanted:
        """Return the same for the users at ``at``."""
        return replace(self, users=[self.users[n] for n in at], seen=[self.seen[n] for n in at])


@dataclass(frozen=True)
class Found:
    """The best, first, and what is to be said of how they were found.

    ``items`` is None where nothing is known of the user, and ``note`` says why.
    """

    items: list[Neighbour] | None
    note: str = ""


def by_published(
    store: GraphStore, workspace: Workspace, run: PublishedRun, wanted: ListsWanted
) -> list[Found]:
    """Rank by what ``run`` has published, for each user.

    Who has another history now than in training is put in the space by that, where the run's files are here and its
    model can. Where embeddings only propose, the model scores what they propose.
    """
    ids, vectors = store.read_embeddings("User", run.property, wanted.users)
    place = {user: vectors[row] for row, user in enumerate(ids.to_pylist())}
    found_now = since_training(store, workspace, run.id, wanted.users)
    gone = found_now is None and without_snapshot(workspace, run.id)
    now = found_now or {}
    told: dict[int, Found] = {}
    placed: dict[int, tuple[Floats, str]] = {}
    for at, user in enumerate(wanted.users):
        found = _vector(workspace, run, wanted.of([at]), place.get(user), now.get(user), gone=gone)
        if isinstance(found, Found):
            told[at] = found
        else:
            placed[at] = found
    if placed:
        lists = _nearest(store, workspace, run, wanted.of([*placed]), np.stack([one for one, _ in placed.values()]))
        told |= {at: replace(found, note=found.note or placed[at][1]) for at, found in zip(placed, lists, strict=True)}
    return [told[at] for at in range(len(wanted.users))]


def by_run(store: GraphStore, workspace: Workspace, run: Run, wanted: ListsWanted) -> list[Found]:
    """Rank by the model of ``run`` itself, for each user."""
    from graphrec.models.base import Embeds, Scores
    from graphrec.models.known import known_users

    loaded = _loaded(workspace, run)
    if not isinstance(loaded.model, Scores):
        raise ConfigError(f"{run.model} scores nothing for users; it cannot recommend")
    now = since_training(store, workspace, run.id, wanted.users) or {}
    positions = loaded.snapshot.users.index(list(wanted.users))
    told: dict[int, Found] = {}
    for at, (user, position) in enumerate(zip(wanted.users, positions, strict=True)):
        one = now.get(user)
        known = position >= 0 and bool(loaded.split.data.by_user.lengths[position])
        if one is not None and one.lost and isinstance(loaded.model, Embeds):
            told[at] = _lost(user)
        elif one is not None and len(one.history) and (one.changed or not known):
            folded = _folded(workspace, one, wanted.of([at]))
            if folded is not None:
                told[at] = folded
        if at not in told and position < 0:
            told[at] = _unknown(user)
    left = np.array([at for at in range(len(wanted.users)) if at not in told], np.int64)
    # An embedding that no training record has touched is random; models without any rank for everybody.
    if len(left) and isinstance(loaded.model, Embeds):
        known = known_users(loaded.split.data, loaded.scorer, positions[left])
        told |= {int(at): _unknown(wanted.users[at]) for at in left[~known]}
        left = left[known]
    lists = _by_scorer(loaded, positions[left], wanted.of(left.tolist()))
    told |= {int(at): Found(best) for at, best in zip(left, lists, strict=True)}
    return [told[at] for at in range(len(wanted.users))]


def _vector(
    workspace: Workspace,
    run: PublishedRun,
    wanted: ListsWanted,
    vector: Floats | None,
    now: Now | None,
    *,
    gone: bool,
) -> tuple[Floats, str] | Found:
    """Return where the one user of ``wanted`` is, and what is to be said of it; or what is found without that."""
    (user,) = wanted.users
    note = _gone(run.id, user) if gone else ""
    if now is not None and now.lost:
        return _lost(user)
    if now is not None and len(now.history) and (now.changed or vector is None):
        placed = _placed(workspace, now) if in_first_space(run) else None
        if placed is not None:
            vector, note = placed, _said(user, now)
        elif run.score == PROPOSAL and wanted.label == run.label:
            folded = _folded(workspace, now, wanted)
            return _unknown(user) if folded is None else folded
        elif vector is not None:
            note = f"the history of {user} has changed since training, and {run.model} cannot take that up"
    if vector is None:
        return Found(None, note) if gone else _unknown(user)
    return vector, note


def _nearest(
    store: GraphStore, workspace: Workspace, run: PublishedRun, wanted: ListsWanted, vectors: Floats
) -> list[Found]:
    """Return what lies nearest to each of ``vectors``, float32 [users, D], by embeddings in the graph."""
    k = wanted.k * PROPOSED if run.score == PROPOSAL else wanted.k
    if len(vectors) == 1:
        # A server may have an index to ask.
        found = [
            store.nearest(
                wanted.label, run.property, vectors[0], k, among=wanted.among, without=wanted.seen[0]
            )
        ]
    else:
        ids, of_label = store.read_embeddings(wanted.label, run.property)
        if not len(ids):
            return [Found([]) for _ in vectors]
        found = exact_nearest_each(
            ids, of_label, vectors, k, among=wanted.among, without=wanted.seen, metric="dot"
        )
    if run.score != PROPOSAL:
        return [Found(one) for one in found]
    return _scored(store, workspace, run, wanted, vectors, found)


def _placed(workspace: Workspace, now: Now) -> Floats | None:
    """Return the user's vector by what the user has now, float32 [D], where the model has such and ranks by it."""
    from graphrec.models.answers import user_vector_of
    from graphrec.models.base import FoldsIntoSpace, Proposes, ScoresVectors

    model = _loaded(workspace, now.run).model
    ranks = isinstance(model, ScoresVectors) or not isinstance(model, Proposes)
    if not isinstance(model, FoldsIntoSpace) or not ranks:
        return None
    vector = user_vector_of(model, now.history, now.user)
    return None if vector is None else vector.numpy(force=True)


def _folded(workspace: Workspace, now: Now, wanted: ListsWanted) -> Found | None:
    """Rank by the model's scores of what the one user of ``wanted`` has now, where it has such."""
    from graphrec.models.answers import user_scores_of
    from graphrec.models.base import FoldsIn

    loaded = _loaded(workspace, now.run)
    if not isinstance(loaded.model, FoldsIn):
        return None
    scores = user_scores_of(loaded.model, now.history, now.user)
    if scores is None:
        return None
    (best,) = _best(loaded, scores.numpy(force=True)[None], wanted)
    return Found(best, _said(wanted.users[0], now))


def _scored(
    store: GraphStore,
    workspace: Workspace,
    run: PublishedRun,
    wanted: ListsWanted,
    vectors: Floats,
    proposed: list[list[Neighbour]],
) -> list[Found]:
    """Return the best of what is ``proposed`` to ``vectors`` by the model's own scores; as proposed where not here."""
    import torch

    from graphrec.models.answers import chances_of
    from graphrec.models.base import ScoresVectors

    try:
        loaded = _loaded(workspace, find_run(workspace, run.id))
    except NotFoundError:
        return [Found(one[: wanted.k], ELSEWHERE) for one in proposed]
    if loaded.model.shape.binary:
        # What is proposed comes with its logits, in the order of the chances.
        told = [chances_of(loaded.model, torch.tensor([one.score for one in some])).tolist() for some in proposed]
        return [
            Found([Neighbour(one.id, chance) for one, chance in zip(some, chances, strict=True)][: wanted.k])
            for some, chances in zip(proposed, told, strict=True)
        ]
    if isinstance(loaded.model, ScoresVectors):
        return [
            _by_vectors(store, loaded.model, run, wanted, vector, some)
            for vector, some in zip(vectors, proposed, strict=True)
        ]
    users = loaded.snapshot.users.index(list(wanted.users))
    items = [loaded.snapshot.items.index([one.id for one in some]) for some in proposed]
    known = [
        [one for one, at in zip(some, of, strict=True) if at >= 0] for some, of in zip(proposed, items, strict=True)
    ]
    user = np.repeat(users, [len(some) for some in known])
    item = np.concatenate([of[of >= 0] for of in items])
    scores = iter(loaded.pairs_now(user, item).tolist())
    again = [[Neighbour(one.id, next(scores)) for one in some] for some in known]
    return [_best_of(some, wanted.k) for some in again]


def _by_vectors(
    store: GraphStore,
    model: ScoresVectors,
    run: PublishedRun,
    wanted: ListsWanted,
    vector: Floats,
    proposed: list[Neighbour],
) -> Found:
    """Return the best of what is ``proposed`` by the scores of its vectors, those of what came after training too."""
    import torch

    ids, of_label = store.read_embeddings(wanted.label, run.property, [one.id for one in proposed])
    with torch.no_grad():
        users = torch.from_numpy(np.tile(vector, (len(ids), 1)))
        scores = model.vector_scores(users, torch.from_numpy(of_label)).tolist() if len(ids) else []
    return _best_of([Neighbour(key, score) for key, score in zip(ids.to_pylist(), scores, strict=True)], wanted.k)


def _best_of(scored: list[Neighbour], k: int) -> Found:
    return Found(sorted(scored, key=lambda one: (-one.score, one.id))[:k])


def _by_scorer(loaded: Loaded, users: Ints, wanted: ListsWanted) -> list[list[Neighbour]]:
    """Return the best for ``users`` (int64 [n]) by the scores of a model, so many at a time as memory is meant for."""
    from graphrec.models.base import EmbeddingScorer

    scorer, shot = loaded.scorer, loaded.snapshot
    if isinstance(scorer, EmbeddingScorer):
        vectors = scorer.items.numpy(force=True)
        told = _placed_items(loaded) & np.isfinite(vectors).all(1)
        return exact_nearest_each(
            _where(shot.items.values, told),
            vectors if told.all() else vectors[told],
            scorer.users.numpy(force=True)[users],
            wanted.k,
            among=wanted.among,
            without=wanted.seen,
            metric="dot",
        )
    found: list[list[Neighbour]] = []
    step = max(1, SCORES // max(1, len(shot.items)))
    for start in range(0, len(users), step):
        some = range(start, min(start + step, len(users)))
        found += _best(loaded, loaded.grid_now(users[some.start : some.stop]), wanted.of(some))
    return found


def _best(loaded: Loaded, scores: Floats, wanted: ListsWanted) -> list[list[Neighbour]]:
    told = _placed_items(loaded)
    return best_each(
        _where(loaded.snapshot.items.values, told),
        scores if told.all() else scores[:, told],
        wanted.k,
        among=wanted.among,
        without=wanted.seen,
    )


def _placed_items(loaded: Loaded) -> Mask:
    """Return bool [items]: as embeddings in the graph have it, an item without a place there is not recommended."""
    from graphrec.models.base import Embeds
    from graphrec.models.known import placed_items

    if isinstance(loaded.model, Embeds):
        return placed_items(loaded.split.data, loaded.model)
    return np.ones(len(loaded.snapshot.items), bool)


def _where(ids: pa.Array, told: Mask) -> pa.Array:
    return ids if told.all() else ids.filter(pa.array(told))


def _loaded(workspace: Workspace, run: Run) -> Loaded:
    # Here, not above: whoever is ranked by embeddings in the graph needs no torch, which takes seconds.
    from graphrec.serving.load_model import kept_run

    return kept_run(workspace, run)


def _unknown(user: str) -> Found:
    return Found(None, f"nothing is known of {user} to the model: no training record")


def _gone(run: str, user: str) -> str:
    return (
        f"the snapshot of run {run} is gone, so what {user} has chosen since training counts for nothing: train again"
    )


def _lost(user: str) -> Found:
    return Found(None, f"nothing is left of what {user} had chosen when the model was trained")


def _said(user: str, now: Now) -> str:
    placed = f"placed by the {len(now.history)} records of now"
    if now.user is None:
        return f"{user} came after training: {placed}"
    if now.changed:
        return f"the history of {user} has changed since training: {placed}"
    return f"no record of {user} was in the training part: {placed}"
