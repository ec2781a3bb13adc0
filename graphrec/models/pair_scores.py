"""Inner products of many pairs, without their vectors side by side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

MANY = 1 << 18
"""From so many pairs on, gathering both sides' vectors takes more memory than everything else of a step."""
_NUMBERS = 1 << 23


def pair_scores(left: Tensor, right: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return float32 [B, N], the inner product of row ``rows[b]`` of ``left`` and row ``columns[b, n]`` of ``right``.

    Forward a block of pairs at a time; backward as sums of listed rows, as in ``mean_pool``: neither direction holds a
    vector per pair, and both use all cores.

    Args:
        left: float32 [n, D].
        right: float32 [m, D].
        rows: int64 [B].
        columns: int64 [B, N].
    """
    scores: Tensor = _PairScores.apply(left, right, rows, columns)  # type: ignore[no-untyped-call]
    return scores


class _PairScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        ctx.save_for_backward(left, right, rows, columns)
        scores = torch.empty(columns.shape, dtype=left.dtype, device=left.device)
        step = max(1, _NUMBERS // (columns.shape[1] * left.shape[1]))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            near, far = left[rows[part]], right[columns[part]]
            scores[part] = far.mul_(near[:, None]).sum(-1)
        return scores

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        left, right, rows, columns = ctx.saved_tensors
        repeated = rows[:, None].expand_as(columns).reshape(-1)
        flat, weights = columns.reshape(-1), grad.reshape(-1)
        return (
            _summed(right, repeated, flat, weights, len(left)),
            _summed(left, flat, repeated, weights, len(right)),
            None,
            None,
        )


def _summed(table: Tensor, into: Tensor, of: Tensor, weights: Tensor, count: int) -> Tensor:
    """Return float32 [count, D]: in row r the weighted sum of the rows ``of`` of ``table`` where ``into`` is r."""
    order = torch.argsort(into, stable=True)
    offsets = torch.zeros(count + 1, dtype=torch.int64, device=table.device)
    torch.cumsum(torch.bincount(into, minlength=count), 0, out=offsets[1:])
    return embedding_bag(
        of[order], table, offsets, mode="sum", per_sample_weights=weights[order], include_last_offset=True
    )
