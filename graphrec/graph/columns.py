"""Scalar properties of nodes as arrays, by name and type, whatever they mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrec.graph.ids import Ids
from graphrec.ragged import Ints


@dataclass(frozen=True)
class Numbers:
    """A property that is a number, a time or true or false.

    Attributes:
        values: float64 [n], one per node; NaN where a node has none.
    """

    values: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Words:
    """A property that is text, by its different values.

    Attributes:
        codes: int64 [n], position in ``vocabulary``; -1 where a node has none.
        vocabulary: the values that occur, sorted.
    """

    codes: Ints
    vocabulary: Ids

    def __len__(self) -> int:
        return len(self.codes)


Column = Numbers | Words
