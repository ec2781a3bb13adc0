"""What every sampler must keep. Subclass, return yours from ``sampler``, and let pytest run the class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from torch import Tensor

from graphrec.errors import ConfigError, DataError
from graphrec.graph.blocks import Blocks, Neighbours, Sampler
from graphrec.graph.data import Data
from graphrec.ragged import Ints, Ragged
from graphrec.testing.training_data import data_of

CHI_SQUARE_1_IN_10000 = {9: 33.7, 19: 50.8}
"""By degrees of freedom: what a uniform draw exceeds once in 10,000 seeds."""


def graph_of(users: int, items: int, user_ids: Ints, item_ids: Ints) -> Data:
    """Return training data with the edges (``user_ids[e]``, ``item_ids[e]``), both int64 [E]."""
    return data_of(user_ids, item_ids, users, items, sampled=np.ones(items, np.bool_))


def random_graph(users: int = 60, items: int = 90, edges: int = 700, seed: int = 0) -> Data:
    """Return a graph with hubs, without repeated edges; the last ten users and items have no edges."""
    rng = np.random.default_rng(seed)
    hubs = (rng.random((edges, 2)) ** 2 * [users - 10, items - 10]).astype(np.int64)
    pairs = np.unique(hubs, axis=0)
    return graph_of(users, items, pairs[:, 0], pairs[:, 1])


def check_shape(blocks: Blocks, users: Tensor, items: Tensor) -> None:
    """Assert what holds of all blocks: seeds, prefixes, sizes that fit together, both directions alike."""
    here = (len(blocks.users), len(blocks.items))
    for layer in blocks.layers:
        check_neighbours(layer.user_items, layer.users, here[1])
        check_neighbours(layer.item_users, layer.items, here[0])
        assert layer.users <= here[0], "a layer's targets must be the first of its inputs"
        assert layer.items <= here[1], "a layer's targets must be the first of its inputs"
        here = (layer.users, layer.items)
    ends = ((blocks.users, blocks.seed_users, users), (blocks.items, blocks.seed_items, items))
    for ids, positions, seeds in ends:
        assert ids.dtype == positions.dtype == torch.int64, "ids and positions are int64"
        assert torch.equal(ids[positions], seeds), "the seeds must be found at their positions, in order"
        assert len(set(ids.tolist())) == len(ids), "an input node is listed once"


def check_neighbours(lists: Neighbours, targets: int, sources: int) -> None:
    """Assert that both directions list the same edges between ``targets`` and ``sources``, in int64."""
    assert all(t.dtype == torch.int64 for t in vars(lists).values()), "neighbour lists are int64"
    assert len(lists.indptr) == targets + 1, "one row per target"
    assert len(lists.reverse_indptr) == sources + 1, "one reverse row per input node"
    forward = torch.stack([rows_of(lists.indptr), lists.indices])
    backward = torch.stack([lists.reverse_indices, rows_of(lists.reverse_indptr)])
    assert torch.equal(sorted_pairs(forward), sorted_pairs(backward)), "both directions list the same edges"


def neighbourhoods(blocks: Blocks, layer: int) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return one layer by graph ids: user -> its sorted drawn items, item -> its sorted drawn users."""
    chosen = blocks.layers[layer]
    return (
        _by_id(chosen.user_items, blocks.users, blocks.items),
        _by_id(chosen.item_users, blocks.items, blocks.users),
    )


def rows_of(indptr: Tensor) -> Tensor:
    """Return int64 [edges]: the row of each edge."""
    return torch.repeat_interleave(torch.arange(len(indptr) - 1), indptr.diff())


def sorted_pairs(pairs: Tensor) -> Tensor:
    """Return int64 [2, edges] in lexical order."""
    return pairs[:, np.lexsort(pairs.flip(0).numpy())]


def same_blocks(a: Blocks, b: Blocks) -> bool:
    """Whether two blocks are equal to the last number."""

    def flat(blocks: Blocks) -> list[Tensor]:
        lists = [n for layer in blocks.layers for n in (layer.user_items, layer.item_users)]
        ends = [blocks.users, blocks.items, blocks.seed_users, blocks.seed_items]
        return ends + [t for n in lists for t in vars(n).values()]

    return all(torch.equal(x, y) for x, y in zip(flat(a), flat(b), strict=True))


