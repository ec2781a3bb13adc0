"""How much what an item looks, sounds and reads like counts for a user, as a run weighs its feature matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from graphrec.models.base import WeighsModalities
from graphrec.ragged import Ints
from graphrec.serving.load_model import kept_run
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace

ITEMS = 10_000
"""Over so many items, at most, a user's weights are averaged."""


@dataclass(frozen=True)
class ModalityWeights:
    """What a run's attention to feature matrices says of a user and an item.

    Attributes:
        run: the run's id.
        user: for whom.
        item: of what.
        here: by matrix, how much it counts for both, 1 in all; without those that do not describe the item, so that
            nothing is left where none does.
        usual: by matrix, how much it counts for the user on average over ``of`` items.
        of: so many items, which every matrix describes; where there are none, which any does.
        complete: whether every matrix describes these.
        missing: matrices that do not describe the item.
    """

    run: str
    user: str
    item: str
    here: Mapping[str, float]
    usual: Mapping[str, float]
    of: int
    complete: bool
    missing: Sequence[str]

    @property
    def sentence(self) -> str:
        """Say it in words."""
        if not self.here:
            return f"None of {_listed(self.missing)} describes {self.item}: {self.run} has nothing to weigh."
        first, *others = sorted(self.here.items(), key=lambda one: -one[1])
        shares = _listed([f"{first[0]} counts {first[1]:.0%}", *(f"{name} {share:.0%}" for name, share in others)])
        verb = "does" if len(self.missing) == 1 else "do"
        less = f"; {_listed(self.missing)} {verb} not describe it" if self.missing else ""
        return f"For {self.user} {shares} of what describes {self.item}, by {self.run}{less}."


def modality_weights(workspace: Workspace, run: str, user: str, item: str) -> ModalityWeights | None:
    """Return how ``run`` weighs what describes ``item`` for ``user``; ids as the graph has them.

    None where its model weighs nothing, or one of the two came after its training.

    Raises ``NotFoundError`` for an unknown run, ``TrainingError`` where its files are gone.
    """
    loaded = kept_run(workspace, find_run(workspace, run))
    model = loaded.model
    if not isinstance(model, WeighsModalities) or not model.modalities:
        return None
    who, what = int(loaded.snapshot.users.index([user])[0]), int(loaded.snapshot.items.index([item])[0])
    if min(who, what) < 0:
        return None
    names = model.modalities
    (shares,), (there,) = _weights(model, who, np.array([what])), model.described(torch.tensor([what])).tolist()
    among, complete = _described(model, len(loaded.snapshot.items))
    usual = _weights(model, who, among).mean(0) if len(among) else np.zeros(len(names))
    return ModalityWeights(
        run,
        user,
        item,
        {name: float(share) for name, share, one in zip(names, shares, there, strict=True) if one},
        {name: float(share) for name, share in zip(names, usual, strict=True)} if len(among) else {},
        len(among),
        complete,
        [name for name, one in zip(names, there, strict=True) if not one],
    )


def _weights(model: WeighsModalities, user: int, items: Ints) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return float64 [items, matrices]."""
    of = torch.from_numpy(items)
    found: np.ndarray[tuple[int, int], np.dtype[np.float64]] = (
        model.attention_of(torch.full_like(of, user), of).double().numpy(force=True)
    )
    return found


def _described(model: WeighsModalities, items: int) -> tuple[Ints, bool]:
    """Return the items to average over, and whether every matrix describes them."""
    told = model.described(torch.arange(items)).numpy(force=True)
    every, some = np.flatnonzero(told.all(1)), np.flatnonzero(told.any(1))
    found = every if len(every) else some
    step = max(1, -(-len(found) // ITEMS))
    return found[::step], bool(len(every))


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
