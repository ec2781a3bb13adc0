"""Where an item's content puts it among items whose embedding is known."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, normalize

_SCORES = 1 << 24


class ContentNeighbours:
    """The known items most like any other by content.

    Which they are does not change while a model trains: the lists are made once, for the items asked about, and kept.

    Args:
        content: float32 [items, F], zeros where an item has none.
        known: int64 [k], the items whose embedding is known; an item is no neighbour of itself.
        count: how many neighbours an item has at most.
    """

    def __init__(self, content: Tensor, known: Tensor, count: int) -> None:
        self._content, self.known = content, known
        self._count = min(count, len(known))
        self._rows = torch.empty(len(content), self._count, dtype=torch.int32, device=content.device)
        self._weights = torch.empty(len(content), self._count, device=content.device)
        self._listed = torch.zeros(len(content), dtype=torch.bool, device=content.device)
        self._row = torch.full((len(content),), -1, device=content.device)
        self._row[known] = torch.arange(len(known), device=content.device)

    def mean(self, items: Tensor, embeddings: Tensor) -> Tensor:
        """Return the mean embedding of each item's neighbours, weighted by cosine: float32 [n, D].

        Args:
            items: int64 [n].
            embeddings: float32 [k, D], of ``known``.
        """
        new = torch.unique(items[~self._listed[items]])
        if len(new):
            found = most_alike(self._content[new], self._content[self.known], self._count, self._row[new])
            self._weights[new], self._rows[new] = found[0], found[1].int()
            self._listed[new] = True
        return _weighted(self._weights[items], self._rows[items].long(), embeddings)

    def mean_for(self, content: Tensor, embeddings: Tensor) -> Tensor:
        """Return the same for items that are not in the graph, by their content, float32 [n, F]."""
        weights, rows = most_alike(content, self._content[self.known], self._count)
        return _weighted(weights, rows, embeddings)


def most_alike(
    content: Tensor, known: Tensor, count: int, own: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the ``count`` rows of ``known`` most like each row of ``content``, with weights.

    Args:
        content: float32 [n, F].
        known: float32 [k, F].
        count: how many, at most k.
        own: int64 [n], an item's own row of ``known`` or -1; it is left out.

    Returns:
        Weights float32 [n, count], proportional to the cosine, with sum 1, or all 0 where nothing is alike (no
        cosine above 0); rows int64 [n, count].
    """
    weights = torch.empty(len(content), count, device=content.device)
    rows = torch.empty(len(content), count, dtype=torch.int64, device=content.device)
    unit = normalize(known, dim=1).T
    step = max(1, _SCORES // max(1, len(known)))
    for start in range(0, len(content) if count else 0, step):
        part = slice(start, start + step)
        cosine = normalize(content[part], dim=1) @ unit
        if own is not None:
            here = (own[part] >= 0).nonzero()[:, 0]
            cosine[here, own[part][here]] = -1
        weight, rows[part] = cosine.topk(count, dim=1)
        weight = weight.clamp(min=0)
        weights[part] = weight / weight.sum(1, keepdim=True).clamp(min=torch.finfo(weight.dtype).tiny)
    return weights, rows


def _weighted(weights: Tensor, rows: Tensor, embeddings: Tensor) -> Tensor:
    if not rows.shape[1]:
        return torch.zeros(len(rows), embeddings.shape[1], device=embeddings.device)
    return embedding_bag(rows, embeddings, per_sample_weights=weights, mode="sum")
