"""Fused ratings: what several trained models predict, each as much as validation says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.learning.options import TrainOptions
from graphrec.models.base import ANYTHING, Scorer, Target
from graphrec.models.influences import Part
from graphrec.models.of_runs import OfRuns, OfRunsSettings


class FusedSettings(OfRunsSettings):
    """Settings of fused ratings."""


class Fused(OfRuns[FusedSettings]):
    """r = k r_A + (1 - k) r_B (Lehmann, VT2: Recommendations on Multimedia Data, Eq. 2), or so of more than two runs.

    Predictions are clipped to the scale of the training ratings, as each run's are by itself; one that has none leaves
    its weight to the others. Of two runs each epoch tries another k from 0 to 1, in equal steps; of more, each alone,
    points of the simplex, and all alike. The best on validation is kept, and ``metrics.jsonl`` has the whole sweep.
    """

    name = "fused"
    title = "several runs' predicted ratings together, weighed by validation"
    paper = "Lehmann, VT2: Recommendations on Multimedia Data (Zurich University of Applied Sciences, 2021)"
    Settings = FusedSettings
    tasks = ("rating",)
    defaults: ClassVar[Mapping[str, Any]] = {"epochs": 21, "patience": 1000}

    def attach(self, data: Data) -> None:
        """Take what each member looks at, and the scale."""
        super().attach(data)
        values = np.asarray(data.records.values[data.value])
        self._scale = float(np.nanmin(values)), float(np.nanmax(values))

    def tried(self, options: TrainOptions, number: int) -> Sequence[float]:
        """Return the weights of attempt ``number``."""
        if len(self.weights) != 2 or options.epochs < 2:
            return super().tried(options, number)
        k = 1 - (number - 1) / (options.epochs - 1)
        return [k, 1 - k]

    def scorer(self, target: Target = ANYTHING) -> FusedScorer:
        """Return the predictions."""
        with torch.no_grad():
            return FusedScorer(self.scorers, self.weights, self._scale)

    @torch.no_grad()
    def parts(self, user: int, item: int) -> list[Part]:
        """Return what each member adds to the prediction of ``item`` for ``user``."""
        at = torch.tensor([user], device=self.device), torch.tensor([item], device=self.device)
        told, weights = self.scorer().told(*at)
        each = zip(self.settings.members, weights[:, 0].tolist(), told[:, 0].tolist(), strict=True)
        return [Part(member.run, weight, weight * prediction) for member, weight, prediction in each]


class FusedScorer:
    """The weighted mean of those predictions that there are; NaN as a pair where there is none.

    Args:
        scorers: of the members.
        weights: float32 [members].
        scale: the least and the greatest rating.
    """

    def __init__(self, scorers: Sequence[Scorer], weights: Tensor, scale: tuple[float, float]) -> None:
        self._scorers, self._weights, self._scale = scorers, weights, scale

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        told = torch.stack([one.grid(users, items) for one in self._scorers]).clamp(*self._scale)
        return (self._weights[:, None, None] * told).sum(0)

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        told, weights = self.told(users, items)
        known = weights.sum(0) > 0
        return torch.where(known, (weights * told).sum(0), torch.nan)

    def told(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return what each member predicts, 0 where it cannot, and how much that counts, float32 [members, n] each."""
        told = torch.stack([one.pairs(users, items) for one in self._scorers]).clamp(*self._scale)
        known = ~told.isnan()
        weights = self._weights[:, None] * known
        # Where only members speak that count for nothing, they count alike.
        weights = torch.where((weights.sum(0) > 0) | ~known.any(0), weights, known.to(weights))
        return told.nan_to_num(0), weights / weights.sum(0).clamp(min=torch.finfo(weights.dtype).tiny)
