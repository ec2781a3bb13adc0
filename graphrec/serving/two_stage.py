"""Candidates of one run, ranked by another: what a ranking proposes, a model of clicks decides."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from graphrec.errors import ConfigError
from graphrec.serving.published import check_mapped
from graphrec.store.base import GraphStore, Neighbour
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.serving.load_model import Loaded

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


def ranked_again(
    workspace: Workspace, run: Run, user: str, proposed: Sequence[Neighbour], by: str, k: int
) -> tuple[list[Neighbour], str] | None:
    """Return the ``k`` of what is ``proposed`` that ``run`` scores highest for ``user``, and what is to be said of it.

    What the run cannot score, since it came after training for example, is left out, and counted; ``by`` is what
    proposed. None where it does not know the user, or can score nothing.
    """
    from graphrec.serving.load_model import kept_run

    loaded = kept_run(workspace, run)
    (at,) = loaded.snapshot.users.index([user])
    if at < 0:
        return None
    items = loaded.snapshot.items.index([one.id for one in proposed])
    known = [(one.id, int(item)) for one, item in zip(proposed, items, strict=True) if item >= 0]
    scores = _scores(loaded, int(at), [item for _, item in known])
    found = [Neighbour(key, score) for (key, _), score in zip(known, scores, strict=True) if isfinite(score)]
    if proposed and not found:
        return None
    best = sorted(found, key=lambda one: (-one.score, one.id))[:k]
    new = len(proposed) - len(found)
    left = f"; {new:,} that it knows nothing of are left out" if new else ""
    return best, f"{len(found):,} candidates by {by}, ranked by {run.id}{left}"


def _scores(loaded: Loaded, user: int, items: list[int]) -> list[float]:
    import torch

    from graphrec.models.answers import pairs_at

    users, rows = torch.full((len(items),), user), torch.tensor(items, dtype=torch.int64)
    now = torch.full_like(rows, int(1000 * time.time()))
    with torch.no_grad():
        scores: list[float] = pairs_at(loaded.scorer, users, rows, now).tolist()
    return scores
