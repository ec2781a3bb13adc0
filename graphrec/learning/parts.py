"""Batches with the parts of their items: the frames of each, for example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic

import torch
from torch import Tensor

from graphrec.learning.feed import B_co, Feed
from graphrec.ragged import Ragged


@dataclass(frozen=True)
class PartsBatch(Generic[B_co]):
    """A batch, and the parts of what it speaks of, as lists of different lengths.

    Attributes:
        batch: as the feed gives it.
        items: int64 [n], its different items, sorted.
        indptr: int64 [n + 1]; the parts of item k are ``parts[indptr[k]:indptr[k + 1]]``.
        parts: int64 [indptr[-1]].
    """

    batch: B_co
    items: Tensor
    indptr: Tensor
    parts: Tensor

    def __len__(self) -> int:
        return len(self.batch)


class WithParts(Generic[B_co]):
    """Adds to each batch the parts of its items.

    Args:
        feed: batches that have ``items``.
        lists: the parts of every item, such as ``data.lists["Item>Frame"]``.
    """

    def __init__(self, feed: Feed[B_co], lists: Ragged) -> None:
        self._feed, self._lists = feed, lists
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

    def batches(self) -> Iterator[PartsBatch[B_co]]:
        """Yield what remains of an epoch."""
        for batch in self._feed.batches():
            items = torch.unique(batch.items)  # type: ignore[attr-defined]
            lists = self._lists.take(items.cpu().numpy())
            indptr, parts = (torch.from_numpy(a).to(items.device) for a in (lists.indptr, lists.indices))
            yield PartsBatch(batch, items, indptr, parts)
