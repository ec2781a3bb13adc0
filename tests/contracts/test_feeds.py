"""Every feed keeps the contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from graphrec.errors import TrainingError
from graphrec.graph.samplers import make_sampler
from graphrec.learning.histories import Histories
from graphrec.learning.nodes import Nodes
from graphrec.learning.options import TrainOptions
from graphrec.learning.pairwise import Blocked, Pairwise
from graphrec.learning.parts import WithParts
from graphrec.learning.pointwise import Pointwise
from graphrec.learning.windows import Windows
from graphrec.ragged import Ragged
from graphrec.testing.feed_contract import FeedContract
from graphrec.testing.sampler_contract import random_graph
from graphrec.testing.training_data import data_of

OPTIONS = TrainOptions(batch_size=16, negatives=3)


def some_data() -> Any:
    graph = random_graph(40, 50, 90)
    rating = np.arange(len(graph.records)) % 5 + 1.0
    rating[::7] = np.nan
    return data_of(graph.records.user, graph.records.item, 40, 50, rating=rating)


def pairs(users: Any, items: Any) -> list[tuple[int, int]]:
    return list(zip(users.tolist(), items.tolist(), strict=True))


class TestPairwise(FeedContract):
    def feed(self, generator):
        return Pairwise(some_data(), OPTIONS, generator)

    def records(self, batch):
        return pairs(batch.users, batch.positives)


class TestBlocked(FeedContract):
    def feed(self, generator):
        data = some_data()
        return Blocked(Pairwise(data, OPTIONS, generator), make_sampler(data, 2, 3), generator.device)

    def records(self, batch):
        drawn, blocks = batch.drawn, batch.drawn.blocks
        assert (blocks.users[blocks.seed_users[drawn.users]] == batch.users).all()
        assert (blocks.items[blocks.seed_items[drawn.items]] == batch.items).all()
        return pairs(batch.users, batch.positives)

    @pytest.mark.parametrize("device", ["cpu"])
    def test_batches_are_where_the_generator_is(self, device):
        """Neighbourhoods are drawn on the CPU whatever the device."""
        super().test_batches_are_where_the_generator_is(device)


class TestPointwise(FeedContract):
    def feed(self, generator):
        return Pointwise(some_data(), "rating", OPTIONS, generator)

    def records(self, batch):
        data = some_data()
        assert (data.records.values["rating"][batch.records] == batch.values.numpy()).all()
        assert (data.records.user[batch.records] == batch.users.numpy()).all()
        return batch.records.tolist()


class TestPointwiseWithUnseen(FeedContract):
    def feed(self, generator):
        return Pointwise(some_data(), "rating", OPTIONS, generator, unseen=2)

    def records(self, batch):
        known = set(pairs(some_data().records.user, some_data().records.item))
        drawn = batch.records < 0
        assert not known & set(pairs(batch.users[drawn], batch.items[drawn]))
        assert (batch.values[drawn] == 0).all()
        assert drawn.sum() == 2 * (~drawn).sum()
        return batch.records[~drawn].tolist()


class TestHistories(FeedContract):
    def feed(self, generator):
        options = OPTIONS.model_copy(update={"batch_size": 8})
        return Histories(some_data(), options, generator, longest=3)

    def records(self, batch):
        for row, user in enumerate(batch.users.tolist()):
            own = batch.items[batch.indptr[row] : batch.indptr[row + 1]].tolist()
            assert own == some_data().by_user[user][-3:].tolist()
        return batch.users.tolist()


class TestWindows(FeedContract):
    parts = Ragged.from_pairs(np.repeat(np.arange(6), [0, 2, 5, 9, 30, 31]), np.arange(77) * 3, 6)

    def feed(self, generator):
        options = OPTIONS.model_copy(update={"batch_size": 4})
        return Windows(self.parts, np.array([0, 1, 3, 4, 5]), options, generator, length=5, shift=3)

    def records(self, batch):
        for node, part, length in zip(batch.nodes, batch.parts, batch.lengths, strict=True):
            own = self.parts[int(node)].tolist()
            at = own.index(int(part[0]))
            assert part[:length].tolist() == own[at : at + 5]
        return pairs(batch.nodes, batch.parts[:, 0])

    def test_every_part_is_in_some_window(self):
        seen = {int(p) for batch in self._seeded(0).batches() for p in batch.parts.flatten()}
        assert seen == {int(p) for node in (1, 3, 4, 5) for p in self.parts[node]}


class TestNodes(FeedContract):
    nodes = np.arange(40) * 7 % 41

    def feed(self, generator):
        return Nodes(self.nodes, OPTIONS, generator)

    def records(self, batch):
        assert set(batch.nodes.tolist()) <= set(self.nodes.tolist())
        return batch.nodes.tolist()

    def test_there_must_be_some(self):
        with pytest.raises(TrainingError, match="no node to learn from"):
            Nodes(np.empty(0, np.int64), OPTIONS, torch.Generator())


class TestWithParts(FeedContract):
    lists = Ragged.from_pairs(np.arange(120) % 45, np.arange(120), 50)

    def feed(self, generator):
        return WithParts(Pairwise(some_data(), OPTIONS, generator), self.lists)

    def records(self, batch):
        assert set(batch.items.tolist()) == set(batch.batch.items.tolist())
        for row, item in enumerate(batch.items.tolist()):
            assert batch.parts[batch.indptr[row] : batch.indptr[row + 1]].tolist() == self.lists[item].tolist()
        return pairs(batch.batch.users, batch.batch.positives)
