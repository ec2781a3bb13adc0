"""What a user would write on something, as a run's model has it."""

from __future__ import annotations

import torch

from graphrec.errors import NotFoundError, TrainingError
from graphrec.models.base import Writes
from graphrec.models.vocabulary import WORD
from graphrec.serving.load_model import kept_run
from graphrec.store.base import Floats
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


def likely_words(workspace: Workspace, run: str, user: Floats, item: Floats, k: int) -> list[str]:
    """Return the ``k`` words that tell most of what the user would write, the first the most.

    None at all where the run's model learned no words, or its files are not in the workspace.

    Args:
        workspace: where runs are.
        run: the run's id.
        user: float32 [D], the user's vector in the run's first space.
        item: float32 [D], that of the item, segment or frame.
        k: how many.
    """
    try:
        loaded = kept_run(workspace, find_run(workspace, run))
    except (NotFoundError, TrainingError):
        return []
    if not isinstance(loaded.model, Writes):
        return []
    found = loaded.model.likely_words(*(torch.from_numpy(one.copy()) for one in (user, item)))
    if found is None:
        return []
    words, told = found
    most = told.topk(min(k, len(told)))
    return loaded.snapshot.ids[WORD].take(words[most.indices[most.values > 0].numpy()])
