"""BPR's loss with gradients of the rows that a batch touches, in one pass over them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import softplus


class BPRLoss(Function):
    """Mean over triplets (u, i, j) of -ln σ(x_ui - x_uj) + λ (|p_u|² + |q_i|² + |q_j|²), x_ui = <p_u, q_i> + b_i.

    Autograd would walk through a dozen temporary matrices; written out, a step takes half as long
    (``benchmarks/peers.py``). Rendle et al. (UAI 2009), Eq. 4 and section 4.3.1.
    """

    @staticmethod
    def forward(
        ctx: Any, users: Tensor, items: Tensor, user: Tensor, liked: Tensor, others: Tensor, l2: float
    ) -> Tensor:
        """Return the loss, float32 scalar.

        Args:
            ctx: kept for ``backward``.
            users: p, float32 [users, D].
            items: [q, b], float32 [items, D + 1].
            user: int64 [B], rows of ``users``.
            liked: int64 [B], rows of ``items``.
            others: int64 [B, N], rows of ``items``; the mean over a record's is taken.
            l2: λ.
        """
        count, many = others.shape
        p = torch.cat([users.index_select(0, user), users.new_ones(count, 1)], 1)
        near, far = items.index_select(0, liked), items.index_select(0, others.flatten()).view(count, many, -1)
        difference = near[:, None] - far
        margin = (difference * p[:, None]).sum(-1)
        ctx.save_for_backward(user, liked, others, p, near, far, difference, margin)
        ctx.l2, ctx.sizes = l2, (users.shape, items.shape)
        size = _squares(p) - count + _squares(near) + _squares(far) / many
        return softplus(-margin).mean() + l2 * size / count

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of both tables, sparse, with a row for each time that a batch names it."""
        user, liked, others, p, near, far, difference, margin = ctx.saved_tensors
        count, many = others.shape
        wrong = torch.sigmoid(-margin).mul_(-above / (count * many))
        decay = 2 * ctx.l2 * above / count
        of_users = (wrong[..., None] * difference[..., :-1]).sum(1).addcmul_(p[:, :-1], decay)
        of_items = p.new_empty(count * (1 + many), p.shape[1])
        torch.mul(p, wrong.sum(1, keepdim=True), out=of_items[:count]).addcmul_(near, decay)
        torch.mul(p[:, None], -wrong[..., None], out=of_items[count:].view_as(far)).addcmul_(far, decay / many)
        rows = torch.cat([liked, others.flatten()])
        return _sparse(user, of_users, ctx.sizes[0]), _sparse(rows, of_items, ctx.sizes[1]), None, None, None, None


def _squares(of: Tensor) -> Tensor:
    flat = of.flatten()
    return flat.dot(flat)


def _sparse(rows: Tensor, values: Tensor, size: torch.Size) -> Tensor:
    return torch.sparse_coo_tensor(rows[None], values, size, check_invariants=False)
