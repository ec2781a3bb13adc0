"""Triplets: what a user chose, against what the user did not."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.graph.blocks import Sampler
from graphrec.graph.data import Data
from graphrec.graph.negatives import Line, NegativeSampler
from graphrec.learning.batch import Drawn, PairwiseBatch
from graphrec.learning.feed import AddingFeed, ShuffledFeed
from graphrec.learning.options import TrainOptions
from graphrec.ragged import Ints


class Pairwise(ShuffledFeed[PairwiseBatch]):
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
        self._count = options.negatives
        super().__init__(len(self._users), options.batch(len(self._users)), generator)

    @property
    def drawn_from(self) -> tuple[Ints, Ints, Line, int]:
        """Users and items of the records, int64 [E] each, what negatives are drawn from, and how many for a record."""
        users, items = (ids.numpy(force=True) for ids in (self._users, self._items))
        return users, items, self._negatives.line, self._count

    def batch(self, rows: Tensor) -> PairwiseBatch:
        """Return a batch."""
        users = self._users[rows]
        return PairwiseBatch(users, self._items[rows], self._negatives.sample(users, self._count))


class Blocked(AddingFeed[PairwiseBatch, PairwiseBatch]):
    """Triplets with the neighbourhoods that their embeddings are computed from.

    Args:
        feed: on the CPU, where neighbourhoods are drawn.
        sampler: draws them.
        device: where the model is.
    """

    def __init__(self, feed: Pairwise, sampler: Sampler, device: torch.device) -> None:
        super().__init__(feed)
        self._sampler, self._device = sampler, device

    def added(self, batch: PairwiseBatch) -> PairwiseBatch:
        """Return ``batch`` with what was drawn for it."""
        seeds, users = torch.unique(batch.users, return_inverse=True)
        items, places = torch.unique(batch.items, return_inverse=True)
        blocks = self._sampler.sample(seeds, items).to(self._device)
        return replace(batch, drawn=Drawn(blocks, users.to(self._device), places.to(self._device)))
