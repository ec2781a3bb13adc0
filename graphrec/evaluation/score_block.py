"""Ranks within one block of users whose scores are all at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from graphrec.evaluation.ties import LARGEST, TieBreaker
from graphrec.ragged import Ragged

OUT = -torch.inf
"""Stands in place of the score of an item that is no candidate; scores themselves are finite."""

SLICE = 32
"""Rows at a time where equal scores need an int64 key for every column; few, to stay in the cache."""


@dataclass(frozen=True)
class ScoreBlock:
    """The scores of some users.

    Attributes:
        scores: float [rows, columns]; ``OUT`` for what is no candidate.
        users: int64 [rows].
        items: int64 [columns].
        ties: the order of equal scores.
    """

    scores: Tensor
    users: Tensor
    items: Tensor
    ties: TieBreaker

    def rank(self, relevant: Ragged, keep: int) -> tuple[Tensor, Tensor]:
        """Return the ranks of ``relevant`` columns, int64 [n], and each row's best, int64 [rows, keep].

        Rows come with the most relevant first. Ranks are in the order of ``relevant.indices``. The best come
        best first; if a row has fewer candidates than ``keep``, what stands behind them means nothing.
        """
        device = self.scores.device
        columns = torch.from_numpy(relevant.indices).to(device)
        rows = torch.from_numpy(relevant.rows).to(device)
        ranks, level = self._count(relevant, columns)
        width = self.scores.shape[1]
        values, best = self.scores.topk(min(keep + 1, width) if keep else 0, dim=1)
        # Looks one place past the cut, where the partition chose among equal scores as it liked.
        unsettled = ((values[:, 1:] == values[:, :-1]) & (values[:, 1:] != OUT)).any(1)
        best = best[:, :keep].contiguous()
        tied = (level > 1).nonzero()[:, 0]
        unsettled[rows[tied]] = True
        for part in _slices(unsettled.nonzero()[:, 0], SLICE):
            scores, keys = self.scores[part], self.ties.keys(self.users[part, None], self.items)
            if keep:
                best[part] = _best(scores, keys, values[part, keep - 1], keep)
            inside = tied[(rows[tied] >= part[0]) & (rows[tied] <= part[-1])]
            for some in _slices(inside, 2 * SLICE):
                local = torch.searchsorted(part, rows[some])
                ranks[some] += _earlier(scores[local], keys[local], columns[some, None])
        return ranks, best

    def _count(self, relevant: Ragged, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Return int64 [n] twice, per relevant column: its rank if it wins all ties, and how many tie."""
        ranks, level = torch.empty_like(columns), torch.empty_like(columns)
        lengths = relevant.lengths
        # Ones and zeros in float32 add up several times faster than booleans do, and exactly up to 2^24.
        room = torch.empty(self.scores.shape, dtype=torch.float32, device=columns.device)
        for j in range(int(lengths.max(initial=0))):
            having = int(np.count_nonzero(lengths > j))
            where = torch.from_numpy(relevant.indptr[:having] + j).to(columns.device)
            scores = self.scores[:having]
            own = scores.gather(1, columns[where, None])
            marks = room[:having]
            ranks[where] = torch.gt(scores, own, out=marks).sum(1).long() + 1
            level[where] = torch.eq(scores, own, out=marks).sum(1).long()
        return ranks, level


def _best(scores: Tensor, keys: Tensor, last: Tensor, keep: int) -> Tensor:
    """Return the ``keep`` best columns of each row by falling score, then rising key.

    ``last`` is the score of the last of them.
    """
    place = keys.masked_fill(scores < last[:, None], LARGEST).masked_fill_(scores > last[:, None], -1)
    columns = place.topk(keep, dim=1, largest=False, sorted=False).indices
    columns = columns.gather(1, keys.gather(1, columns).argsort(dim=1))
    return columns.gather(1, scores.gather(1, columns).argsort(dim=1, descending=True, stable=True))


def _earlier(scores: Tensor, keys: Tensor, columns: Tensor) -> Tensor:
    """Return int64 [n], in each row how many scores equal to that of its column [n, 1] have a smaller key."""
    equal = scores == scores.gather(1, columns)
    return (equal & (keys < keys.gather(1, columns))).sum(1, dtype=torch.int32).long()


def _slices(rows: Tensor, size: int) -> Iterator[Tensor]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
