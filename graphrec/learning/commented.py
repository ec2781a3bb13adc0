"""Items that users commented on and items that they did not, with what they wrote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.graph.data import Data
from graphrec.graph.negatives import NegativeSampler
from graphrec.learning.feed import ShuffledFeed
from graphrec.learning.options import TrainOptions


@dataclass(frozen=True)
class CommentedBatch:
    """Positives, their negatives, and the comments among them.

    Attributes:
        users: int64 [B].
        items: int64 [B, 1 + N], the positive first.
        comments: int64 [C], rows of the list of words.
        pairs: int64 [C], which of ``items``, counted row by row, each comment is on.
    """

    users: Tensor
    items: Tensor
    comments: Tensor
    pairs: Tensor

    def __len__(self) -> int:
        return len(self.users)


class Commented(ShuffledFeed[CommentedBatch]):
    """Every training record with a comment once an epoch, with negatives that its user finds bad or has no record of.

    They are drawn alike from both (KFRCI section 4.1), or a share of them from what the user finds bad. A negative that
    the user commented on comes with that comment, the last where there are several.

    Args:
        data: what may be learned from.
        options: batch size and negatives.
        generator: source of randomness, on the device that the batches shall be on.
        share: of negatives that are drawn from what the user finds bad, of users who find anything so.

    Raises:
        TrainingError: no record is left, since every user likes every item.
    """

    def __init__(self, data: Data, options: TrainOptions, generator: torch.Generator, share: float = 0.0) -> None:
        self._negatives = NegativeSampler(data, distribution=options.negative_distribution, generator=generator)
        users = data.by_user.rows
        usable = self._negatives.available[users]
        if not usable.any():
            raise TrainingError("every user likes every item: there is nothing to tell apart; load more items")
        device, self._generator = generator.device, generator
        self._users = torch.tensor(users[usable], device=device)
        self._items = torch.tensor(np.asarray(data.records.item)[usable], device=device)
        told = data.records.text
        texts = np.full(len(users), -1) if told is None else np.asarray(told)
        self._texts = torch.tensor(texts[usable], device=device)
        self._count, self._catalogue, self._share = options.negatives, data.items, share
        self._keep_against(data, device)
        super().__init__(len(self._users), options.batch(len(self._users)), generator)

    def batch(self, rows: Tensor) -> CommentedBatch:
        """Return a batch."""
        users = self._users[rows]
        negatives = self._drawn(users)
        items = torch.cat([self._items[rows, None], negatives], 1)
        texts = torch.cat([self._texts[rows, None], self._written(users, negatives)], 1).flatten()
        pairs = (texts >= 0).nonzero()[:, 0]
        return CommentedBatch(users, items, texts[pairs], pairs)

    def _keep_against(self, data: Data, device: torch.device) -> None:
        """Keep what users find bad: each pair once, sorted, with its last comment."""
        against = data.against
        empty = np.empty(0, np.int64)
        user, item, text = (
            (empty, empty, empty)
            if against is None
            else (against.user, np.asarray(against.item), np.asarray(against.text))
        )
        keys, last = np.unique((user * data.items + item)[::-1], return_index=True)
        counts = np.bincount(keys // data.items, minlength=data.users)
        self._keys = torch.tensor(keys, device=device)
        self._against_texts = torch.tensor(text[::-1][last].copy(), device=device)
        self._counts = torch.tensor(counts, device=device)
        self._starts = torch.tensor(np.cumsum(counts) - counts, device=device)

    def _drawn(self, users: Tensor) -> Tensor:
        """Return negatives, int64 [B, N]."""
        drawn = self._negatives.sample(users, self._count)
        if not self._share or not len(self._keys):
            return drawn
        random = torch.rand(2, *drawn.shape, generator=self._generator, device=drawn.device)
        bad = (random[0] < self._share) & (self._counts[users] > 0)[:, None]
        nth = (random[1] * self._counts[users][:, None]).long()
        at = (self._starts[users][:, None] + nth).clamp(max=len(self._keys) - 1)
        return torch.where(bad, self._keys[at] % self._catalogue, drawn)

    def _written(self, users: Tensor, items: Tensor) -> Tensor:
        """Return the comment of each user on each of ``items`` (int64 [B, N]) that they find bad; -1 for none."""
        if not len(self._keys):
            return torch.full_like(items, -1)
        keys = users[:, None] * self._catalogue + items
        at = torch.searchsorted(self._keys, keys).clamp(max=len(self._keys) - 1)
        return torch.where(self._keys[at] == keys, self._against_texts[at], -1)
