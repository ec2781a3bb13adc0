"""What every feed is, and what they share: a shuffled order, and feeds that add to the batches of another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor
from torch import distributed as dist

from graphrec.learning.batch import Rows
from graphrec.learning.run import several_processes

B_co = TypeVar("B_co", bound=Rows, covariant=True)
A = TypeVar("A", bound=Rows)


class Feed(Protocol[B_co]):
    """Yields the batches of an epoch, and can be taken up again between any two of them."""

    @property
    def rows(self) -> int:
        """How many records an epoch goes over."""
        ...

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        ...

    @property
    def step(self) -> int:
        """How many batches of this epoch have been yielded."""
        ...

    def batches(self) -> Iterator[B_co]:
        """Yield what remains of an epoch: all of it, or after ``restore`` what was left."""
        ...

    def state(self) -> Mapping[str, Tensor]:
        """Return where it stands."""
        ...

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from what ``state`` returned."""
        ...


class Shuffled:
    """The numbers 0 to ``count`` - 1 in batches of a fresh random order each epoch.

    An order is kept as the state of the generator that drew it, so that where an epoch stands is a few kilobytes. In a
    run of several processes each takes every nth number of a batch; the order is then drawn from a generator of its
    own, which goes through the same states everywhere.

    Args:
        count: how many numbers.
        size: of a batch, of all processes together.
        generator: source of randomness; batches are on its device.
    """

    def __init__(self, count: int, size: int, generator: torch.Generator) -> None:
        self._count, self._size, self.generator = count, size, generator
        together = several_processes()
        self._rank, self._world = (dist.get_rank(), dist.get_world_size()) if together else (0, 1)
        self._orders = generator
        if self._world > 1:
            self._orders = torch.Generator(generator.device).manual_seed(generator.initial_seed())
        self._start = self._orders.get_state()
        self.step = 0

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return -(-self._count // self._size)

    def batches(self) -> Iterator[Tensor]:
        """Yield int64 [B], what remains of this epoch."""
        now = self._orders.get_state()
        if self.step:
            self._orders.set_state(self._start)
        else:
            self._start = now
        order = torch.randperm(self._count, generator=self._orders, device=self._orders.device)
        if self.step:
            self._orders.set_state(now)
        for part in torch.split(order, self._size)[self.step :]:
            self.step += 1
            yield part if self._world == 1 else part[self._rank :: self._world]
        self.step = 0

    def state(self) -> dict[str, Tensor]:
        """Return where it stands."""
        return {
            "generator": self.generator.get_state(),
            "orders": self._orders.get_state(),
            "start": self._start,
            "step": torch.tensor(self.step),
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from what ``state`` returned."""
        self.generator.set_state(tensors["generator"])
        self._orders.set_state(tensors["orders"])
        self._start, self.step = tensors["start"], int(tensors["step"])


class ShuffledFeed(ABC, Generic[B_co]):
    """A feed that goes over its rows in a fresh random order each epoch.

    Args:
        rows: how many it has.
        size: of a batch.
        generator: source of randomness; ``batch`` is given numbers on its device.
    """

    def __init__(self, rows: int, size: int, generator: torch.Generator) -> None:
        self.rows = rows
        self._order = Shuffled(rows, size, generator)

    @abstractmethod
    def batch(self, rows: Tensor) -> B_co:
        """Return the batch of the rows with these numbers, int64 [B]."""

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return self._order.steps

    @property
    def step(self) -> int:
        """How many batches of this epoch have been yielded."""
        return self._order.step

    def batches(self) -> Iterator[B_co]:
        """Yield what remains of an epoch."""
        yield from map(self.batch, self._order.batches())

    def state(self) -> Mapping[str, Tensor]:
        """Return where it stands."""
        return self._order.state()

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from what ``state`` returned."""
        self._order.restore(tensors)


class AddingFeed(ABC, Generic[A, B_co]):
    """A feed whose batches are those of another with something added.

    Args:
        feed: the other.
    """

    def __init__(self, feed: Feed[A]) -> None:
        self._feed = feed
        self.state, self.restore = feed.state, feed.restore

    @abstractmethod
    def added(self, batch: A) -> B_co:
        """Return ``batch`` with what is added."""

    @property
    def rows(self) -> int:
        """How many records an epoch goes over."""
        return self._feed.rows

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return self._feed.steps

    @property
    def step(self) -> int:
        """How many batches of this epoch have been yielded."""
        return self._feed.step

    def batches(self) -> Iterator[B_co]:
        """Yield what remains of an epoch."""
        yield from map(self.added, self._feed.batches())
