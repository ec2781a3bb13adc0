"""What a run that has no embeddings makes of a user and what is explained: its score, and what it attends to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from math import isfinite

from graphrec.errors import NotFoundError, TrainingError
from graphrec.models.base import Embeds, Scores
from graphrec.serving.load_model import kept_run
from graphrec.serving.modality_weights import ModalityWeights, modality_weights
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class ByItself:
    """What the run says.

    Attributes:
        score: its score as of now, a probability of a model of clicks; None where it cannot tell.
        modalities: how much each feature matrix counts; None where it weighs none.
    """

    score: float | None
    modalities: ModalityWeights | None


def by_itself(workspace: Workspace, run: str, user: str, label: str, node: str) -> ByItself | None:
    """Return what ``run`` makes of ``user`` and the ``label`` node ``node``, ids as the graph has them.

    None where it has embeddings, scores nothing or other nodes, its files are not here, or one of the two came after
    its training.
    """
    with suppress(NotFoundError, TrainingError):
        loaded = kept_run(workspace, find_run(workspace, run))
        shot = loaded.snapshot
        if isinstance(loaded.model, Embeds) or not isinstance(loaded.model, Scores) or label != shot.item_label:
            return None
        who, what = shot.users.index([user]), shot.items.index([node])
        if min(who[0], what[0]) < 0:
            return None
        score = float(loaded.pairs_now(who, what)[0])
        return ByItself(score if isfinite(score) else None, modality_weights(workspace, run, user, node))
    return None
