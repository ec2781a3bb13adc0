"""Half a sweep of alternating least squares: every row of one side, while the other side stands."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from graphrec.ragged import Ragged

STEPS = 3
"""Steps of conjugate gradients: more bring nothing where each starts from the last sweep's vectors."""
NUMBERS = 1 << 22
"""So many numbers are in memory at a time where rows are solved exactly."""


class Side:
    """The records of one side's rows, arranged for least squares.

    Args:
        lists: what each row has; a pair that is there twice counts once.
        others: how many rows the other side has.
        device: where to keep them.
    """

    def __init__(self, lists: Ragged, others: int, device: torch.device) -> None:
        pairs = np.unique(lists.rows * others + lists.indices)
        self.lists = Ragged.from_sorted(pairs // others, pairs % others, len(lists))
        self.indptr, self.columns = (
            torch.from_numpy(a).to(device) for a in (self.lists.indptr, self.lists.indices)
        )
        self.degrees = torch.from_numpy(self.lists.lengths).to(device).float()
        self.known = self.degrees > 0
        with warnings.catch_warnings():
            # Torch says of every sparse matrix that this may change; what is used of it here is one product.
            warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta state", UserWarning)
            self._where = torch.sparse_csr_tensor(
                self.indptr,
                self.columns,
                torch.zeros(len(pairs), device=device),
                (len(lists), others),
                check_invariants=True,
            )

    def products(self, own: Tensor, other: Tensor) -> Tensor:
        """Return <p, q> of each record, float32 [E], for ``own`` [n, D] and ``other`` [m, D], none of them gathered."""
        found: Tensor = torch.sparse.sampled_addmm(self._where, own, other.T, beta=0.0).values()
        return found

    def sums(self, weights: Tensor, other: Tensor) -> Tensor:
        """Return Σ weight * q over each row's records, float32 [n, D], for ``weights`` [E] and ``other`` [m, D]."""
        return embedding_bag(
            self.columns, other, self.indptr, mode="sum", per_sample_weights=weights, include_last_offset=True
        )

    def blocks(self, dimension: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield rows with a record, int64 [R], and what they have, int64 [R, L], filled up with m; of like lengths."""
        lengths = self.lists.lengths
        order = np.argsort(lengths, kind="stable")[int((lengths == 0).sum()) :]
        while len(order):
            # Of rows in the order of their lengths the last is the longest: as many as fit with that one's.
            size = np.arange(1, len(order) + 1) * np.maximum(lengths[order], dimension) * dimension
            count = max(1, int(np.searchsorted(size, NUMBERS, side="right")))
            rows, order = order[:count], order[count:]
            lists = self.lists.take(rows)
            filled = np.full((count, int(lists.lengths[-1])), self._where.shape[1])
            filled[np.arange(filled.shape[1]) < lists.lengths[:, None]] = lists.indices
            yield (
                torch.from_numpy(rows).to(self.columns.device),
                torch.from_numpy(filled).to(self.columns.device),
            )


def conjugate_gradient(
    side: Side, own: Tensor, other: Tensor, alpha: float, penalty: Tensor | float
) -> Tensor:
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

    def everywhere(vectors: Tensor) -> Tensor:
        return torch.addmm(penalty * vectors, vectors, gram)

    residual = side.sums(1 - side.products(own, other), other) - everywhere(own)
    found, direction = own.clone(), residual
    size = residual.square().sum(1, keepdim=True)
    for _ in range(STEPS):
        towards = everywhere(direction) + side.sums(side.products(direction, other), other)
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
    penalty = torch.as_tensor(penalty, device=own.device).expand(len(own))
    filled = torch.cat([other, other.new_zeros(1, other.shape[1])])
    found = torch.zeros_like(own)
    for rows, columns in side.blocks(own.shape[1]):
        near = filled[columns]
        matrix = (near.mT @ near).add_(gram)
        matrix.diagonal(dim1=1, dim2=2).add_(penalty[rows, None])
        right = near.sum(1)[:, :, None]
        found[rows] = torch.cholesky_solve(right, torch.linalg.cholesky(matrix))[:, :, 0]
    return found
