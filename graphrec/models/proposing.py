"""Users' vectors whose inner products come close to scores that are none, so that a space can propose."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

FITTED = 4096
"""So many items at most are fitted on, evenly spread."""
_NUMBERS = 1 << 24


@torch.no_grad()
def nearest_linear(scores: Callable[[Tensor, Tensor], Tensor], users: Tensor, items: Tensor) -> Tensor:
    """Return a, float32 [users, D], for which a · item + a constant of the user comes closest to the score.

    By least squares over items, which is exact where the score is linear in the item.

    Args:
        scores: of users, float32 [n, 1, D], and items, float32 [m, D]: float32 [n, m].
        users: float32 [users, D].
        items: float32 [items, D].
    """
    if not len(items) or not len(users):
        return torch.zeros_like(users)
    at = torch.linspace(0, len(items) - 1, min(FITTED, len(items)), device=items.device).long()
    some = items[at]
    centred = (some - some.mean(0)).double()
    square = centred.T @ centred
    # So little that it changes nothing but where items do not differ.
    square += torch.eye(len(square), device=square.device) * (square.trace() / len(square) * 1e-6 + 1e-12)
    solved = torch.linalg.solve(square, centred.T).float()
    step = max(1, _NUMBERS // max(1, some.numel()))
    return torch.cat([scores(part[:, None], some) @ solved.T for part in torch.split(users, step)])
