"""Half a sweep of alternating least squares: every row of one side, while the other side stands."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
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
        weights: float64 [E], how much each entry of ``lists`` weighs, those of a pair together; None for 1 each.
    """

    def __init__(
        self, lists: Ragged, others: int, device: torch.device, weights: npt.NDArray[np.float64] | None = None
    ) -> None:
        pairs, place = np.unique(lists.rows * others + lists.indices, return_inverse=True)
        told = np.ones(len(pairs)) if weights is None else np.bincount(place, weights, len(pairs))
        self.weights = torch.from_numpy(told).to(device).float()
        self.lists = Ragged.from_sorted(pairs // others, pairs % others, len(lists))
        self.indptr, self.columns = (
            torch.from_numpy(a).to(device) for a in (self.lists.indptr, self.lists.indices)
        )
        self.known = torch.from_numpy(self.lists.lengths > 0).to(device)
        of_rows = np.bincount(self.lists.rows, told, len(lists))
        self.degrees = torch.from_numpy(of_rows).to(device).float()
        """float32 [n], the weight of all records of a row."""
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
        """Return w <p, q> of each record, float32 [E], for ``own`` [n, D] and ``other`` [m, D]; nothing is gathered."""
        found: Tensor = torch.sparse.sampled_addmm(self._where, own, other.T, beta=0.0).values()
        return self.weights * found

    def sums(self, weights: Tensor, other: Tensor) -> Tensor:
        """Return Σ weight * q over each row's records, float32 [n, D], for ``weights`` [E] and ``other`` [m, D]."""
        return embedding_bag(
            self.columns, other, self.indptr, mode="sum", per_sample_weights=weights, include_last_offset=True
        )

    def blocks(self, dimension: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield rows with a record, int64 [R], what they have, int64 [R, L], filled up with m, and its weights, [R, L].

        They are of like lengths.
        """
        told = self.weights.numpy(force=True)
        lengths = self.lists.lengths
        order = np.argsort(lengths, kind="stable")[int((lengths == 0).sum()) :]
        while len(order):
            # Of rows in the order of their lengths the last is the longest: as many as fit with that one's.
            size = np.arange(1, len(order) + 1) * np.maximum(lengths[order], dimension) * dimension
            count = max(1, int(np.searchsorted(size, NUMBERS, side="right")))
            rows, order = order[:count], order[count:]
            lists = self.lists.take(rows)
            filled = np.full((count, int(lists.lengths[-1])), self._where.shape[1])
            weights = np.zeros(filled.shape, np.float32)
            there = np.arange(filled.shape[1]) < lists.lengths[:, None]
            filled[there] = lists.indices
            weights[there] = told[self.lists.places(rows)]
            yield (
                torch.from_numpy(rows).to(self.columns.device),
                torch.from_numpy(filled).to(self.columns.device),
                torch.from_numpy(weights).to(self.columns.device),
            )


def conjugate_gradient(
    side: Side, own: Tensor, other: Tensor, alpha: float, penalty: Tensor | float
) -> Tensor:
    """Return vectors of ``side``, float32 [n, D], nearer to the solution than ``own`` (Takács et al. 2011, Alg. 2).

    All rows at once: with W the records, (α QᵀQ + Σ_W w q qᵀ + penalty) p = Σ_W w q. A step is one product of the
    sparse records with the other side, and one of the other side with itself.

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

    residual = side.sums(side.weights - side.products(own, other), other) - everywhere(own)
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
    for rows, columns, weights in side.blocks(own.shape[1]):
        near = filled[columns]
        weighed = weights[:, :, None] * near
        matrix = (weighed.mT @ near).add_(gram)
        matrix.diagonal(dim1=1, dim2=2).add_(penalty[rows, None])
        right = weighed.sum(1)[:, :, None]
        found[rows] = torch.cholesky_solve(right, torch.linalg.cholesky(matrix))[:, :, 0]
    return found
