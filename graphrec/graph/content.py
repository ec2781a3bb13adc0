"""Features of nodes: each matrix by its own name, memory-mapped; joined only by rows, and only where a model asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from graphrec.ragged import Ints, Ragged

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

VALUES = 1 << 24
"""So many numbers are in memory at a time."""


class Features(Protocol):
    """A matrix that describes every node of one label; zeros for those that it does not."""

    @property
    def label(self) -> str:
        """Of the nodes."""
        ...

    @property
    def width(self) -> int:
        """Numbers per node."""
        ...

    @property
    def present(self) -> Mask:
        """bool [n], which nodes it describes."""
        ...

    def rows(self, at: Ints | slice) -> Floats:
        """Return float32 [m, width] for the nodes ``at``."""
        ...


@dataclass(frozen=True)
class Mapped:
    """A matrix on disk.

    Attributes:
        label: of the nodes.
        values: float32 [n, width], memory-mapped.
        present: bool [n].
    """

    label: str
    values: Floats
    present: Mask

    @property
    def width(self) -> int:
        """Numbers per node."""
        return int(self.values.shape[1])

    def rows(self, at: Ints | slice) -> Floats:
        """Return float32 [m, width]."""
        return np.asarray(self.values[at])


@dataclass(frozen=True)
class NHot:
    """A list of nodes as a matrix of zeros and ones, made where it is asked for: which genres an item is in.

    Attributes:
        label: of the nodes.
        lists: what each node lists.
        width: how many different things may be listed.
    """

    label: str
    lists: Ragged
    width: int

    @cached_property
    def present(self) -> Mask:
        """bool [n], which nodes list anything."""
        return self.lists.lengths > 0

    def rows(self, at: Ints | slice) -> Floats:
        """Return float32 [m, width]."""
        rows = np.arange(len(self.lists))[at]
        listed = self.lists.take(rows)
        matrix = np.zeros((len(rows), self.width), np.float32)
        matrix[listed.rows, listed.indices] = 1
        return matrix


def fill(blocks: Sequence[Floats], present: Mask, means: Sequence[Floats]) -> Floats:
    """Return blocks side by side, float32 [m, width], what a node lacks of them as the mean of those that have it.

    A node that has none of them stays all 0.

    Args:
        blocks: float32 [m, width] of each matrix.
        present: bool [m, blocks], which nodes each describes.
        means: float32 [width] of each.
    """
    joined = np.concatenate(blocks, axis=1)
    some = present.any(1)
    start = 0
    for number, mean in enumerate(means):
        lacking = some & ~present[:, number]
        if lacking.any():
            joined[lacking, start : start + len(mean)] = mean
        start += len(mean)
    return joined


class Joined:
    """Several matrices of one label side by side, without a copy of any.

    A node that has some of them and lacks others gets the mean of these, which says nothing once content is centred.

    Args:
        parts: at least none; those without a column are left out.
        count: how many nodes there are.
    """

    def __init__(self, parts: Sequence[Features], count: int) -> None:
        self._parts = [part for part in parts if part.width]
        self._count = count
        self.width = sum(part.width for part in self._parts)
        """Numbers per node, of all matrices."""

    def __len__(self) -> int:
        return self._count

    def rows(self, at: Ints | slice) -> Floats:
        """Return float32 [m, width]."""
        if not self._parts:
            return np.zeros((len(np.arange(self._count)[at]), 0), np.float32)
        if len(self._parts) == 1:
            return self._parts[0].rows(at)
        blocks, present = [part.rows(at) for part in self._parts], self.present[at]
        # Where nothing lacks anything, means need not be known.
        return fill(blocks, present, self.means if self.partial.any() else ())

    def dropping(self, at: Ints, matrix: Ints) -> Floats:
        """Return float32 [m, width] as for nodes that lack one more matrix each, unless it is all that they have.

        Args:
            at: int64 [m].
            matrix: int64 [m], from 0, the one that is dropped.
        """
        present = self.present[at].copy()
        rows = np.arange(len(at))
        present[rows, matrix] = False
        lost = ~present.any(1)
        present[rows[lost], matrix[lost]] = self.present[at[lost], matrix[lost]]
        return fill([part.rows(at) for part in self._parts], present, self.means)

    def blocks(self, rows: Ints) -> Iterator[Ints]:
        """Yield ``rows`` in parts whose features fit in memory."""
        step = max(1, VALUES // max(1, self.width))
        yield from (rows[start : start + step] for start in range(0, len(rows), step))

    @cached_property
    def present(self) -> Mask:
        """bool [n, matrices], which nodes each matrix describes."""
        if not self._parts:
            return np.zeros((self._count, 0), bool)
        return np.stack([part.present for part in self._parts], axis=1)

    @property
    def described(self) -> Mask:
        """bool [n], which nodes any matrix describes."""
        return np.asarray(self.present.any(1))

    @cached_property
    def partial(self) -> Mask:
        """bool [n], which nodes some matrix describes and another does not."""
        return np.asarray(self.present.any(1) & ~self.present.all(1))

    @cached_property
    def means(self) -> Sequence[Floats]:
        """float32 [width] of each matrix, over the nodes that it describes."""
        return [self._mean(part) for part in self._parts]

    def _mean(self, part: Features) -> Floats:
        there = np.flatnonzero(part.present)
        total = np.zeros(part.width)
        for rows in self.blocks(there):
            total += part.rows(rows).sum(0, np.float64)
        return np.asarray(total / max(1, len(there)), np.float32)

    @cached_property
    def filled(self) -> Mask:
        """bool [n], which nodes have any number other than 0."""
        found = np.zeros(self._count, bool)
        for part in self.blocks(np.arange(self._count)):
            found[part] = self.rows(slice(part[0], part[-1] + 1)).any(1)
        return found
