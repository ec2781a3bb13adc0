"""Users who came after training, in the space of models that learned from pairs."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

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
    liked, others = _compared(seen, history)
    if not len(liked) or not len(others):
        return None
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


def fold_in_by(
    score: Callable[[Tensor, Tensor], Tensor], seen: Tensor, history: Tensor, start: Tensor, l2: float
) -> Tensor | None:
    """Return p, float32 [D], that minimises the same loss where a score is more than an inner product.

    Args:
        score: from p and items, int64 [n], to float32 [n].
        seen: bool [items], those with a record.
        history: int64 [n].
        start: float32 [D], where p starts.
        l2: on the squared p.
    """
    liked, others = _compared(seen, history)
    if not len(liked) or not len(others):
        return None
    p = start.detach().clone().requires_grad_()
    steps = torch.optim.Adam([p], RATE, (0.9, 0.99))
    with torch.enable_grad():
        for _ in range(STEPS):
            margin = score(p, liked)[:, None] - score(p, others)
            (p.grad,) = torch.autograd.grad(softplus(-margin).mean() + l2 * p.square().sum(), p)
            steps.step()
    return p.detach()


def _compared(seen: Tensor, history: Tensor) -> tuple[Tensor, Tensor]:
    """Return what of a history is seen, and up to ``OTHERS`` of the other items that are, int64 [n] each."""
    liked = history[seen[history]]
    others = seen.nonzero()[:, 0]
    others = others[~torch.isin(others, liked)]
    if len(others):
        others = others[torch.linspace(0, len(others) - 1, min(OTHERS, len(others))).long()]
    return liked, others
