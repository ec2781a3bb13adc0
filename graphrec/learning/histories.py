"""Users with what they did, in order."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.graph.data import Data
from graphrec.learning.batch import HistoryBatch
from graphrec.learning.feed import ShuffledFeed
from graphrec.learning.options import TrainOptions
from graphrec.ragged import Ragged


class Histories(ShuffledFeed[HistoryBatch]):
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
        super().__init__(len(self._users), options.batch(len(self._users)), generator)

    def batch(self, rows: Tensor) -> HistoryBatch:
        """Return a batch."""
        users = self._users[rows.cpu().numpy()]
        lengths = self._lengths[users]
        row = np.repeat(np.arange(len(users)), lengths)
        ends = np.cumsum(lengths)
        at = np.arange(len(row)) - np.repeat(ends - lengths, lengths) + self._starts[users][row]
        lists = Ragged.from_sorted(row, self._items[at], len(users))
        arrays = (users, lists.indptr, lists.indices)
        return HistoryBatch(*(torch.from_numpy(np.asarray(a)).to(rows.device) for a in arrays))
