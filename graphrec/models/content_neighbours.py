"""Where an item's content puts it among items whose embedding is known."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

_SCORES = 1 << 24


def mean_of_neighbours(
    content: Tensor, known: Tensor, embeddings: Tensor, count: int, own: Tensor | None = None
) -> Tensor:
    """Return the mean embedding of the ``count`` known items most like each item, weighted by their cosine.

    Args:
        content: float32 [n, F].
        known: float32 [k, F], content of the items whose embedding is known.
        embeddings: float32 [k, D].
        count: how many neighbours; ones that are not alike (cosine below 0) weigh nothing.
        own: int64 [n], an item's own row of ``known`` or -1; it is no neighbour of itself.

    Returns:
        float32 [n, D], zeros where nothing is alike.
    """
    found = torch.zeros(len(content), embeddings.shape[1], device=content.device)
    if not len(known):
        return found
    unit = normalize(known, dim=1).T
    rows = max(1, _SCORES // len(known))
    for start in range(0, len(content), rows):
        part = slice(start, start + rows)
        cosine = normalize(content[part], dim=1) @ unit
        if own is not None:
            here = (own[part] >= 0).nonzero()[:, 0]
            cosine[here, own[part][here]] = -1
        weight, neighbour = cosine.topk(min(count, len(known)), dim=1)
        weight = weight.clamp(min=0)
        weight = weight / weight.sum(1, keepdim=True).clamp(min=torch.finfo(weight.dtype).tiny)
        found[part] = torch.einsum("nk,nkd->nd", weight, embeddings[neighbour])
    return found
