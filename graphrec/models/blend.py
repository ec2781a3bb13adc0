"""A blend: what several trained models say of a user's items, each as much as validation says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.models.answers import user_scores_of
from graphrec.models.base import ANYTHING, Embeds, FoldsIn, Scorer, Target
from graphrec.models.influences import Part
from graphrec.models.known import as_served, placed_items
from graphrec.models.mixing import MIXABLE, Mixed
from graphrec.models.of_runs import OfRuns, OfRunsSettings
from graphrec.ragged import Ints


class BlendSettings(OfRunsSettings):
    """Settings of a blend."""

    by: Literal["scores", "ranks"] = "scores"
    """Whether their scores are added, brought to mean 0 and deviation 1 for each user, or 1 / (60 + rank)."""


class Blend(OfRuns[BlendSettings]):
    """Several rankings together, by weights that sum to 1: the best of random ones on validation.

    For each user the scores of each member are brought to mean 0 and standard deviation 1 over the items that it has a
    place for (one that it has none for counts as 0, its average), or turned into 1 / (60 + rank), as in reciprocal rank
    fusion (Cormack et al., SIGIR 2009), equal scores with their mean rank. Each epoch tries other weights: each member
    alone, then points of the simplex drawn evenly (Dirichlet), equal weights last; early stop keeps the best.

    Members are as they were when training began: their tensors are copied, so that a blend needs none of its runs.
    """

    name = "blend"
    title = "several runs together: their scores or ranks, weighed by validation"
    Settings = BlendSettings
    defaults: ClassVar[Mapping[str, Any]] = {"epochs": 40, "patience": 1000}

    def attach(self, data: Data) -> None:
        """Take what each member looks at; what it says is asked when first needed."""
        super().attach(data)
        self._known: tuple[list[Scorer], Tensor] | None = None

    def scorer(self, target: Target = ANYTHING) -> Mixed:
        """Return the weighted sum of what the members say, each as it is served."""
        return Mixed(*self._served, self.weights, MIXABLE[self.settings.by])

    @torch.no_grad()
    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the same sum, float32 [items], of those members that know what ``history`` says."""
        _, placed = self._served
        total = torch.zeros(1, self.shape.items, device=self.device)
        spoken = False
        for own, known, weight in zip(self.each, placed, self.weights, strict=True):
            scores = user_scores_of(own, history, user) if weight and isinstance(own, FoldsIn) else None
            if scores is not None:
                total += weight * MIXABLE[self.settings.by](scores[None].to(total), known)
                spoken = True
        return total[0] if spoken else None

    @torch.no_grad()
    def parts(self, user: int, item: int) -> list[Part]:
        """Return what each member adds to the score of ``item`` for ``user``."""
        added = self.scorer().parts(torch.tensor([user], device=self.device))
        told = zip(self.settings.members, self.weights.tolist(), added, strict=True)
        return [Part(member.run, weight, float(part[0, item])) for member, weight, part in told]

    @property
    def _served(self) -> tuple[list[Scorer], Tensor]:
        """The members' scorers, and bool [members, items], for which items each has a place; made once."""
        if self._known is None:
            with torch.no_grad():
                each = zip(self.each, self.scorers, self.seen, strict=True)
                scorers = [as_served(own, scorer, seen) for own, scorer, seen in each]
            everything = np.ones(self.shape.items, bool)
            placed = [
                placed_items(seen) if isinstance(own, Embeds) else everything
                for own, seen in zip(self.each, self.seen, strict=True)
            ]
            self._known = scorers, torch.from_numpy(np.stack(placed)).to(self.device)
        return self._known
