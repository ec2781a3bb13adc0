"""Ranks within one block of users whose scores are all at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from graphrec.evaluation.ties import LARGEST, TieBreaker
from graphrec.graph.records import Mask
from graphrec.ragged import Ints, Ragged

OUT = -torch.inf
"""Stands in place of the score of an item that is no candidate; scores themselves are finite."""

MANY = 16
"""A row with more relevant columns is swept: that costs about as much as comparing all scores with so many."""

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
        values, best = self.scores.topk(min(keep + 1, self.scores.shape[1]) if keep else 0, dim=1)
        # Looks one place past the cut, where the partition chose among equal scores as it liked.
        unsettled = ((values[:, 1:] == values[:, :-1]) & (values[:, 1:] != OUT)).any(1)
        best = best[:, :keep].contiguous()
        rows = unsettled.nonzero()[:, 0]
        for start in range(0, len(rows), SLICE):
            part = rows[start : start + SLICE]
            keys = self.ties.keys(self.users[part, None], self.items)
            best[part] = _best(self.scores[part], keys, values[part, keep - 1], keep)
        return torch.from_numpy(self._ranks(relevant)), best

    def _ranks(self, relevant: Ragged) -> Ints:
        ranks = np.empty(len(relevant.indices), np.int64)
        swept = self._swept(relevant)
        counted = np.flatnonzero(~swept)
        own = relevant.take(counted)
        found, level = (tensor.cpu().numpy() for tensor in self._rows(counted)._count(own))
        ranks[relevant.places(counted)] = found
        swept[counted[own.rows[level > 1]]] = True
        if swept.any():
            # Here, since it takes half a second and few rankings need it.
            from graphrec.evaluation.sweep import sweep

            rows = np.flatnonzero(swept)
            part = self._rows(rows)
            ends = part.users.cpu(), part.items.cpu()
            ranks[relevant.places(rows)] = sweep(part.scores.cpu(), *ends, self.ties, relevant.take(rows))
        return ranks

    def _swept(self, relevant: Ragged) -> Mask:
        """Return bool [rows], where one pass over the scores is sooner done than one for each relevant column."""
        if self.scores.device.type != "cpu":
            return np.zeros(len(relevant), bool)
        swept = relevant.lengths > MANY
        having = int(np.count_nonzero(relevant.lengths))
        scores = self.scores[:having]
        first = scores.gather(1, torch.from_numpy(relevant.indices[relevant.indptr[:having], None]))
        # Where one ties, others do.
        swept[:having] |= (torch.eq(scores, first).sum(1) > 1).numpy()
        return swept

    def _rows(self, rows: Ints) -> ScoreBlock:
        if len(rows) == len(self.users):
            return self
        chosen = torch.from_numpy(rows).to(self.scores.device)
        return ScoreBlock(self.scores[chosen], self.users[chosen], self.items, self.ties)

    def _count(self, relevant: Ragged) -> tuple[Tensor, Tensor]:
        """Return int64 [n] twice, per relevant column: its rank if it wins all ties, and how many tie."""
        columns = torch.from_numpy(relevant.indices).to(self.scores.device)
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
