"""What models that weigh pairs of items share: users' rows, scores of histories, and a space that proposes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn.functional import embedding_bag

from graphrec.models.mixing import pairs_of
from graphrec.ragged import Ragged


def user_rows(histories: Ragged, items: int, weighting: float) -> sparse.csr_matrix:
    """Return X, float32 [users, items]: XᵀX counts who has two items, a user with d of them as d ** -weighting.

    Args:
        histories: the different items of each user.
        items: how many there are.
        weighting: 0 counts all records alike, 1 counts users alike.
    """
    counts = histories.lengths
    told = np.repeat(np.maximum(counts, 1) ** (-weighting / 2), counts).astype(np.float32)
    return sparse.csr_matrix(
        (told, np.asarray(histories.indices), np.asarray(histories.indptr)), shape=(len(histories), items)
    )


class HistoryScorer:
    """Scores that follow from what users have.

    Args:
        scores: from the different items of n users to float32 [n, items].
        histories: what all users have.
        items: how many there are.
    """

    def __init__(self, scores: Callable[[Ragged], Tensor], histories: Ragged, items: int) -> None:
        self._scores, self._histories, self._items = scores, histories, items

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        scores = self._scores(self._histories.take(users.cpu().numpy()))
        return scores if items is None else scores[:, items.to(scores.device)]

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n]."""
        return pairs_of(self.grid, users, items, self._items)


def low_rank(weights: Tensor, histories: Ragged, dimension: int) -> tuple[Tensor, Tensor]:
    """Return float32 [users, D] and [items, D], whose inner products are nearly the ``weights`` that histories sum.

    By the largest singular values, at most as many as there are items.

    Args:
        weights: float32 [items, items], dense or sparse; row j is what having j says of each item.
        histories: the different items of each user.
        dimension: D.
    """
    # The library draws from torch's global generator; what is published shall not depend on that.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        left, values, right = torch.svd_lowrank(weights, min(dimension, len(weights)), niter=4)
    scale = values.sqrt()
    return summed(left * scale, histories), right * scale


def summed(table: Tensor, lists: Ragged) -> Tensor:
    """Return the sum of the rows of ``table`` that each list names, float32 [lists, D]."""
    arrays = (torch.from_numpy(np.array(a)).to(table.device) for a in (lists.indices, lists.indptr))
    indices, offsets = arrays
    return embedding_bag(indices, table, offsets, mode="sum", include_last_offset=True)
