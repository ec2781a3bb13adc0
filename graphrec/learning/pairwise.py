"""Triplets: what a user chose, against what the user did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.graph.blocks import Sampler
from graphrec.graph.data import Data
from graphrec.graph.negatives import NegativeSampler
from graphrec.learning.batch import Drawn, PairwiseBatch
from graphrec.learning.feed import Shuffled
from graphrec.learning.options import TrainOptions


class Pairwise:
    """Every training record once an epoch, with items that its user has no record of.

    Records of users who have one of every item that may be drawn are left out: they have no negatives.

    Args:
        data: what may be learned from.
        options: batch size and negatives.
        generator: source of randomness, on the device that the batches shall be on.

    Raises:
        TrainingError: no record is left.
    """

    def __init__(self, data: Data, options: TrainOptions, generator: torch.Generator) -> None:
        self._negatives = NegativeSampler(
            data, distribution=options.negative_distribution, generator=generator
        )
        users = data.by_user.rows
        usable = self._negatives.available[users]
        if not usable.any():
            raise TrainingError(
                "every user likes every item: there is nothing to tell apart; load more items"
            )
        self._users = torch.tensor(users[usable], device=generator.device)
        self._items = torch.tensor(data.by_user.indices[usable], device=generator.device)
        self._order = Shuffled(len(self._users), options.batch(len(self._users)), generator)
        self._count = options.negatives

    @property
    def rows(self) -> int:
        """How many records an epoch goes over."""
        return len(self._users)

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return self._order.steps

    @property
    def step(self) -> int:
        """How many batches of this epoch have been yielded."""
        return self._order.step

    def batches(self) -> Iterator[PairwiseBatch]:
        """Yield what remains of an epoch."""
        for part in self._order.batches():
            users = self._users[part]
            yield PairwiseBatch(users, self._items[part], self._negatives.sample(users, self._count))

    def state(self) -> dict[str, Tensor]:
        """Return where it stands."""
        return self._order.state()

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from what ``state`` returned."""
        self._order.restore(tensors)


class Blocked:
    """Triplets with the neighbourhoods that their embeddings are computed from.

    Args:
        feed: on the CPU, where neighbourhoods are drawn.
        sampler: draws them.
        device: where the model is.
    """

    def __init__(self, feed: Pairwise, sampler: Sampler, device: torch.device) -> None:
        self._feed, self._sampler, self._device = feed, sampler, device
        self.state, self.restore = feed.state, feed.restore

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

    def batches(self) -> Iterator[PairwiseBatch]:
        """Yield what remains of an epoch, each batch with what was drawn for it."""
        for batch in self._feed.batches():
            seeds, users = torch.unique(batch.users, return_inverse=True)
            items, places = torch.unique(batch.items, return_inverse=True)
            blocks = self._sampler.sample(seeds, items).to(self._device)
            drawn = Drawn(blocks, users.to(self._device), places.to(self._device))
            yield PairwiseBatch(batch.users, batch.positives, batch.negatives, drawn)
