"""A frozen graph of items: each beside those that are most like it by each of its feature matrices."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from graphrec.models.content_neighbours import ContentNeighbours


class ItemGraph:
    """The mean over the matrices that describe an item, of its nearest known items by each.

    Args:
        content: float32 [items, F] of each matrix, zeros where an item has none.
        known: int64 [k], the items that may be neighbours.
        count: how many neighbours an item has at most, by each matrix; they count alike.
    """

    def __init__(self, content: Sequence[Tensor], known: Tensor, count: int) -> None:
        self._near = [ContentNeighbours(one, known, count, weighted=False) for one in content]
        self._shares = _shares(content)

    def mean(self, items: Tensor, embeddings: Tensor) -> Tensor:
        """Return float32 [n, D] for items, int64 [n], from the ``embeddings`` of ``known``, float32 [k, D]."""
        parts = zip(self._near, self._shares, strict=True)
        return torch.stack([near.mean(items, embeddings) * share[items] for near, share in parts]).sum(0)

    def mean_for(self, content: Sequence[Tensor], embeddings: Tensor) -> Tensor:
        """Return the same for items that are not in the graph, by their content, float32 [n, F] of each matrix."""
        parts = zip(self._near, content, _shares(content), strict=True)
        return torch.stack([near.mean_for(one, embeddings) * share for near, one, share in parts]).sum(0)


def _shares(content: Sequence[Tensor]) -> Tensor:
    """Return how much each matrix counts for each item, float32 [matrices, n, 1]: all that describe it alike."""
    told = torch.stack([one.any(1, keepdim=True) for one in content]).float()
    return told / told.sum(0).clamp(min=1)