class SamplerContract(ABC):
    """For any sampler, the whole graph included."""

    @abstractmethod
    def sampler(self, data: Data, fanouts: tuple[int, ...], seed: int) -> Sampler:
        """Return the sampler under test; one that draws nothing takes only the number of ``fanouts``."""

    @pytest.mark.parametrize("layers", [0, 1, 2, 3])
    def test_all_neighbours_are_the_true_ones(self, layers: int) -> None:
        """At full fanout every layer lists exactly the graph's neighbours of its targets."""
        data = random_graph()
        users, items = torch.tensor([33, 2, 57, 0]), torch.tensor([88, 4, 61])
        blocks = self.sampler(data, (-1,) * layers, 0).sample(users, items)
        check_shape(blocks, users, items)
        assert len(blocks.layers) == layers
        for layer in range(layers):
            by_user, by_item = neighbourhoods(blocks, layer)
            assert by_user == {u: sorted(data.by_user[u].tolist()) for u in by_user}
            assert by_item == {i: sorted(data.by_item[i].tolist()) for i in by_item}

    @pytest.mark.parametrize(("users", "items"), [([], [3, 1]), ([5, 2], []), ([], [])])
    def test_one_kind_of_seed_is_enough(self, users: list[int], items: list[int]) -> None:
        """Seeds may be users only, items only, or none."""
        data = random_graph()
        seeds = torch.tensor(users, dtype=torch.int64), torch.tensor(items, dtype=torch.int64)
        check_shape(self.sampler(data, (-1, -1), 0).sample(*seeds), *seeds)

    def test_nodes_without_edges(self) -> None:
        """Isolated seeds have no neighbours and stay where they were asked for."""
        data = random_graph()
        users, items = torch.tensor([data.users - 1, 0]), torch.tensor([data.items - 1])
        blocks = self.sampler(data, (2, 2), 0).sample(users, items)
        check_shape(blocks, users, items)
        by_user, by_item = neighbourhoods(blocks, -1)
        assert by_user[data.users - 1] == []
        assert by_item[data.items - 1] == []

    def test_a_graph_without_edges(self) -> None:
        """No edges at all is a graph too."""
        none = np.empty(0, np.int64)
        users, items = torch.tensor([1]), torch.tensor([0, 2])
        check_shape(self.sampler(graph_of(2, 3, none, none), (3, 3), 0).sample(users, items), users, items)

    def test_read_only_arrays(self) -> None:
        """A snapshot's arrays are memory-mapped for reading only."""
        data = random_graph()
        for lists in (data.by_user, data.by_item):
            lists.indptr.setflags(write=False)
            lists.indices.setflags(write=False)
        users, items = torch.tensor([1, 0]), torch.tensor([5])
        check_shape(self.sampler(data, (-1,), 0).sample(users, items), users, items)

    def test_seeds_stay_as_they_were(self) -> None:
        """The caller's tensors are not sorted or changed."""
        users, items = torch.tensor([9, 3, 7, 1]), torch.tensor([8, 0, 5])
        self.sampler(random_graph(), (3, 3), 0).sample(users, items)
        assert users.tolist() == [9, 3, 7, 1]
        assert items.tolist() == [8, 0, 5]

    @pytest.mark.parametrize(
        ("users", "items", "message"),
        [
            ([60], [], "seed user 60 is not in the graph of 60 users"),
            ([0, -1], [], "seed user -1 is not in the graph"),
            ([], [90], "seed item 90 is not in the graph of 90 items"),
            ([4, 1, 4], [], "seed user 4 is given twice"),
        ],
    )
    def test_wrong_seeds_are_refused(self, users: list[int], items: list[int], message: str) -> None:
        """A seed that is not a node, or is given twice, is an error that names it."""
        sampler = self.sampler(random_graph(), (2,), 0)
        with pytest.raises(DataError, match=message):
            sampler.sample(torch.tensor(users, dtype=torch.int64), torch.tensor(items, dtype=torch.int64))

    def test_int32_seeds_are_refused(self) -> None:
        """Narrow ids are refused, not converted: they are a mistake upstream."""
        sampler = self.sampler(random_graph(), (2,), 0)
        with pytest.raises(DataError, match="must be int64"):
            sampler.sample(torch.tensor([1], dtype=torch.int32), torch.tensor([1]))

    def test_edges_outside_the_graph_are_refused(self) -> None:
        """An index out of range never reaches a kernel."""
        good = random_graph()
        bad = replace(good.records, by_user=Ragged(good.by_user.indptr, good.by_user.indices + 40))
        data = replace(good, records=bad)
        with pytest.raises(DataError, match="outside 0 to 89"):
            self.sampler(data, (2,), 0)


