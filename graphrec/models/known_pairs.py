"""Predictions for pairs of which nothing is known: none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from graphrec.models.base import Scorer


class KnownPairs:
    """What a scorer says, NaN as a pair where nothing is known of the user or the item.

    Args:
        scorer: says it.
        known: bool [users] and [items].
        link: turns what is said into the prediction, rising; None: it is the prediction.
    """

    def __init__(
        self, scorer: Scorer, known: Sequence[Tensor], link: Callable[[Tensor], Tensor] | None = None
    ) -> None:
        self._scorer, self._known, self._link = scorer, known, link or _same

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        return self._link(self._scorer.grid(users, items))

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        known = self._known[0][users] & self._known[1][items]
        return torch.where(known, self._link(self._scorer.pairs(users, items)), torch.nan)


def _same(told: Tensor) -> Tensor:
    return told
