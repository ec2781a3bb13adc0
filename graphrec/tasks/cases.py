"""What a model is judged on, and what it may learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from graphrec.graph.data import Data
from graphrec.ragged import Ints, Ragged

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RankingCases:
    """Lists to rank: one per user, or per user and video.

    Attributes:
        users: int64 [cases].
        relevant: the items to find, per case.
        candidates: the items to rank, per case; None when all cases share ``pool``.
        pool: int64 [pool], the items to rank in every case, sorted; None for all items. From a shared pool each
            user's training items are left out.
        known: how many held-out items are not asked for, since their users have a training record of them.
        fresh: int64 [cases], how many items of the pool the user has no training record of; None where nobody counted.
    """

    users: Ints
    relevant: Ragged
    candidates: Ragged | None = None
    pool: Ints | None = None
    known: int = 0
    fresh: Ints | None = None

    def __len__(self) -> int:
        return len(self.users)

    @property
    def sizes(self) -> Ints | None:
        """int64 [cases]: how many items are ranked in each; None where nobody counted."""
        return self.fresh if self.candidates is None else self.candidates.lengths

    @property
    def items(self) -> Ints | None:
        """int64: all items that are ranked in any case; None for all there are."""
        return self.pool if self.candidates is None else np.unique(self.candidates.indices)


@dataclass(frozen=True)
class PairCases:
    """Numbers to predict, each for a user and an item.

    Attributes:
        users: int64 [cases].
        items: int64 [cases].
        targets: float64 [cases].
        scale: the least and the greatest value that the graph holds; None where predictions have bounds of their own.
        at: int64 [cases], when each is asked, as ``Records.order`` says it; None where that does not matter.
    """

    users: Ints
    items: Ints
    targets: Floats
    scale: tuple[float, float] | None = None
    at: Ints | None = None

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class NodeCases:
    """Numbers to predict, each for a node.

    Attributes:
        nodes: int64 [cases].
        targets: float64 [cases, classes].
    """

    nodes: Ints
    targets: Floats

    def __len__(self) -> int:
        return len(self.nodes)


Cases = RankingCases | PairCases | NodeCases
C = TypeVar("C", bound=Cases)


@dataclass(frozen=True)
class Split(Generic[C]):
    """A split with a name: training data, validation and test cases, and what is to be said of it, by sentences."""

    name: str
    data: Data
    valid: C
    test: C
    notes: tuple[str, ...] = ()