class NeighbourSamplerContract(SamplerContract):
    """For samplers that draw at most ``fanouts[k]`` neighbours for a target of layer k."""

    def test_nothing_superfluous(self) -> None:
        """Inputs are the targets and what they drew; the last targets are the seeds."""
        users, items = torch.tensor([33, 2, 57, 0]), torch.tensor([88, 4, 61])
        blocks = self.sampler(random_graph(), (2, 3), 0).sample(users, items)
        assert blocks.seed_users.tolist() == [0, 1, 2, 3]
        assert blocks.seed_items.tolist() == [0, 1, 2]
        assert (blocks.layers[-1].users, blocks.layers[-1].items) == (4, 3)
        here = (len(blocks.users), len(blocks.items))
        for layer in blocks.layers:
            assert set(range(layer.users, here[0])) <= set(layer.item_users.indices.tolist())
            assert set(range(layer.items, here[1])) <= set(layer.user_items.indices.tolist())
            here = (layer.users, layer.items)

    @pytest.mark.parametrize("fanouts", [(1, 1), (3, 5), (5, 3), (40, -1), (-1, 2)])
    def test_fanout_and_no_repeats(self, fanouts: tuple[int, ...]) -> None:
        """A target draws min(fanout, degree) different true neighbours, each layer by its own fanout."""
        data = random_graph()
        users, items = torch.arange(0, 60, 3), torch.arange(89, 0, -4)
        blocks = self.sampler(data, fanouts, 0).sample(users, items)
        check_shape(blocks, users, items)
        for layer, fanout in enumerate(fanouts):
            by_user, by_item = neighbourhoods(blocks, layer)
            for drawn, lists in ((by_user, data.by_user), (by_item, data.by_item)):
                for node, neighbours in drawn.items():
                    degree = len(lists[node])
                    assert len(neighbours) == (degree if fanout < 0 else min(fanout, degree))
                    assert len(set(neighbours)) == len(neighbours)
                    assert set(neighbours) <= set(lists[node].tolist())

    @pytest.mark.parametrize("fanout", [0, -2])
    def test_a_fanout_that_draws_nothing_is_refused(self, fanout: int) -> None:
        """0 would cut the graph off without a word."""
        with pytest.raises(ConfigError, match="draws nothing"):
            self.sampler(random_graph(), (3, fanout), 0)

    @pytest.mark.parametrize(("degree", "fanout"), [(5, 2), (6, 3)])
    def test_every_subset_is_equally_likely(self, degree: int, fanout: int) -> None:
        """3,000 users with the same items draw each of the possible subsets equally often (chi-square)."""
        count = 300
        data = graph_of(count, degree, np.repeat(np.arange(count), degree), np.tile(np.arange(degree), count))
        sampler = self.sampler(data, (fanout,), 7)
        subsets = dict.fromkeys(combinations(range(degree), fanout), 0)
        for _ in range(10):
            by_user, _items = neighbourhoods(sampler.sample(torch.arange(count), torch.empty(0).long()), 0)
            for drawn in by_user.values():
                subsets[tuple(drawn)] += 1
        expected = 10 * count / len(subsets)
        statistic = sum((seen - expected) ** 2 / expected for seen in subsets.values())
        assert statistic < CHI_SQUARE_1_IN_10000[len(subsets) - 1]

    def test_the_seed_decides(self) -> None:
        """The same seed draws the same blocks, whatever else uses random numbers; another one differs."""
        data, users, items = random_graph(), torch.arange(0, 40, 2), torch.arange(30)
        one, same, other = (self.sampler(data, (2, 2), seed) for seed in (1, 1, 2))
        first, again = one.sample(users, items), one.sample(users, items)
        assert not same_blocks(first, again), "two calls draw anew"
        assert same_blocks(first, same.sample(users, items))
        torch.rand(5)
        assert same_blocks(again, same.sample(users, items))
        assert not same_blocks(first, other.sample(users, items))

    def test_threads_are_given_back(self) -> None:
        """Sampling leaves torch's number of threads as it was."""
        before = torch.get_num_threads()
        self.sampler(random_graph(), (2,), 0).sample(torch.tensor([0]), torch.tensor([0]))
        assert torch.get_num_threads() == before


def _by_id(lists: Neighbours, targets: Tensor, sources: Tensor) -> dict[int, list[int]]:
    drawn, indptr = sources[lists.indices].tolist(), lists.indptr.tolist()
    ids = targets[: len(indptr) - 1].tolist()
    return {node: sorted(drawn[indptr[row] : indptr[row + 1]]) for row, node in enumerate(ids)}
