"""The records that rating models learn from, as their compiled learners go over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrec.graph.data import Data


@dataclass(frozen=True)
class Rated:
    """The records that have a value, by user.

    Attributes:
        users: int32 [E].
        items: int32 [E].
        values: float32 [E].
    """

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]

    @classmethod
    def of(cls, data: Data) -> Rated:
        """Return those of ``data`` with the value that is to be predicted."""
        values = np.asarray(data.records.values[data.value], np.float32)
        kept = np.isfinite(values)
        users = np.repeat(np.arange(data.users, dtype=np.int32), data.by_user.lengths)
        items = np.asarray(data.records.item).astype(np.int32)
        return cls(users, items, values) if kept.all() else cls(users[kept], items[kept], values[kept])

    def __len__(self) -> int:
        return len(self.values)
