"""Half a sweep of alternating least squares: every row of one side, while the other side stands."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphrec.ragged import Ragged

STEPS = 3
"""Steps of conjugate gradients: more bring nothing where each starts from the last sweep's vectors."""
NUMBERS = 1 << 22
"""So many numbers are in memory at a time where rows are solved exactly."""


class Side:
    """The records of one side's rows, arranged for least squares.

    Args:
        lists: what each row has; a pair that is there twice counts once.
        device: where to keep them.
    """

    def __init__(self, lists: Ragged, device: torch.device) -> None:
        width = int(lists.indices.max(initial=0)) + 1
        pairs = np.unique(lists.rows * width + lists.indices)
        self.lists = Ragged.from_sorted(pairs // width, pairs % width, len(lists))
        rows, columns = self.lists.rows, self.lists.indices
        self.rows, self.columns = (torch.from_numpy(a).to(device) for a in (rows, columns))
        self.indptr = torch.from_numpy(self.lists.indptr).to(device)
        self.degrees = torch.from_numpy(self.lists.lengths).to(device).float()
        self.known = self.degrees > 0


def conjugate_gradient(side: Side, own: Tensor, other: Tensor, alpha: float, penalty: Tensor | float) -> Tensor:
    """Return vectors of ``side``, float32 [n, D], nearer to the solution than ``own`` (Takács et al. 2011, Alg. 2).

    All rows at once: with W the records, (α QᵀQ + Σ_W q qᵀ + penalty) p = Σ_W q. A step is one product of the sparse
    records with the other side, and one of the other side with itself.

    Args:
        side: the records.
        own: float32 [n, D], where to start.
        other: float32 [m, D].
        alpha: how much pairs without a record weigh.
        penalty: [n] or one number, of each row.
    """
    gram = alpha * other.T @ other
    penalty = torch.as_tensor(penalty, device=own.device).expand(len(own))[:, None]
    gathered = other[side.columns]

    def product(vectors: Tensor) -> Tensor:
        told = (gathered * vectors[side.rows]).sum(1)
        return vectors @ gram + penalty * vectors + _sums(side, told, other)

    residual = _sums(side, torch.ones(len(side.rows), device=own.device), other) - product(own)
    found, direction = own.clone(), residual
    size = residual.square().sum(1, keepdim=True)
    for _ in range(STEPS):
        towards = product(direction)
        step = size / (direction * towards).sum(1, keepdim=True).clamp(min=1e-20)
        found = found + step * direction
        residual = residual - step * towards
        after = residual.square().sum(1, keepdim=True)
        direction = residual + after / size.clamp(min=1e-20) * direction
        size = after
    return found * side.known[:, None]


def exact(side: Side, own: Tensor, other: Tensor, alpha: float, penalty: Tensor | float) -> Tensor:
    """Return the solution, float32 [n, D], by Cholesky, some rows at a time; see ``conjugate_gradient``."""
    gram = alpha * other.T @ other
    dimension = own.shape[1]
    penalty = torch.as_tensor(penalty, device=own.device).expand(len(own))
    found = torch.zeros_like(own)
    step = max(1, NUMBERS // dimension**2)
    for start in range(0, len(own), step):
        part = np.arange(start, min(start + step, len(own)))
        lists = side.lists.take(part)
        rows, columns = (torch.from_numpy(a).to(own.device) for a in (lists.rows, lists.indices))
        matrix = gram.repeat(len(part), 1, 1)
        for begin in range(0, len(rows), step):
            near = other[columns[begin : begin + step]]
            matrix.index_add_(0, rows[begin : begin + step], near[:, :, None] * near[:, None])
        matrix.diagonal(dim1=1, dim2=2).add_(penalty[part[0] : part[-1] + 1, None])
        right = torch.zeros(len(part), dimension, device=own.device).index_add_(0, rows, other[columns])
        factor = torch.linalg.cholesky(matrix)
        found[part[0] : part[-1] + 1] = torch.cholesky_solve(right[:, :, None], factor)[:, :, 0]
    return found * side.known[:, None]


def _sums(side: Side, weights: Tensor, other: Tensor) -> Tensor:
    """Return Σ weight * q over each row's records, float32 [n, D]."""
    records = torch.sparse_csr_tensor(side.indptr, side.columns, weights, (len(side.lists), len(other)))
    summed: Tensor = records @ other
    return summed
