"""Scores of one user by different models, brought to what can be added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from graphrec.models.base import Scorer

SMOOTHED = 60
"""Added to a rank, as in reciprocal rank fusion."""
_NUMBERS = 1 << 24


class Mixable(Protocol):
    """Turns scores, float32 [n, items], of which only those of ``placed`` items, bool [items], mean anything."""

    def __call__(self, scores: Tensor, placed: Tensor) -> Tensor:
        """Return float32 [n, items]; 0 for items that are not placed."""
        ...


def as_scores(scores: Tensor, placed: Tensor) -> Tensor:
    """Return each row at mean 0 and standard deviation 1 over the placed items; zeros where all are equal."""
    count = placed.sum().clamp(min=1)
    centred = torch.where(placed, scores, 0)
    centred = torch.where(placed, scores - centred.sum(1, keepdim=True) / count, 0)
    deviation = (centred.square().sum(1, keepdim=True) / count).sqrt()
    # What differs by no more than rounding does not differ.
    least = 1e-6 * torch.where(placed, scores, 0).abs().amax(1, keepdim=True) if scores.shape[1] else deviation
    return torch.where(deviation > least, centred / deviation, 0)


def as_ranks(scores: Tensor, placed: Tensor) -> Tensor:
    """Return 1 / (60 + rank) with ranks from 1 among the placed items; equal scores have their mean rank."""
    known = scores[:, placed].contiguous()
    ordered = known.sort(dim=1).values
    below = torch.searchsorted(ordered, known)
    upto = torch.searchsorted(ordered, known, right=True)
    ranks = known.shape[1] - (below + upto - 1) / 2
    found = torch.zeros_like(scores)
    found[:, placed] = 1 / (SMOOTHED + ranks)
    return found


MIXABLE: dict[str, Mixable] = {"scores": as_scores, "ranks": as_ranks}


def pairs_of(grid: Callable[[Tensor], Tensor], users: Tensor, items: Tensor, width: int) -> Tensor:
    """Return the scores of pairs, float32 [n], from those of whole rows, some users at a time.

    Args:
        grid: from int64 [m] users to float32 [m, width].
        users: int64 [n].
        items: int64 [n].
        width: how many items there are.
    """
    who, row = torch.unique(users, return_inverse=True)
    step = max(1, _NUMBERS // max(1, width))
    found = grid(users[:0]).new_empty(len(users))
    for start in range(0, len(who), step):
        here = (row >= start) & (row < start + step)
        found[here] = grid(who[start : start + step])[row[here] - start, items[here]]
    return found


class Mixed:
    """The weighted sum of what several scorers say, each brought to what can be added for each user by itself.

    Args:
        scorers: of all items.
        placed: bool [scorers, items], of which items each knows anything.
        weights: float32 [scorers].
        mixable: one of ``MIXABLE``.
    """

    def __init__(self, scorers: list[Scorer], placed: Tensor, weights: Tensor, mixable: Mixable) -> None:
        self._scorers, self._placed, self._weights, self._mixable = scorers, placed, weights, mixable

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]; the least there is for items that no scorer knows."""
        total = torch.zeros(len(users), self._placed.shape[1], device=self._weights.device)
        for part in self.parts(users):
            total += part
        total = total.masked_fill(~self._placed.any(0), torch.finfo(total.dtype).min)
        return total if items is None else total[:, items]

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        return pairs_of(self.grid, users, items, self._placed.shape[1])

    def parts(self, users: Tensor) -> Iterator[Tensor]:
        """Yield what each scorer adds, float32 [len(users), items]."""
        for scorer, placed, weight in zip(self._scorers, self._placed, self._weights, strict=True):
            # Of those that count for nothing nothing is asked.
            scores = scorer.grid(users) if weight else torch.zeros(len(users), len(placed))
            yield weight * self._mixable(scores.to(self._weights), placed)
