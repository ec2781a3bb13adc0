"""Propagation of user and item embeddings through the bipartite graph (TransGRec Eq. 4 to 9)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from graphrec.graph.blocks import Blocks, Neighbours
from graphrec.graph.data import Data, Shape
from graphrec.models.aggregate import mean_pool

Activation = Literal["relu", "none"]
Pooling = Literal["mean", "symmetric"]


class Propagation(nn.Module):
    """K layers of ``u <- σ(W_u (u + pool of its items))`` and the mirror for items.

    Args:
        shape: how many users and items there are.
        layers: K.
        dimension: D.
        activation: σ.
        transform: whether there are W_u and W_v; without them they are the identity.
        identity_start: whether they start as the identity rather than at random.
        pooling: ``mean`` (the paper's), or ``symmetric``: sum of v_i / sqrt(degree of a * degree of i), as
            LightGCN.
    """

    user_degree: Tensor
    item_degree: Tensor

    def __init__(
        self,
        shape: Shape,
        layers: int,
        dimension: int,
        activation: Activation,
        *,
        transform: bool,
        identity_start: bool,
        pooling: Pooling,
    ) -> None:
        super().__init__()
        self.layers, self.activation, self.pooling = layers, activation, pooling
        count = layers if transform else 0
        self.user_transforms = nn.ModuleList(_linear(dimension, identity_start) for _ in range(count))
        self.item_transforms = nn.ModuleList(_linear(dimension, identity_start) for _ in range(count))
        for name, nodes in (("user_degree", shape.users), ("item_degree", shape.items)):
            self.register_buffer(name, torch.ones(nodes, 1), persistent=False)

    def attach(self, data: Data) -> None:
        """Take the degrees of the training graph, for symmetric pooling."""
        for degree, lists in ((self.user_degree, data.by_user), (self.item_degree, data.by_item)):
            degree.copy_(torch.from_numpy(lists.lengths).clamp(min=1).float()[:, None].sqrt())

    def forward(self, blocks: Blocks, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return the seeds' embeddings [u, D] and [i, D].

        Args:
            blocks: with K layers.
            users: float32 [len(blocks.users), D], u^0.
            items: float32 [len(blocks.items), D], v^0.
        """
        for k in range(len(blocks.layers)):
            users, items = self.step(blocks, k, users, items)
        return users, items

    def step(self, blocks: Blocks, k: int, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return u^{k+1} and v^{k+1} of the targets of layer ``k`` from u^k and v^k of its inputs."""
        layer = blocks.layers[k]
        user_degree, item_degree = self.user_degree[blocks.users], self.item_degree[blocks.items]
        from_items = self._pool(layer.user_items, items, item_degree, user_degree)
        from_users = self._pool(layer.item_users, users, user_degree, item_degree)
        users, items = users[: layer.users] + from_items, items[: layer.items] + from_users
        if len(self.user_transforms):
            users, items = self.user_transforms[k](users).float(), self.item_transforms[k](items).float()
        return (users.relu(), items.relu()) if self.activation == "relu" else (users, items)

    def of_user(self, start: Tensor, neighbours: list[Tensor], degrees: Tensor) -> Tensor:
        """Return u^K, float32 [D], of one user by Eq. 4 and 5 alone: the graph around stays as it is.

        Args:
            start: float32 [D], u^0.
            neighbours: v^0 to v^{K-1} of its items, float32 [n, D] each.
            degrees: float32 [n, 1], roots of the items' degrees.
        """
        user = start
        for k, items in enumerate(neighbours):
            pooled = items if self.pooling == "mean" else items / degrees * len(items) ** 0.5
            user = user + pooled.mean(0)
            if len(self.user_transforms):
                user = self.user_transforms[k](user).float()
            user = user.relu() if self.activation == "relu" else user
        return user

    def _pool(self, lists: Neighbours, x: Tensor, sources: Tensor, targets: Tensor) -> Tensor:
        if self.pooling == "mean":
            return mean_pool(lists, x)
        return mean_pool(lists, x / sources[: len(x)]) * targets[: len(lists.indptr) - 1]


def _linear(dimension: int, identity_start: bool) -> nn.Linear:
    linear = nn.Linear(dimension, dimension, bias=False)
    if identity_start:
        nn.init.eye_(linear.weight)
    return linear
