"""Records one by one, each with what it says."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.graph.data import Data
from graphrec.graph.negatives import NegativeSampler
from graphrec.learning.batch import PointwiseBatch
from graphrec.learning.feed import ShuffledFeed
from graphrec.learning.options import TrainOptions


class Pointwise(ShuffledFeed[PointwiseBatch]):
    """Every training record that has a value once an epoch.

    Args:
        data: what may be learned from.
        value: which value of the records.
        options: batch size.
        generator: source of randomness, on the device that the batches shall be on.
        unseen: how many items that the user has no record of come with each record, with the value 0.

    Raises:
        TrainingError: no record has the value.
    """

    def __init__(
        self, data: Data, value: str, options: TrainOptions, generator: torch.Generator, unseen: int = 0
    ) -> None:
        values = data.records.values[value]
        kept = np.flatnonzero(np.isfinite(values))
        if not len(kept):
            raise TrainingError(f"no training record has a {value}")
        device = generator.device
        self._users = torch.tensor(data.records.user[kept], device=device)
        self._items = torch.tensor(np.asarray(data.records.item)[kept], device=device)
        self._values = torch.tensor(np.asarray(values)[kept], dtype=torch.float32, device=device)
        self._records = torch.tensor(kept, device=device)
        self._at = torch.tensor(np.asarray(data.records.order)[kept], device=device)
        super().__init__(len(kept), options.batch(len(kept)), generator)
        self._negatives = NegativeSampler(data, generator=generator) if unseen else None
        if self._negatives is not None:
            self._available = torch.from_numpy(self._negatives.available).to(device)
        self._unseen = unseen

    def batch(self, rows: Tensor) -> PointwiseBatch:
        """Return a batch."""
        users, items, values = self._users[rows], self._items[rows], self._values[rows]
        records, at = self._records[rows], self._at[rows]
        if self._negatives is not None:
            able = self._available[users]
            some = users[able]
            drawn = self._negatives.sample(some, self._unseen).flatten()
            users = torch.cat([users, some.repeat_interleave(self._unseen)])
            items, records = torch.cat([items, drawn]), torch.cat([records, torch.full_like(drawn, -1)])
            values = torch.cat([values, torch.zeros(len(drawn), device=values.device)])
            at = torch.cat([at, at[able].repeat_interleave(self._unseen)])
        return PointwiseBatch(users, items, values, records, at)
