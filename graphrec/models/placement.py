"""Where items without edges go in the space of graph embeddings, by their content alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from graphrec.models.content_neighbours import ContentNeighbours

_SAMPLE = 2048


class Placement:
    """Blends T(g_i), what content says in general, with the mean v_j of the known items nearest by content.

    T shrinks towards the mean, as any regression does; it is brought to the length of the neighbours' means first.

    Args:
        transfer: T, from scaled content [n, F] to float32 [n, D].
        content: float32 [items, F], scaled, of the graph's items.
        neighbours: the known items most like each.
        known: float32 [k, D], the graph embeddings v_j of ``neighbours.known``.
        share: of the neighbours, 0 to 1; the rest is T's.
    """

    def __init__(
        self,
        transfer: Callable[[Tensor], Tensor],
        content: Tensor,
        neighbours: ContentNeighbours,
        known: Tensor,
        share: float,
    ) -> None:
        self._transfer, self._content = transfer, content
        self._neighbours, self._known, self._share = neighbours, known, share
        self._scale = self._length() if share and len(known) else torch.ones((), device=content.device)

    def items(self, items: Tensor) -> Tensor:
        """Return float32 [n, D] for items of the graph, int64 [n]."""
        learned = self._transfer(self._content[items])
        if not self._share:
            return learned
        return self._blend(learned, self._neighbours.mean(items, self._known))

    def content(self, content: Tensor) -> Tensor:
        """Return float32 [n, D] for items that came later, by their scaled content, float32 [n, F]."""
        learned = self._transfer(content)
        if not self._share:
            return learned
        return self._blend(learned, self._neighbours.mean_for(content, self._known))

    def _blend(self, learned: Tensor, near: Tensor) -> Tensor:
        blended: Tensor = (1 - self._share) * self._scale * learned + self._share * near
        return blended

    def _length(self) -> Tensor:
        count = len(self._known)
        some = torch.linspace(0, count - 1, min(count, _SAMPLE), device=self._known.device).long()
        items = self._neighbours.known[some]
        near = self._neighbours.mean(items, self._known).norm(dim=1).mean()
        learned = self._transfer(self._content[items]).norm(dim=1).mean()
        # Of fewer items than features are wide, whitening makes each alike to none: T is all that is known.
        scale: Tensor = torch.where(near > 0, near / learned.clamp(min=1e-9), 1.0)
        return scale
