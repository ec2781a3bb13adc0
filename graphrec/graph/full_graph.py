"""The whole training graph as blocks: no sampling, nothing to copy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from graphrec.graph.blocks import Blocks, Layer, Neighbours
from graphrec.graph.checks import check_edges, check_seeds
from graphrec.graph.data import TrainingData
from graphrec.graph.ragged import Ints, Ragged


class FullGraph:
    """A ``Sampler`` whose layers are all nodes and all edges, built once and shared by every call.

    ``users`` and ``items`` of its blocks are 0, 1, 2, ..., so a seed's position is its id: ``seed_users`` and
    ``seed_items`` are the seeds themselves.

    Args:
        data: the training graph; U users, I items, E edges.
        layers: K, how many propagation steps; 0 is allowed.

    Raises:
        DataError: the two edge lists disagree or point outside the graph.
    """

    def __init__(self, data: TrainingData, layers: int) -> None:
        check_edges(data)
        layer = Layer(_neighbours(data.by_user, data.by_item), _neighbours(data.by_item, data.by_user))
        none = torch.empty(0, dtype=torch.int64)
        ids = torch.arange(data.users), torch.arange(data.items)
        self._blocks = Blocks(*ids, (layer,) * layers, none, none)

    def to(self, device: torch.device | str) -> FullGraph:
        """Keep the graph on ``device`` from now on (16 bytes an edge and direction); returns itself."""
        layers = self._blocks.layers
        # All layers are one object: move it once.
        moved = replace(self._blocks, layers=layers[:1]).to(torch.device(device))
        self._blocks = replace(moved, layers=moved.layers * len(layers))
        return self

    def sample(self, users: Tensor, items: Tensor) -> Blocks:
        """Return the whole graph with the positions of the seeds ``users`` [u] and ``items`` [i], both int64.

        Raises:
            DataError: a seed is not a node of the graph, or is given twice.
        """
        check_seeds("user", users, len(self._blocks.users))
        check_seeds("item", items, len(self._blocks.items))
        device = self._blocks.users.device
        return replace(
            self._blocks,
            seed_users=users.to(device, non_blocking=True),
            seed_items=items.to(device, non_blocking=True),
        )


def _neighbours(lists: Ragged, reverse: Ragged) -> Neighbours:
    return Neighbours(*(_tensor(a) for a in (lists.indptr, lists.indices, reverse.indptr, reverse.indices)))


def _tensor(array: Ints) -> Tensor:
    # A snapshot's arrays are read-only maps of files, which torch does not take: copy.
    return torch.from_numpy(np.array(array))
