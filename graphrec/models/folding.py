"""Users who came after training, in the space of models that learned from pairs."""

from __future__ import annotations

import torch
from torch import Tensor

STEPS, RATE, OTHERS = 40, 0.1, 512


def fold_in(items: Tensor, seen: Tensor, history: Tensor, start: Tensor, l2: float) -> Tensor | None:
    """Return [p, 1] that minimises BPR's loss (Rendle et al., UAI 2009, Eq. 4) over ``history`` while the items stay.

    By Adam, against up to ``OTHERS`` of the other items that are ``seen``. None where nothing of the history is seen,
    or nothing else is.

    Args:
        items: float32 [items, D + 1], whose last number is added to the score.
        seen: bool [items], those with a record.
        history: int64 [n].
        start: float32 [D], where p starts.
        l2: on the squared p.
    """
    liked = history[seen[history]]
    others = seen.nonzero()[:, 0]
    others = others[~torch.isin(others, liked)]
    if not len(liked) or not len(others):
        return None
    others = others[torch.linspace(0, len(others) - 1, min(OTHERS, len(others))).long()]
    near, far = items[liked], items[others]
    p = start.detach().clone()
    moment, square = torch.zeros_like(p), torch.zeros_like(p)
    for step in range(1, STEPS + 1):
        margin = (near[:, :-1] @ p + near[:, -1])[:, None] - (far[:, :-1] @ p + far[:, -1])
        wrong = torch.sigmoid(-margin) / margin.numel()
        gradient = wrong.sum(0) @ far[:, :-1] - wrong.sum(1) @ near[:, :-1] + 2 * l2 * p
        moment = 0.9 * moment + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient.square()
        p -= RATE * (moment / (1 - 0.9**step)) / ((square / (1 - 0.99**step)).sqrt() + 1e-8)
    return torch.cat([p, p.new_ones(1)])
