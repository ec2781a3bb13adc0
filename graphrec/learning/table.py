"""Embedding tables: dense gradients while they are small, sparse ones where a batch touches a small part."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from graphrec.learning.optimisers import Move

LARGE = 1 << 22
"""From so many numbers on, walking through all of them at every step costs more than sorting the rows of a batch."""


class Table(nn.Module):
    """A vector for each of ``count`` nodes.

    Args:
        count: how many nodes.
        dimension: numbers per vector.
        std: standard deviation of what it starts with; 0: zeros.
        sparse: whether gradients are sparse; None: where the table has more than ``LARGE`` numbers.
    """

    def __init__(self, count: int, dimension: int, *, std: float = 0.1, sparse: bool | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(count, dimension) * std if std else torch.zeros(count, dimension))
        self.sparse = count * dimension > LARGE if sparse is None else sparse

    def forward(self, rows: Tensor) -> Tensor:
        """Return float32 [..., D] for int64 [...]."""
        return embedding(rows, self.weight, sparse=self.sparse)

    @property
    def move(self) -> Move:
        """What moves it: Adam, or its lazy form for sparse gradients."""
        return Move([self.weight], "sparse_adam" if self.sparse else "adam")
