"""Neighbour sampling in plain numpy, for wherever DGL is not installed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from graphrec.graph.blocks import Blocks, Layer, Neighbours
from graphrec.graph.checks import check_edges, check_fanouts, check_seeds
from graphrec.graph.data import Data
from graphrec.graph.random_stream import RandomStream
from graphrec.ragged import Ints, Ragged


class NativeSampler:
    """Layered neighbour sampling, uniform and without replacement (GraphSAGE, Hamilton et al. 2017).

    Not to be called by two threads at once: the calls share a scratch array.

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
        self.data, self.fanouts = data, tuple(fanouts)
        self.stream = RandomStream(seed)
        self._user_slots = np.full(data.users, -1, np.int64)
        self._item_slots = np.full(data.items, -1, np.int64)

    def sample(self, users: Tensor, items: Tensor) -> Blocks:
        """Return the blocks for seed ``users`` [u] and ``items`` [i], both int64 and without repeats.

        Raises:
            DataError: a seed is not a node of the graph, or is given twice.
        """
        users, items = users.cpu(), items.cpu()
        check_seeds("user", users, self.data.users)
        check_seeds("item", items, self.data.items)
        rng = np.random.default_rng(self.stream.next())
        user_ids, item_ids = users.numpy(), items.numpy()
        layers: list[Layer] = []
        for fanout in reversed(self.fanouts):
            user_items = draw_neighbours(self.data.by_user, user_ids, fanout, rng)
            item_users = draw_neighbours(self.data.by_item, item_ids, fanout, rng)
            user_ids, user_positions = append_new(user_ids, item_users.indices, self._user_slots)
            item_ids, item_positions = append_new(item_ids, user_items.indices, self._item_slots)
            layers.append(
                Layer(
                    _both_ways(Ragged(user_items.indptr, item_positions), len(item_ids)),
                    _both_ways(Ragged(item_users.indptr, user_positions), len(user_ids)),
                )
            )
        return Blocks(
            torch.tensor(user_ids),
            torch.tensor(item_ids),
            tuple(reversed(layers)),
            torch.arange(len(users)),
            torch.arange(len(items)),
        )


def draw_neighbours(lists: Ragged, rows: Ints, fanout: int, rng: np.random.Generator) -> Ragged:
    """Return at most ``fanout`` neighbours of each row, without replacement; all of them for -1.

    Args:
        lists: the neighbours of every node.
        rows: int64 [n], the nodes to draw for.
        fanout: the most a row gets, or -1.
        rng: source of randomness.
    """
    starts, degrees = lists.indptr[rows], lists.indptr[rows + 1] - lists.indptr[rows]
    lengths = degrees if fanout < 0 else np.minimum(degrees, fanout)
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    edges = np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], lengths)
    crowded = np.flatnonzero(degrees > lengths)
    drawn = max(fanout, 0)  # no row is crowded at -1
    slots = indptr[crowded, None] + np.arange(drawn)
    edges[slots] = starts[crowded, None] + draw_subsets(degrees[crowded], drawn, rng)
    return Ragged(indptr, lists.indices[edges])


def draw_subsets(sizes: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Return int64 [n, count]: for each size a uniform subset of 0 .. size - 1, in no order.

    Floyd's algorithm (Bentley and Floyd 1987), all rows at once: its cost does not depend on the sizes, so a
    hub costs no more than a node with few neighbours.

    Args:
        sizes: int64 [n], each larger than ``count``.
        count: how many to draw.
        rng: source of randomness.
    """
    chosen = np.empty((count, len(sizes)), np.int64)
    for step in range(count):
        last = sizes - count + step
        drawn = rng.integers(0, last, endpoint=True)
        taken = (chosen[:step] == drawn).any(axis=0)
        chosen[step] = np.where(taken, last, drawn)
    return chosen.T


def append_new(ids: Ints, found: Ints, slots: Ints) -> tuple[Ints, Ints]:
    """Return ``ids`` followed by what ``found`` adds to them, and where each of ``found`` stands in that.

    Args:
        ids: int64 [n], without repeats.
        found: int64 [m], repeats allowed.
        slots: int64 [nodes], all -1 before and after: scratch memory, so that a call costs what it draws
            and not what the graph holds.
    """
    slots[ids] = np.arange(len(ids))
    new = found[slots[found] < 0]
    order = np.arange(len(new))
    slots[new] = order
    new = new[slots[new] == order]
    slots[new] = len(ids) + np.arange(len(new))
    positions = slots[found]
    ids = np.concatenate([ids, new])
    slots[ids] = -1
    return ids, positions


def _both_ways(lists: Ragged, sources: int) -> Neighbours:
    """Return ``lists`` with their transpose for ``sources`` input nodes."""
    reverse = transpose(lists, sources)
    arrays = (lists.indptr, lists.indices, reverse.indptr, reverse.indices)
    return Neighbours(*(torch.from_numpy(a) for a in arrays))


def transpose(lists: Ragged, count: int) -> Ragged:
    """Return ``lists.transpose(count)``, faster: one sort of (value, row) packed in 64 bits, no argsort."""
    indptr = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(lists.indices, minlength=count), out=indptr[1:])
    packed = np.sort((lists.indices << 32) | lists.rows)
    return Ragged(indptr, packed & 0xFFFFFFFF)
