"""What was there before a moment: how many records of a user and of an item, and which items the user took last."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.models.parts import Lists
from graphrec.ragged import Ints, Ragged

NOW = (1 << 63) - 1
"""The moment after every training record; it has no hour."""


class Before:
    """Training records by when they were made. What is made at the same moment was not there before.

    Args:
        data: what trains; of its records those whose value is 1 are what users took.
        device: where answers are.
    """

    def __init__(self, data: Data, device: torch.device) -> None:
        records = data.records
        user, item, order = records.user, np.asarray(records.item), np.asarray(records.order)
        took = np.asarray(records.values[data.value]) == 1
        self._moments = torch.from_numpy(np.unique(order)).to(device)
        self._span = len(self._moments) + 1
        when = np.searchsorted(self._moments.numpy(force=True), order)
        self._users, self._items, self._taken = (
            _Line(whose[kept], when[kept], count, self._span, device)
            for whose, kept, count in (
                (user, slice(None), data.users), (item, slice(None), data.items), (user, took, data.users)
            )
        )  # fmt: skip
        self._taken_items = torch.from_numpy(item[took][self._taken.arranged]).to(device)

    def counts(self, users: Tensor, items: Tensor, at: Tensor) -> Tensor:
        """Return how many training records there were of each user and each item, int64 [n, 2], before ``at`` (ms)."""
        when = torch.searchsorted(self._moments, at)
        return torch.stack([self._users.until(users, when), self._items.until(items, when)], 1)

    def last(self, users: Tensor, at: Tensor, longest: int) -> Lists:
        """Return which items each user took last before ``at``, at most ``longest``, the latest last."""
        until = self._taken.until(users, torch.searchsorted(self._moments, at))
        lengths = until.clamp(max=longest)
        indptr = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
        first = self._taken.first[users] + until - lengths
        places = torch.arange(int(indptr[-1]), device=users.device)
        return Lists(indptr, self._taken_items[places + (first - indptr[:-1]).repeat_interleave(lengths)])


class _Line:
    """Records of many nodes on one line, each node's by when they were made.

    Args:
        whose: int64 [E], the node of each record.
        when: int64 [E], the number of its moment.
        count: how many nodes.
        span: one more than there are moments.
        device: where answers are.
    """

    def __init__(self, whose: Ints, when: Ints, count: int, span: int, device: torch.device) -> None:
        places = whose * span + when
        self.arranged = np.argsort(places, kind="stable")
        self._span = span
        self._line = torch.from_numpy(places[self.arranged]).to(device)
        own = Ragged.from_sorted(whose[self.arranged], when[self.arranged], count)
        self.first = torch.from_numpy(np.array(own.indptr[:-1])).to(device)

    def until(self, nodes: Tensor, when: Tensor) -> Tensor:
        """Return how many records each of ``nodes`` has before the moments with the numbers ``when``, int64 [n]."""
        found: Tensor = torch.searchsorted(self._line, nodes * self._span + when) - self.first[nodes]
        return found
