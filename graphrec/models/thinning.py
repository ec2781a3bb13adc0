"""Some of the training graph's edges, those of nodes that have few rather than those of nodes that have many."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphrec.graph.blocks import Neighbours
from graphrec.graph.data import Data


class Thinning:
    """Draws edges without replacement, with probabilities as 1 / sqrt(degree of a * degree of i) (FREEDOM's
    degree-sensitive pruning).

    Args:
        data: the training graph.
        dropped: ρ, the share of edges that are left out.
        device: where edges are drawn.
    """

    def __init__(self, data: Data, dropped: float, device: torch.device) -> None:
        users, items = data.by_user.rows, np.asarray(data.by_user.indices)
        self._users, self._items = (torch.from_numpy(np.array(ids)).to(device) for ids in (users, items))
        self._by_item = torch.from_numpy(np.argsort(items, kind="stable")).to(device)
        degrees = data.by_user.lengths[users] * data.by_item.lengths[items]
        self._roots = torch.from_numpy(degrees).to(device).double().sqrt()
        self._sizes = data.users, data.items
        self._kept = max(1, round((1 - dropped) * len(users)))

    def draw(self, generator: torch.Generator) -> tuple[Neighbours, Neighbours]:
        """Return the lists of users over items and of items over users.

        The first to come of exponential times with the edges' probabilities as rates (Efraimidis and Spirakis 2006).
        """
        times = torch.empty_like(self._roots).exponential_(generator=generator).mul_(self._roots)
        kept = torch.zeros(len(times), dtype=torch.bool, device=times.device)
        kept[times.topk(self._kept, largest=False).indices] = True
        by_item = self._by_item[kept[self._by_item]]
        lists = (
            (_indptr(self._users[kept], self._sizes[0]), self._items[kept]),
            (_indptr(self._items[by_item], self._sizes[1]), self._users[by_item]),
        )
        return Neighbours(*lists[0], *lists[1]), Neighbours(*lists[1], *lists[0])


def _indptr(rows: Tensor, count: int) -> Tensor:
    ends = torch.bincount(rows, minlength=count).cumsum(0)
    return torch.cat([ends.new_zeros(1), ends])
