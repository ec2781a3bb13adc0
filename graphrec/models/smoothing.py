"""Propagation without weights or activations: the mean of K symmetric steps (LightGCN Eq. 3, 4 and 7)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from graphrec.graph.blocks import Blocks, Neighbours
from graphrec.graph.data import Data, Shape
from graphrec.graph.full_graph import whole_graph
from graphrec.models.aggregate import mean_pool
from graphrec.ragged import Ints


class Smoothing(nn.Module):
    """E = (E^0 + ... + E^K) / (K + 1), where E^{k+1} = Â E^k.

    Â has 1 / sqrt(degree of a * degree of i) where user a has a training record of item i, and 0 elsewhere.

    Args:
        shape: how many users and items there are.
        layers: K.
    """

    user_roots: Tensor
    item_roots: Tensor

    def __init__(self, shape: Shape, layers: int) -> None:
        super().__init__()
        self.layers = layers
        for name, nodes in (("user_roots", shape.users), ("item_roots", shape.items)):
            self.register_buffer(name, torch.ones(nodes, 1), persistent=False)

    def attach(self, data: Data) -> None:
        """Take the training graph."""
        for roots, lists in ((self.user_roots, data.by_user), (self.item_roots, data.by_item)):
            roots.copy_(_roots(torch.from_numpy(lists.lengths)))
        layer = whole_graph(data, torch.arange(data.items), 1).to(self.user_roots.device).layers[0]
        self._graph = layer.user_items, layer.item_users
        self._thinned: tuple[Neighbours, Neighbours] | None = None

    def take(self, thinned: tuple[Neighbours, Neighbours]) -> None:
        """Go along these lists, of users over items and of items over users, while training."""
        self._thinned = thinned

    def forward(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return E of all users and items, float32 [users, D] and [items, D], from E^0.

        Â is symmetric, and so is what is linear in it: gradients go the same way, and no step is kept for them.
        """
        smooth: tuple[Tensor, Tensor] = _Smooth.apply(users, items, self)  # type: ignore[no-untyped-call]
        return smooth

    def of_blocks(self, blocks: Blocks, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return E of the seeds of sampled ``blocks`` from E^0 of their inputs, float32 [u, D] and [i, D]."""
        last = blocks.layers[-1]
        summed_users, summed_items = users[: last.users], items[: last.items]
        for layer in blocks.layers:
            user_roots, item_roots = self.user_roots[blocks.users], self.item_roots[blocks.items]
            users, items = (
                _step(layer.user_items, items, item_roots, user_roots),
                _step(layer.item_users, users, user_roots, item_roots),
            )
            summed_users = summed_users + users[: last.users]
            summed_items = summed_items + items[: last.items]
        return summed_users / (self.layers + 1), summed_items / (self.layers + 1)

    @torch.no_grad()
    def item_levels(self, users: Tensor, items: Tensor) -> Tensor:
        """Return E^0 + ... + E^{K-1} of all items, each divided by the root of its degree, float32 [items, D]."""
        total = torch.zeros_like(items)
        for _ in range(self.layers):
            total += items
            users, items = self._next(users, items)
        return total / self.item_roots

    def of_user(self, own: Tensor, levels: Tensor, history: Ints) -> Tensor:
        """Return E, float32 [D], of one user who has ``history``; all around stays as it was in training.

        Args:
            own: float32 [D], E^0.
            levels: as ``item_levels`` returns them.
            history: int64 [n].
        """
        items = torch.from_numpy(history).to(levels.device)
        pooled = levels[items].sum(0) / max(1, len(history)) ** 0.5
        embedded: Tensor = (own + pooled) / (self.layers + 1)
        return embedded

    def mean(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return E from E^0."""
        summed = users.clone(), items.clone()
        for _ in range(self.layers):
            users, items = self._next(users, items)
            summed[0].add_(users)
            summed[1].add_(items)
        return summed[0].div_(self.layers + 1), summed[1].div_(self.layers + 1)

    def _next(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        if self.training and self._thinned is not None:
            graph = self._thinned
            user_roots, item_roots = (_roots(lists.indptr.diff()) for lists in graph)
        else:
            graph, user_roots, item_roots = self._graph, self.user_roots, self.item_roots
        return _step(graph[0], items, item_roots, user_roots), _step(graph[1], users, user_roots, item_roots)


def _roots(degrees: Tensor) -> Tensor:
    return degrees.clamp(min=1).float()[:, None].sqrt()


class _Smooth(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, users: Tensor, items: Tensor, smoothing: Smoothing) -> tuple[Tensor, Tensor]:
        ctx.smoothing = smoothing
        return smoothing.mean(users, items)

    @staticmethod
    def backward(ctx: Any, users: Tensor, items: Tensor) -> tuple[Tensor | None, ...]:
        return (*ctx.smoothing.mean(users, items), None)


def _step(lists: Neighbours, x: Tensor, sources: Tensor, targets: Tensor) -> Tensor:
    """Return sum of x_s / sqrt(degree of s * degree of t) over the neighbours s of each target t.

    Of sampled neighbours their mean stands for that of all.
    """
    return mean_pool(lists, x / sources[: len(x)]) * targets[: len(lists.indptr) - 1]
