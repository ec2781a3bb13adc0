"""Neighbour sampling by DGL, in the only file that imports it; the import fails where DGL does not work.

DGL 1.1.3 is frozen with sharp edges, hence: int64 ids only (int32 gives silently corrupt blocks), seeds
cloned (DGL may sort them in place), one thread and a seed of its own for each call (several threads are not
reproducible), and ``sample_blocks`` called directly (``sample`` fails for 0 layers).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

os.environ.setdefault("DGLBACKEND", "pytorch")  # without it DGL writes into the user's home

import dgl
import numpy as np
import torch
from dgl.dataloading import NeighborSampler
from torch import Tensor

from graphrec.graph.blocks import Blocks, Layer, Neighbours
from graphrec.graph.checks import check_edges, check_fanouts, check_seeds
from graphrec.graph.data import Data
from graphrec.graph.random_stream import RandomStream
from graphrec.ragged import Ragged

# An edge type leads from the neighbours to the nodes that gather from them.
_TO_ITEM = ("user", "to", "item")
_TO_USER = ("item", "to", "user")


class DglSampler:
    """Layered neighbour sampling, uniform and without replacement, by DGL on a heterograph.

    Args:
        data: the training graph.
        fanouts: for each layer, input side first, how many neighbours a target draws at most; -1 for all.
        seed: start of the sampler's own random stream; None follows torch's global generator.

    Raises:
        DataError: a record points outside the graph.
        ConfigError: a fanout is 0 or below -1.
    """

    def __init__(self, data: Data, fanouts: Sequence[int], seed: int | None = None) -> None:
        check_edges(data)
        check_fanouts(fanouts)
        self.stream = RandomStream(seed)
        self.graph = dgl.heterograph(
            {_TO_USER: ("csc", _csc(data.by_user)), _TO_ITEM: ("csc", _csc(data.by_item))},
            {"user": data.users, "item": data.items},
        ).formats(["csc"])
        self.sampler = NeighborSampler(list(fanouts))

    def sample(self, users: Tensor, items: Tensor) -> Blocks:
        """Return the blocks for seed ``users`` [u] and ``items`` [i], both int64 and without repeats.

        Raises:
            DataError: a seed is not a node of the graph, or is given twice.
        """
        users, items = users.cpu(), items.cpu()
        check_seeds("user", users, self.graph.num_nodes("user"))
        check_seeds("item", items, self.graph.num_nodes("item"))
        seeds = {"user": users.clone(), "item": items.clone()}
        with _one_thread():
            dgl.seed(self.stream.next())
            inputs, _, blocks = self.sampler.sample_blocks(self.graph, seeds)
            layers = tuple(Layer(_neighbours(b, _TO_USER), _neighbours(b, _TO_ITEM)) for b in blocks)
        positions = torch.arange(len(users)), torch.arange(len(items))
        return Blocks(inputs["user"], inputs["item"], layers, *positions)


@contextmanager
def _one_thread() -> Iterator[None]:
    # DGL and torch share one OpenMP setting: give torch its threads back.
    before = torch.get_num_threads()
    dgl.utils.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _csc(lists: Ragged) -> tuple[Tensor, Tensor, Tensor]:
    # A snapshot's arrays are read-only maps of files, which torch does not take: copy.
    edges = torch.empty(0, dtype=torch.int64)
    return torch.from_numpy(np.array(lists.indptr)), torch.from_numpy(np.array(lists.indices)), edges


def _neighbours(block: dgl.DGLGraph, edge_type: tuple[str, str, str]) -> Neighbours:
    indptr, indices, _ = block.adj_tensors("csc", edge_type)
    reverse_indptr, reverse_indices, _ = block.adj_tensors("csr", edge_type)
    return Neighbours(indptr, indices, reverse_indptr, reverse_indices)
