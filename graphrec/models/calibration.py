"""What a model's probabilities mean, learned on cases that it did not learn from: a rising function of its logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

LEAST, MOST = 1e-37, 1 - 1e-7
"""Nearer to 0 and 1 single precision does not tell probabilities apart."""


@dataclass(frozen=True)
class Calibration:
    """Logits to calibrated ones, straight from knot to knot and rising: whatever is ranked keeps its order.

    Attributes:
        logits: of the model, rising; one at least.
        meant: what each of these means, a logit too, rising.
        slope: above 0, by which it goes on beyond the first and the last.
    """

    logits: Sequence[float]
    meant: Sequence[float]
    slope: float

    def __call__(self, chances: Tensor) -> Tensor:
        """Return calibrated probabilities, float64, shaped as ``chances``; NaN where these are NaN."""
        told = logits_of(chances)
        knots, meant = (told.new_tensor(list(one)) for one in (self.logits, self.meant))
        ends = told.new_tensor([self.slope])
        slopes = torch.cat([ends, meant.diff() / knots.diff(), ends])
        place = torch.searchsorted(knots, told.contiguous())
        knot = (place - 1).clamp(min=0)
        # What came later than the last knot, NaN too, has the last slope.
        return (meant[knot] + slopes[place] * (told - knots[knot])).sigmoid()

    def told(self) -> dict[str, Any]:
        """Return what ``of`` makes it from again, plain numbers."""
        return {"logits": [*self.logits], "meant": [*self.meant], "slope": self.slope}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Calibration:
        """Return what ``told`` says."""
        return cls(tuple(told["logits"]), tuple(told["meant"]), float(told["slope"]))


def logits_of(chances: Tensor) -> Tensor:
    """Return logits of probabilities, float64, shaped as they are."""
    return chances.double().clamp(LEAST, MOST).logit()
