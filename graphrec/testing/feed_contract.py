"""What every feed must keep. Subclass, return yours from ``feed``, say which records a batch is of, run pytest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from graphrec.learning.feed import Feed
from graphrec.training.seeding import random_state, restore_random_state

CPU = torch.device("cpu")


class FeedContract(ABC):
    """For any feed, of at least 3 batches an epoch."""

    @abstractmethod
    def feed(self, generator: torch.Generator) -> Feed[Any]:
        """Return the feed under test, each time of the same records, in batches on the generator's device."""

    @abstractmethod
    def records(self, batch: Any) -> Sequence[Hashable]:
        """Return which records ``batch`` is made of."""

    def test_it_counts_its_batches(self) -> None:
        feed, rows = self._seeded(0), 0
        assert feed.steps >= 3
        for _ in range(2):
            assert feed.step == 0
            for number, batch in enumerate(feed.batches(), 1):
                assert feed.step == number
                assert len(batch) > 0
                rows += len(self.records(batch))
            assert number == feed.steps
        assert rows == 2 * feed.rows

    def test_each_record_comes_once_an_epoch_in_an_order_of_its_own(self) -> None:
        feed = self._seeded(0)
        first, second = (self._epoch(feed) for _ in range(2))
        assert len(set(first)) == len(first)
        assert set(second) == set(first)
        assert second != first

    def test_the_seed_decides(self) -> None:
        first, again, other = (self._seeded(seed) for seed in (1, 1, 2))
        for _ in range(2):
            order = self._epoch(first)
            assert self._epoch(again) == order
            assert self._epoch(other) != order

    @pytest.mark.parametrize("done", [0, 1, 2])
    def test_it_is_taken_up_where_it_stood(self, done: int) -> None:
        """In the middle of the second epoch, by a feed of another seed; and the third is what it would have been."""
        feed = self._seeded(0)
        self._epoch(feed)
        batches = feed.batches()
        for _ in range(done):
            next(batches)
        state = {name: tensor.clone() for name, tensor in feed.state().items()}
        generators = random_state(CPU)
        rest = [*batches, *feed.batches()]
        other = self._seeded(9)
        other.restore(state)
        restore_random_state(generators, CPU)
        again = [*other.batches(), *other.batches()]
        assert len(again) == len(rest) == 2 * feed.steps - done
        for one, same in zip(rest, again, strict=True):
            for mine, theirs in zip(tensors_of(one), tensors_of(same), strict=True):
                assert torch.equal(mine, theirs)

    @pytest.mark.parametrize("device", ["cpu", "cuda"])
    def test_batches_are_where_the_generator_is(self, device: str) -> None:
        if device == "cuda" and not torch.cuda.is_available():
            pytest.skip("there is no GPU")
        batch = next(iter(self.feed(torch.Generator(device).manual_seed(0)).batches()))
        assert {tensor.device.type for tensor in tensors_of(batch)} == {device}

    def _seeded(self, seed: int) -> Feed[Any]:
        torch.manual_seed(seed)
        return self.feed(torch.Generator().manual_seed(seed))

    def _epoch(self, feed: Feed[Any]) -> list[Hashable]:
        return [record for batch in feed.batches() for record in self.records(batch)]


def tensors_of(batch: object) -> Iterator[Tensor]:
    """Yield all tensors that a batch holds."""
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, tuple | list):
        for one in batch:
            yield from tensors_of(one)
    elif is_dataclass(batch):
        for field in fields(batch):
            yield from tensors_of(getattr(batch, field.name))
