"""Message-passing inputs: the neighbour lists of each layer, sampled or whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Neighbours:
    """Neighbour lists in both directions, so that forward and backward are both gathers.

    Attributes:
        indptr: int64 [targets + 1].
        indices: int64 [edges], positions among the layer's input nodes of the other kind.
        reverse_indptr: int64 [sources + 1], the same edges listed by source.
        reverse_indices: int64 [edges], positions among the targets.
    """

    indptr: Tensor
    indices: Tensor
    reverse_indptr: Tensor
    reverse_indices: Tensor


@dataclass(frozen=True)
class Layer:
    """One propagation step. Its targets are the first nodes of its inputs, for users and items alike.

    Attributes:
        user_items: for each target user, its neighbour items among the layer's input items.
        item_users: for each target item, its neighbour users among the layer's input users.
    """

    user_items: Neighbours
    item_users: Neighbours

    @property
    def users(self) -> int:
        """How many target users."""
        return len(self.user_items.indptr) - 1

    @property
    def items(self) -> int:
        """How many target items."""
        return len(self.item_users.indptr) - 1


@dataclass(frozen=True)
class Blocks:
    """What K layers need to compute the seeds' embeddings.

    A model treats sampled blocks and the whole graph alike: it gathers the input rows by ``users`` and
    ``items``, runs the layers, and picks ``output[seed_users]`` and ``output[seed_items]``.

    Sampled: ``users`` and ``items`` begin with the seeds, the last layer's targets are the seeds and nothing
    else, and the positions are 0, 1, 2, ... The whole graph: ``users`` and ``items`` are all ids in order,
    every layer's targets are all nodes, and the positions are the seeds' ids.

    Attributes:
        users: int64 [U], graph ids of the input users.
        items: int64 [I], graph ids of the input items.
        layers: K layers, input side first; with K = 0 the inputs are the outputs.
        seed_users: int64 [u], where the seed users are among the last layer's target users.
        seed_items: int64 [i], where the seed items are among the last layer's target items.
    """

    users: Tensor
    items: Tensor
    layers: tuple[Layer, ...]
    seed_users: Tensor
    seed_items: Tensor

    def to(self, device: torch.device) -> Blocks:
        """Return the blocks on ``device``; tensors that layers share are moved once."""
        if self.users.device == device:
            return self
        moved: dict[int, Tensor] = {}

        def move(tensor: Tensor) -> Tensor:
            if id(tensor) not in moved:
                source = tensor.pin_memory() if device.type == "cuda" else tensor
                moved[id(tensor)] = source.to(device, non_blocking=True)
            return moved[id(tensor)]

        def lists(neighbours: Neighbours) -> Neighbours:
            return Neighbours(*map(move, vars(neighbours).values()))

        layers = tuple(Layer(lists(layer.user_items), lists(layer.item_users)) for layer in self.layers)
        return Blocks(
            move(self.users), move(self.items), layers, move(self.seed_users), move(self.seed_items)
        )


class Sampler(Protocol):
    """Draws the blocks of a set of seeds from the training graph."""

    def sample(self, users: Tensor, items: Tensor) -> Blocks:
        """Return the blocks for seed ``users`` [u] and ``items`` [i], both int64 and without repeats.

        Raises:
            DataError: a seed is not a node of the graph, or is given twice.
        """
        ...
