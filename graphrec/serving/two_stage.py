"""Candidates of one run, ranked by another: what a ranking proposes, a model of clicks decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError
from graphrec.serving.best import Best
from graphrec.serving.published import check_mapped
from graphrec.store.base import GraphStore, Neighbour
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

Scores = npt.NDArray[np.float64]

CANDIDATES = 500
"""So many are proposed, or as many as are asked for where that is more."""


def ranking_run(store: GraphStore, workspace: Workspace, name: str, label: str) -> Run:
    """Return the run ``name``, by which candidates of ``label`` are ranked.

    Raises ``NotFoundError`` for an unknown run, ``ConfigError`` for one that scores other nodes.
    """
    run = find_run(workspace, name)
    check_mapped(store, run)
    own = str(run.manifest["item_label"])
    if own != label:
        raise ConfigError(f"run {run.id} ranks {own} nodes, and what is proposed are {label} nodes; --label {own}")
    return run


def ranked_again(workspace: Workspace, run: Run, lists: Sequence[Best]) -> list[Best]:
    """Return what each of ``lists`` proposes, ranked by what ``run`` scores for its user as of now; the first by id of
    equals.

    What the run cannot score, since it came after training for example, is left out, and counted among what is said. A
    list stays as it is, and that is said, where the run does not know the user, or can score nothing.
    """
    from graphrec.models.base import Embeds
    from graphrec.models.known import known_users, placed_items
    from graphrec.serving.load_model import kept_run

    loaded = kept_run(workspace, run)
    users = loaded.snapshot.users.index([best.user for best in lists])
    items = loaded.snapshot.items.index([one.id for best in lists for one in best.items])
    user = users.repeat([len(best.items) for best in lists])
    scores = np.full(len(items), np.nan)
    met, placed = users >= 0, items >= 0
    if isinstance(loaded.model, Embeds):
        # As it is measured: embeddings that no training record has touched are random.
        met[met] = known_users(loaded.split.data, loaded.scorer, users[met])
        placed[placed] = placed_items(loaded.split.data, loaded.model)[items[placed]]
    known = met.repeat([len(best.items) for best in lists]) & placed
    scores[known] = loaded.pairs_now(user[known], items[known])
    ends = np.cumsum([len(best.items) for best in lists])[:-1]
    return [
        _ranked(best, run, of, knows=bool(one))
        for best, of, one in zip(lists, np.split(scores, ends), met, strict=True)
    ]


def _ranked(best: Best, run: Run, scores: Scores, *, knows: bool) -> Best:
    """Return ``best`` by ``scores``, float64 [items], NaN for none."""
    told = zip(best.items, scores.tolist(), strict=True)
    found = [Neighbour(one.id, score) for one, score in told if isfinite(score)]
    if not knows or (best.items and not found):
        return best.saying(f"{run.id} knows nothing of {best.user}")
    new = len(best.items) - len(found)
    left = f"; {new:,} that it knows nothing of are left out" if new else ""
    again = best.saying(f"{len(found):,} candidates by {best.basis}, ranked by {run.id}{left}")
    items = sorted(found, key=lambda one: (-one.score, one.id))
    return replace(again, basis=run.id, items=items, left_out=new)
