"""Fields of a record that its moment decides: what was there before it, the time of day and week, the last items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from graphrec.graph.data import Data
from graphrec.models.moments_before import NOW, Before
from graphrec.models.parts import Lists
from graphrec.times import LEAST_MOMENT

NAMES = ("User.before", "Item.before", "hour", "weekday")
LAST = "last items"
HOURS, DAYS = 24, 7
_HOUR_MS = 3_600_000
_THURSDAY = 3
"""The weekday of 1 January 1970, Monday being 0."""


class MomentFields(nn.Module):
    """How many training records user and item had before a record, its hour and weekday (UTC), the last items taken.

    Nothing that came at the record's moment or later is looked at, of training records either. Counts have the vector
    of the bucket they are in, of which each holds as many training records; a moment that nobody knows has no hour.

    Args:
        dimension: D.
        buckets: so many of each count.
        longest: so many of the items that the user took last have a field together, the mean of their vectors.
        std: standard deviation that vectors start with.
    """

    edges: Tensor
    first: Tensor

    def __init__(self, dimension: int, buckets: int, longest: int, std: float) -> None:
        super().__init__()
        self._longest = longest
        sizes = [buckets, buckets, HOURS + 1, DAYS + 1, 1]
        self.register_buffer("edges", torch.zeros(2, buckets - 1))
        self.register_buffer("first", torch.tensor([0, *np.cumsum(sizes)[:-1]]), persistent=False)
        self.vectors = nn.Parameter(torch.randn(sum(sizes), dimension + 1) * std)
        with torch.no_grad():
            self.vectors[:, -1] = 0
            # What training never shows says nothing.
            self.vectors[self.first[2:] + torch.tensor([HOURS, DAYS, 0])] = 0

    @torch.no_grad()
    def fit(self, data: Data) -> None:
        """Learn how counts lie, from the training records that ``attach`` has taken, and which hours they show.

        What they never show, an hour in which nobody was there, has no say: its vector would stay the random one.
        """
        records = data.records
        columns = (records.user, np.array(records.item), np.array(records.order))
        users, items, at = (torch.from_numpy(one).to(self.edges.device) for one in columns)
        counts = self._before.counts(users, items, at).sort(0).values
        buckets = self.edges.shape[1] + 1
        shares = (len(counts) * torch.arange(1, buckets, device=counts.device)) // buckets
        self.edges.copy_(counts[shares.clamp(max=len(counts) - 1)].T)
        shown = torch.zeros(len(self.vectors), dtype=torch.bool, device=self.edges.device)
        shown[self.codes(users, items, at) + self.first[:4]] = True
        self.vectors[~shown] = 0

    def attach(self, data: Data) -> None:
        """Take the training records."""
        self._before = Before(data, self.edges.device)

    def codes(self, users: Tensor, items: Tensor, at: Tensor) -> Tensor:
        """Return which value each field of ``NAMES`` has, int64 [B, 4]."""
        counts = self._before.counts(users, items, at).T.float().contiguous()
        buckets = torch.searchsorted(self.edges, counts, right=True)
        return torch.stack([*buckets, _of_day(at, HOURS), _of_day(at, DAYS)], 1)

    def forward(self, users: Tensor, items: Tensor, at: Tensor, of_items: Callable[[Lists], Tensor]) -> Tensor:
        """Return float32 [B, fields, D + 1].

        Args:
            users: int64 [B].
            items: int64 [B].
            at: int64 [B], epoch milliseconds; ``NOW`` for after all that trains.
            of_items: returns the mean of the vectors of listed items, float32 [B, D + 1].
        """
        found = self.vectors[self.codes(users, items, at) + self.first[:4]]
        if not self._longest:
            return found
        last = self._before.last(users, at, self._longest)
        mean = torch.where((last.lengths > 0)[:, None], of_items(last), self.vectors[-1])
        return torch.cat([found, mean[:, None]], 1)


def _of_day(at: Tensor, many: int) -> Tensor:
    """Return the hour of ``at`` (ms), or the weekday, int64 [n]; ``many`` where nobody knows it."""
    hours = at // _HOUR_MS
    found = hours % HOURS if many == HOURS else (hours // HOURS + _THURSDAY) % DAYS
    return torch.where((at >= LEAST_MOMENT) & (at < NOW), found, many)
