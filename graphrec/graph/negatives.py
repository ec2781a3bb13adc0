"""Negative items: drawn at random, never one that the user is known to like."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.graph.data import Data

Distribution = Literal["uniform", "popularity"]


class Line(NamedTuple):
    """What ``NegativeSampler`` draws from, as arrays of numpy: for who draws by himself.

    A point p of ``free[u]`` lies behind the gaps of user u (``indptr[u]`` to ``indptr[u + 1]``) that are at most
    ``u * stride + p``; with g the number of the first that is not, it is the item
    ``item_at[p + removed[g] - removed[indptr[u]]]``.
    """

    gaps: npt.NDArray[np.int64]
    indptr: npt.NDArray[np.int64]
    removed: npt.NDArray[np.int64]
    item_at: npt.NDArray[np.int32]
    free: npt.NDArray[np.int64]
    stride: int


class NegativeSampler:
    """Draws negatives from the items with ``data.sampled``, exactly and without rejection.

    Items lie side by side on a line, each as wide as its integer weight (1, or 1 + its training edges).
    Taking a user's positives out and closing the gaps leaves a shorter line; a uniform point on that one,
    moved right by the gaps before it, is a negative with the right probability. The gaps are found by binary search
    and the item by a table, so a draw costs the same for a user with one positive and for one who likes nearly
    everything, and a GPU never waits for the CPU.

    Args:
        data: what is known when training.
        distribution: ``uniform``, or ``popularity``: in proportion to 1 + the item's training edges.
        generator: source of randomness; negatives are drawn on its device.

    Raises:
        TrainingError: no item may be drawn at all.
    """

    def __init__(
        self, data: Data, *, distribution: Distribution = "uniform", generator: torch.Generator
    ) -> None:
        weight = data.sampled.astype(np.int64)
        if distribution == "popularity":
            weight *= 1 + data.by_item.lengths
        ends = np.cumsum(weight)
        if not len(ends) or ends[-1] == 0:
            raise TrainingError("there is no item to draw negatives from: the training graph has no edges")
        keys = np.unique(data.by_user.rows * data.items + data.by_user.indices)
        rows, positives = keys // data.items, keys % data.items
        indptr = np.searchsorted(rows, np.arange(data.users + 1))
        removed = np.concatenate([np.zeros(1, np.int64), np.cumsum(weight[positives])])
        before = removed[:-1] - removed[indptr[rows]]
        free = ends[-1] - (removed[indptr[1:]] - removed[indptr[:-1]])
        self._stride = int(ends[-1]) + 1
        device = generator.device
        self._generator = generator
        self._item_at = torch.from_numpy(np.repeat(np.arange(data.items, dtype=np.int32), weight)).to(device)
        self._gaps = torch.from_numpy(rows * self._stride + ends[positives] - weight[positives] - before).to(
            device
        )
        self._removed = torch.from_numpy(removed).to(device)
        self._indptr = torch.from_numpy(indptr).to(device)
        self._removed_before = self._removed[self._indptr[:-1]]
        self._free = torch.from_numpy(free).to(device)
        self.available = free > 0
        """bool [users]: who has at least one item left to draw."""
        self._all_available = bool(self.available.all())

    @property
    def line(self) -> Line:
        """What is drawn from."""
        return Line(
            self._gaps.numpy(force=True),
            self._indptr.numpy(force=True),
            self._removed.numpy(force=True),
            self._item_at.numpy(force=True),
            self._free.numpy(force=True),
            self._stride,
        )

    def sample(self, users: Tensor, count: int) -> Tensor:
        """Return negatives, int64 [B, count] with repeats possible, for ``users``, int64 [B].

        Raises:
            TrainingError: a user likes every item that may be drawn (see ``available``).
        """
        free = self._free[users]
        if not self._all_available and bool((free == 0).any()):
            user = int(users[free == 0][0])
            raise TrainingError(
                f"user {user} likes every item that negatives are drawn from; leave this user out"
            )
        draw = torch.rand(
            len(users), count, generator=self._generator, device=free.device, dtype=torch.float64
        )
        point = draw.mul_(free[:, None]).long().clamp_(max=(free - 1)[:, None])
        passed = torch.searchsorted(self._gaps, (users * self._stride)[:, None] + point, right=True)
        point += self._removed[passed] - self._removed_before[users][:, None]
        return self._item_at[point].long()
