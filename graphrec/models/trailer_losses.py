"""What teaches the embedding of a trailer: telling it from all others, or being nearer to itself than to others."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

MANY = 1024
"""Of more trailers than this, each step tells its own from a sample of the others (sampled softmax)."""


def identity_loss(hidden: Tensor, weight: Tensor, bias: Tensor, own: Tensor, among: Tensor) -> Tensor:
    """Return the cross-entropy of telling which of ``among`` each row is, the others drawn evenly where they are many.

    A drawn one that is the row's own does not count twice. Evenly drawn, they need no correction: it is one constant.

    Args:
        hidden: float [n, H].
        weight: float32 [T, H].
        bias: float32 [T].
        own: int64 [n], the class of each row, one of ``among``.
        among: int64 [k], the classes that there are.
    """
    if len(among) <= MANY:
        column = torch.full((len(weight),), -1, device=own.device)
        column[among] = torch.arange(len(among), device=own.device)
        return cross_entropy((hidden @ weight[among].T + bias[among]).float(), column[own])
    others = among[torch.randint(len(among), (MANY,), device=own.device)]
    told = (hidden @ weight[others].T + bias[others]).float().masked_fill(others == own[:, None], -torch.inf)
    right = ((hidden * weight[own]).sum(1) + bias[own]).float()
    return cross_entropy(torch.cat([right[:, None], told], 1), torch.zeros_like(own))


def triplet_loss(anchors: Tensor, others: Tensor, own: Tensor, margin: float) -> Tensor:
    """Return the mean of max(0, d(a, p) - d(a, n) + margin) over the batch (Schroff et al., CVPR 2015, Eq. 3).

    d = 1 - cosine; p is another stretch of the same trailer, n the nearest of another trailer that is farther than p,
    or where there is none the farthest: their semi-hard negatives, of the batch. 0 for a batch of one trailer.

    Args:
        anchors: float32 [n, D], a stretch of each trailer.
        others: float32 [n, D], another of the same.
        own: int64 [n], which trailer that is.
        margin: by how much farther the others shall be.
    """
    far = 1 - normalize(anchors, dim=1) @ normalize(others, dim=1).T
    positive = far.diagonal()
    another = own[:, None] != own
    beyond = far.masked_fill(~(another & (far > positive[:, None])), torch.inf).min(1).values
    farthest = far.masked_fill(~another, -torch.inf).max(1).values
    negative = torch.where(beyond.isfinite(), beyond, farthest)
    there = another.any(1)
    lost = (positive - negative.masked_fill(~there, 0) + margin).clamp(min=0)
    return (lost * there).sum() / there.sum().clamp(min=1)


def classes_loss(told: Tensor, true: Tensor) -> Tensor:
    """Return the binary cross-entropy, the mean over rows whose truth, float32 [n, C], is known and their classes."""
    known = true.isfinite().all(1)
    lost = binary_cross_entropy_with_logits(told, true.nan_to_num(), reduction="none").mean(1)
    return (lost * known).sum() / known.sum().clamp(min=1)


def number_loss(told: Tensor, true: Tensor) -> Tensor:
    """Return the mean squared error, over rows whose truth, float32 [n], is known."""
    known = true.isfinite()
    lost = (told - true.nan_to_num()).square()
    return (lost * known).sum() / known.sum().clamp(min=1)
