"""Scores of pairs that are no inner product, some users at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_NUMBERS = 1 << 24


class ScoredPairs:
    """Scores that a function makes of two vectors.

    Args:
        scores: from vectors of users and items, float32 [..., D] each, to float32 [...].
        users: float32 [users, D].
        items: float32 [items, D].
    """

    def __init__(self, scores: Callable[[Tensor, Tensor], Tensor], users: Tensor, items: Tensor) -> None:
        self._scores, self._users, self._items = scores, users, items

    @torch.no_grad()
    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        item = self._items if items is None else self._items[items]
        step = max(1, _NUMBERS // max(1, item.numel()))
        found = item.new_empty(len(users), len(item))
        for start in range(0, len(users), step):
            some = slice(start, start + step)
            found[some] = self._scores(self._users[users[some]][:, None], item)
        return found

    @torch.no_grad()
    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        return self._scores(self._users[users], self._items[items])
