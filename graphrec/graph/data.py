"""What a model may see of a graph, and the cases on which it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graphrec.ragged import Ints, Ragged

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class TrainingData:
    """The training part of a split: user-item edges, item content, and which video an item belongs to.

    Attributes:
        by_user: items of each user in training, in record order.
        by_item: users of each item in training.
        features: float32 [items, F], one row per item, also for items without edges; F may be 0.
        group: int64 [items], the video of a segment, or -1.
        position: float32 [items], where in its video a segment lies, 0 to 1; 0 where there is no video.
        sampled: bool [items], the items negatives are drawn from: what is known when training (for segments, all
            those of a video that has a training edge; for items, those with a training edge).
    """

    by_user: Ragged
    by_item: Ragged
    features: npt.NDArray[np.float32]
    group: Ints
    position: npt.NDArray[np.float32]
    sampled: npt.NDArray[np.bool_]

    @property
    def users(self) -> int:
        """How many users there are."""
        return len(self.by_user)

    @property
    def items(self) -> int:
        """How many items there are, with and without edges."""
        return len(self.by_item)


@dataclass(frozen=True)
class Cases:
    """Ranking tasks: one per user, or per user and video.

    Attributes:
        users: int64 [cases].
        relevant: the items to find, per case.
        candidates: the items to rank, per case; None when all cases share ``pool``.
        pool: int64 [pool], the items to rank in every case, sorted; None for all items. From a shared pool each
            user's training items are left out.
    """

    users: Ints
    relevant: Ragged
    candidates: Ragged | None = None
    pool: Ints | None = None

    def __len__(self) -> int:
        return len(self.users)

    @property
    def items(self) -> torch.Tensor | None:
        """int64: all items that are ranked in any case; None for all there are."""
        # Here, not above: whoever only reads runs or recommends needs no torch, which takes seconds.
        import torch

        if self.candidates is not None:
            return torch.from_numpy(np.unique(self.candidates.indices))
        return None if self.pool is None else torch.from_numpy(self.pool)


@dataclass(frozen=True)
class Split:
    """A split with a name: training data, validation and test cases."""

    name: str
    data: TrainingData
    valid: Cases
    test: Cases
