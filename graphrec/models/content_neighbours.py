"""Where an item's content puts it among items whose embedding is known."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, normalize

_ROWS = 2048
_EQUAL = 1e-3
"""Cosines that differ by no more are as good as equal where neighbours count alike."""


class ContentNeighbours:
    """The known items most like any other by content.

    Which they are does not change while a model trains: the lists are made once, for the items asked about, and kept.

    Args:
        content: float32 [items, F], zeros where an item has none.
        known: int64 [k], the items whose embedding is known; an item is no neighbour of itself.
        count: how many neighbours an item has at most.
        weighted: whether a neighbour counts as its cosine; else all count alike, and which of many that are equally
            like an item are its neighbours is drawn once: it is neither their order in the graph nor rounding.
    """

    def __init__(self, content: Tensor, known: Tensor, count: int, *, weighted: bool = True) -> None:
        self._content, self.known, self._weighted = content, known, weighted
        draws = torch.rand(0 if weighted else len(known), generator=torch.Generator().manual_seed(0))
        self._apart = (_EQUAL * draws).to(content.device)
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
        for part in torch.split(new, _ROWS) if len(new) else ():
            self._weights[part], rows = self._most_alike(self._content[part], self._row[part])
            self._rows[part] = rows.int()
            self._listed[part] = True
        return _weighted(self._weights[items], self._rows[items].long(), embeddings)

    def mean_for(self, content: Tensor, embeddings: Tensor) -> Tensor:
        """Return the same for items that are not in the graph, by their content, float32 [n, F]."""
        parts = [_weighted(*self._most_alike(part, None), embeddings) for part in torch.split(content, _ROWS)]
        return torch.cat(parts)

    def nearest(self, content: Tensor, item: int = -1) -> tuple[Tensor, Tensor]:
        """Return which of ``known`` an item is like, int64 [count], and with which weights, float32 [count].

        Args:
            content: float32 [1, F].
            item: which item of the graph that is; -1 for none.
        """
        weights, rows = self._most_alike(content, self._row[item : item + 1] if item >= 0 else None)
        return weights[0], rows[0]

    def _most_alike(self, content: Tensor, own: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the known items nearest by cosine to each row of ``content``.

        Args:
            content: float32 [n, F].
            own: int64 [n], an item's own row among the known or -1; it is left out.

        Returns:
            Weights float32 [n, count], proportional to the cosine or all alike, with sum 1, or all 0 where nothing is
            alike (no cosine above 0); rows int64 [n, count].
        """
        # The lists are kept, and made again where the model is loaded: in bfloat16 they would be others.
        with torch.autocast(content.device.type, enabled=False):
            return self._nearest(content, own)

    def _nearest(self, content: Tensor, own: Tensor | None) -> tuple[Tensor, Tensor]:
        unit = normalize(content, dim=1)
        best = torch.empty(len(content), 0, device=content.device)
        rows = torch.empty(len(content), 0, dtype=torch.int64, device=content.device)
        # By blocks of known items too: a copy of all their content would be as large as the features.
        for start in range(0, len(self.known), _ROWS):
            ids = torch.arange(start, min(start + _ROWS, len(self.known)), device=content.device)
            cosine = unit @ normalize(self._content[self.known[ids]], dim=1).T
            if not self._weighted:
                cosine += self._apart[ids]
            if own is not None:
                here = ((own >= start) & (own < start + len(ids))).nonzero()[:, 0]
                cosine[here, own[here] - start] = -1
            best = torch.cat([best, cosine], 1)
            rows = torch.cat([rows, ids.expand(len(content), -1)], 1)
            best, at = best.topk(min(self._count, best.shape[1]), dim=1)
            rows = rows.gather(1, at)
        weights = best.clamp(min=0) if self._weighted else (best > _EQUAL).float()
        return weights / weights.sum(1, keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny), rows


def _weighted(weights: Tensor, rows: Tensor, embeddings: Tensor) -> Tensor:
    if not rows.shape[1]:
        return torch.zeros(len(rows), embeddings.shape[1], device=embeddings.device)
    return embedding_bag(rows, embeddings, per_sample_weights=weights, mode="sum")
