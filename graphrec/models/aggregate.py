"""Mean pooling over neighbours, forward and backward as gathers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from graphrec.graph.blocks import Neighbours


def mean_pool(neighbours: Neighbours, x: Tensor) -> Tensor:
    """Return the mean of each target's neighbours (TransGRec Eq. 4 and 6); zeros where there are none.

    Sums and means of listed rows are PyTorch's fastest sparse kernel in both directions: the backward pass
    reads the reversed lists, where a plain ``embedding_bag`` would scatter.

    Args:
        neighbours: lists of ``targets`` rows over ``sources`` inputs, and the same reversed.
        x: float [sources, D].

    Returns:
        float [targets, D].
    """
    pooled: Tensor = _MeanPool.apply(x, *vars(neighbours).values())  # type: ignore[no-untyped-call]
    return pooled


class _MeanPool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, indptr: Tensor, indices: Tensor, reverse_indptr: Tensor, reverse_indices: Tensor
    ) -> Tensor:
        ctx.save_for_backward(indptr, reverse_indptr, reverse_indices)
        return embedding_bag(indices, x, indptr, mode="mean", include_last_offset=True)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        indptr, reverse_indptr, reverse_indices = ctx.saved_tensors
        share = grad / indptr.diff().clamp(min=1).to(grad.dtype)[:, None]
        summed = embedding_bag(reverse_indices, share, reverse_indptr, mode="sum", include_last_offset=True)
        return summed, None, None, None, None
