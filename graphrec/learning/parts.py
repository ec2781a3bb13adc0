"""Batches with the parts of their items: the frames of each, for example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

import torch
from torch import Tensor

from graphrec.learning.feed import A, AddingFeed, B_co, Feed
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


class WithParts(AddingFeed[A, PartsBatch[A]]):
    """Adds to each batch the parts of its items.

    Args:
        feed: batches that have ``items``.
        lists: the parts of every item, such as ``data.lists["Item>Frame"]``.
    """

    def __init__(self, feed: Feed[A], lists: Ragged) -> None:
        super().__init__(feed)
        self._lists = lists

    def added(self, batch: A) -> PartsBatch[A]:
        """Return ``batch`` with the parts."""
        items = torch.unique(batch.items)  # type: ignore[attr-defined]
        lists = self._lists.take(items.cpu().numpy())
        indptr, parts = (torch.from_numpy(a).to(items.device) for a in (lists.indptr, lists.indices))
        return PartsBatch(batch, items, indptr, parts)
