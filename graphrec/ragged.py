"""Lists of different lengths in two flat arrays (CSR): neighbours, relevant items, candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ragged:
    """``indices[indptr[r]:indptr[r + 1]]`` is row ``r``.

    Attributes:
        indptr: int64 [rows + 1], starts at 0 and never falls.
        indices: int64 [indptr[-1]].
    """

    indptr: Ints
    indices: Ints

    @classmethod
    def from_pairs(cls, rows: Ints, values: Ints, count: int) -> Ragged:
        """Group ``values`` by ``rows`` (each int64 [n], rows below ``count``), keeping their order in a row."""
        indptr = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=count), out=indptr[1:])
        return cls(indptr, np.asarray(values, np.int64)[np.argsort(rows, kind="stable")])

    @classmethod
    def from_sorted(cls, rows: Ints, values: Ints, count: int) -> Ragged:
        """Return the same as ``from_pairs`` for ``rows`` that never fall, without sorting them."""
        indptr = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=count), out=indptr[1:])
        return cls(indptr, values)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, row: int) -> Ints:
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    @property
    def lengths(self) -> Ints:
        """int64 [rows]: how many values each row has."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> Ints:
        """int64 [values]: the row of each value."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)

    def take(self, rows: Ints) -> Ragged:
        """Return the rows named by ``rows`` (int64 [n]; repeats allowed), in that order."""
        indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.lengths[rows])])
        return Ragged(indptr, self.indices[self.places(rows)])

    def places(self, rows: Ints) -> Ints:
        """Return where in ``indices`` the values of ``rows`` (int64 [n]; repeats allowed) stand, in that order."""
        lengths = self.lengths[rows]
        before = np.cumsum(lengths) - lengths
        offsets = np.arange(lengths.sum(), dtype=np.int64) - np.repeat(before, lengths)
        found: Ints = np.repeat(self.indptr[rows], lengths) + offsets
        return found

    def only(self, rows: Ints) -> Ragged:
        """Return the same with nothing in any row that is not one of ``rows``, int64 [n]."""
        kept = np.zeros(len(self), np.bool_)
        kept[rows] = True
        lengths = np.where(kept, self.lengths, 0)
        indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return Ragged(indptr, self.indices[np.repeat(kept, self.lengths)])

    def distinct(self) -> Ragged:
        """Return the different values of each row, in ascending order."""
        rows = self.rows
        order = np.lexsort((self.indices, rows))
        rows, values = rows[order], self.indices[order]
        first = np.ones(len(rows), np.bool_)
        first[1:] = (rows[1:] != rows[:-1]) | (values[1:] != values[:-1])
        return Ragged.from_sorted(rows[first], values[first], len(self))

    def transpose(self, count: int) -> Ragged:
        """Return the same pairs the other way round, for ``count`` possible values."""
        return Ragged.from_pairs(self.indices, self.rows, count)
