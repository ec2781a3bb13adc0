"""What each of several models within a run adds to a score."""

from __future__ import annotations

from graphrec.models.base import HasParts
from graphrec.models.influences import Part
from graphrec.serving.load_model import kept_run
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


def parts_of(workspace: Workspace, run: str, user: str, label: str, node: str) -> list[Part]:
    """Return what each adds to the score of ``node`` for ``user``, what counts most first.

    None where the run's model is not made of several, or where user or node came after training.

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
