"""Users with what they did, in order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from graphrec.errors import TrainingError
from graphrec.graph.data import Data
from graphrec.learning.batch import HistoryBatch
from graphrec.learning.feed import Shuffled
from graphrec.learning.options import TrainOptions
from graphrec.ragged import Ragged


class Histories:
    """Every user with training records once an epoch, with the latest of them.

    Args:
        data: what may be learned from.
        options: batch size, here in users.
        generator: source of randomness, on the device that the batches shall be on.
        longest: how many records of a user at most, the latest.

    Raises:
        TrainingError: nobody has a record.
    """

    def __init__(self, data: Data, options: TrainOptions, generator: torch.Generator, longest: int = 50) -> None:
        lists = data.by_user
        self._users = np.flatnonzero(lists.lengths)
        if not len(self._users):
            raise TrainingError("nobody has a training record")
        first = np.maximum(lists.indptr[1:] - longest, lists.indptr[:-1])
        self._starts, self._lengths, self._items = first, lists.indptr[1:] - first, lists.indices
        self._order = Shuffled(len(self._users), options.batch(len(self._users)), generator)
        self.state, self.restore = self._order.state, self._order.restore

    @property
    def rows(self) -> int:
        """How many users an epoch goes over."""
        return len(self._users)

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return self._order.steps

    @property
    def step(self) -> int:
        """How many batches of this epoch have been yielded."""
        return self._order.step

    def batches(self) -> Iterator[HistoryBatch]:
        """Yield what remains of an epoch."""
        for part in self._order.batches():
            users = self._users[part.cpu().numpy()]
            lengths = self._lengths[users]
            rows = np.repeat(np.arange(len(users)), lengths)
            ends = np.cumsum(lengths)
            at = np.arange(len(rows)) - np.repeat(ends - lengths, lengths) + self._starts[users][rows]
            lists = Ragged.from_sorted(rows, self._items[at], len(users))
            arrays = (users, lists.indptr, lists.indices)
            yield HistoryBatch(*(torch.from_numpy(np.asarray(a)).to(part.device) for a in arrays))
