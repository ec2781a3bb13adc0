"""Scalar properties of nodes and records as arrays, by name and type, whatever they mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.graph.ids import Ids
from graphrec.ragged import Ints
from graphrec.store.upsert import positions


@dataclass(frozen=True)
class Numbers:
    """A property that is a number, a time or true or false.

    Attributes:
        values: float64 [n]; NaN where a node or record has none.
    """

    values: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """bool [n], which have a value."""
        return np.isfinite(self.values)

    def take(self, at: Ints | slice) -> Numbers:
        """Return the values of those at ``at``."""
        return Numbers(np.asarray(self.values)[at])


@dataclass(frozen=True)
class Words:
    """A property that is text, by its different values.

    Attributes:
        codes: int64 [n], position in ``vocabulary``; -1 where a node or record has none.
        vocabulary: the values that occur, sorted.
    """

    codes: Ints
    vocabulary: Ids

    @classmethod
    def of(cls, values: pa.ChunkedArray) -> Words:
        """Return a column of texts, string [n]."""
        known = values.drop_null().unique()
        known = known.take(pc.sort_indices(known))
        return cls(positions(values, pa.chunked_array([known])), Ids(known))

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, at: Ints | slice) -> Words:
        """Return the values of those at ``at``."""
        return Words(np.asarray(self.codes)[at], self.vocabulary)


Column = Numbers | Words
