"""Scores of several draws of a factorization, of which the mean counts."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor


class DrawnScorer:
    """The mean over draws of w0 + a_u + a_i + <p_u, q_i>.

    Args:
        mean: float32 [S], w0 of each draw.
        users: float32 [S, users, D + 1], p_u and a_u last.
        items: float32 [S, items, D + 1], q_i and a_i last.
    """

    def __init__(self, mean: Tensor, users: Tensor, items: Tensor) -> None:
        self._alone = mean.mean() + users[:, :, -1].mean(0), items[:, :, -1].mean(0)
        self._users, self._items = users[:, :, :-1], items[:, :, :-1]

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        chosen = slice(None) if items is None else items
        told = self._alone[0][users, None] + self._alone[1][chosen]
        for p, q in zip(self._users, self._items, strict=True):
            told += p[users] @ q[chosen].T / len(self._users)
        return told

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        told = torch.zeros(len(users), device=self._users.device)
        for p, q in zip(self._users, self._items, strict=True):
            told += (p[users] * q[items]).sum(1)
        return told / len(self._users) + self._alone[0][users] + self._alone[1][items]


def space_of(mean: Tensor, users: Tensor, items: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Return vectors whose inner products are the scores, float32 [users, D + 2] and [items, D + 2].

    Of several draws <p, q> is that of D = ``width`` numbers, as near as so many can come to their mean.

    Args:
        mean: float32 [S]; see ``DrawnScorer``.
        users: float32 [S, users, D + 1].
        items: float32 [S, items, D + 1].
        width: how many numbers.
    """
    p, q = users[0, :, :-1], items[0, :, :-1]
    if len(users) > 1:
        p, q = _nearest(users[:, :, :-1], items[:, :, :-1], width)
    alone = mean.mean() + users[:, :, -1].mean(0), items[:, :, -1].mean(0)
    return (
        torch.cat([p, alone[0][:, None], p.new_ones(len(p), 1)], 1),
        torch.cat([q, q.new_ones(len(q), 1), alone[1][:, None]], 1),
    )


def _nearest(users: Tensor, items: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Return the truncated singular value decomposition of the draws' mean product, never made for all pairs.

    With P and Q the draws side by side and Gram matrices G, the product is P G_p^-½ (G_p^½ G_q^½) G_q^-½ Qᵀ, and what
    stands left and right of the bracket has orthogonal columns.
    """
    (roots_p, back_p), (roots_q, back_q) = (_roots(each) for each in (users, items))
    left, values, right = torch.linalg.svd(roots_p @ roots_q / len(users))
    kept = min(width, len(values))
    share = values[:kept].sqrt()
    return (
        _product(users, back_p @ (left[:, :kept] * share)),
        _product(items, back_q @ (right[:kept].T * share)),
    )


def _roots(draws: Tensor) -> tuple[Tensor, Tensor]:
    """Return the roots of PᵀP and of its inverse, float64 [S D, S D], for float32 [S, n, D]."""
    size = draws.shape[0] * draws.shape[2]
    gram = torch.zeros(size, size, dtype=torch.float64, device=draws.device)
    for part in _beside(draws):
        gram.addmm_(part.double().T, part.double())
    values, vectors = torch.linalg.eigh(gram)
    usable = values > 1e-12 * values.max()
    roots = torch.where(usable, values.clamp(min=0).sqrt(), 0)
    inverse = torch.where(usable, 1 / roots.clamp(min=1e-300), 0)
    return (vectors * roots) @ vectors.T, (vectors * inverse) @ vectors.T


def _product(draws: Tensor, matrix: Tensor) -> Tensor:
    """Return the draws side by side times ``matrix``, float32 [n, width]."""
    return torch.cat([part @ matrix.float() for part in _beside(draws)])


def _beside(draws: Tensor) -> Iterator[Tensor]:
    """Yield the draws side by side, float32 [some of n, S D]."""
    for start in range(0, draws.shape[1], _ROWS):
        part = draws[:, start : start + _ROWS]
        yield part.transpose(0, 1).reshape(part.shape[1], -1)


_ROWS = 1 << 14
