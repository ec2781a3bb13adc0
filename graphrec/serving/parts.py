"""The score of a model that is more than an inner product, and what each of its sides, or of its models, adds."""

from __future__ import annotations

from math import isnan

import torch

from graphrec.errors import NotFoundError, TrainingError
from graphrec.models.answers import scores_vectors, vector_scores_of
from graphrec.models.base import HasParts, ScoresVectors
from graphrec.models.influences import Part
from graphrec.serving.load_model import kept_run
from graphrec.store.base import Floats
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


def parts_of(workspace: Workspace, run: str, user: str, label: str, node: str) -> list[Part]:
    """Return what each adds to the score of ``node`` for ``user``, what counts most first.

    Nothing where the run's model is not made of several, or where user or node came after training.

    Raises ``NotFoundError`` for an unknown run, ``TrainingError`` for one whose files are gone.
    """
    loaded = kept_run(workspace, find_run(workspace, run))
    model, shot = loaded.model, loaded.snapshot
    if not isinstance(model, HasParts) or label != shot.item_label:
        return []
    who, what = int(shot.users.index([user])[0]), int(shot.items.index([node])[0])
    if who < 0 or what < 0:
        return []
    return sorted(model.parts(who, what), key=lambda part: (-part.weight, part.name))


def own_score(
    workspace: Workspace, run: str, user: str, node: str, user_vector: Floats, vector: Floats
) -> tuple[float | None, list[Part]]:
    """Return the score that a run's model makes of what it proposed, and what it is the sum of.

    Args:
        workspace: where the run is.
        run: its id.
        user: id of a user.
        node: id of what it recommends.
        user_vector: float32 [D], where the user is published.
        vector: float32 [D], where the node is.

    None and nothing where the run's files are not here, or where its model needs to know both and one came after
    training.
    """
    try:
        loaded = kept_run(workspace, find_run(workspace, run))
    except (NotFoundError, TrainingError):
        return None, []
    with torch.no_grad():
        if scores_vectors(loaded.model):
            ends = torch.from_numpy(user_vector), torch.from_numpy(vector)
            parts = loaded.model.vector_parts(*ends) if isinstance(loaded.model, ScoresVectors) else []
            return float(vector_scores_of(loaded.model, ends[0][None], ends[1][None])[0]), parts
        who, what = loaded.snapshot.users.index([user]), loaded.snapshot.items.index([node])
        if min(who[0], what[0]) < 0:
            return None, []
        score = float(loaded.pairs_now(who, what)[0])
        return None if isnan(score) else score, []
