"""Stretches of what nodes are made of: some frames of a trailer, in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from graphrec.errors import ConfigError, TrainingError
from graphrec.learning.batch import WindowBatch
from graphrec.learning.feed import ShuffledFeed
from graphrec.learning.options import TrainOptions
from graphrec.ragged import Ints, Ragged


@dataclass(frozen=True)
class Stretches:
    """Every stretch of some lists, each beginning so many parts after the one before.

    The last stretch of a list ends with its last part; a list with fewer parts than ``length`` has one stretch, an
    empty one has none.

    Attributes:
        lists: what is cut, in order.
        length: S, how many parts.
        row: int64 [n], of which list each is.
        first: int64 [n], with which of its parts it begins.
    """

    lists: Ragged
    length: int
    row: Ints
    first: Ints

    @classmethod
    def of(cls, lists: Ragged, length: int, shift: int) -> Stretches:
        """Cut ``lists``; raises ``ConfigError`` for a length or shift below 1."""
        if length < 1 or shift < 1:
            raise ConfigError(f"stretches of {length} parts, each {shift} later, are not possible; give 1 or more")
        counts = lists.lengths
        left = np.maximum(counts - length, 0)
        of_row = np.where(counts > 0, 1 - (-left // shift), 0)
        row = np.repeat(np.arange(len(counts)), of_row)
        number = np.arange(len(row)) - np.repeat(np.cumsum(of_row) - of_row, of_row)
        return cls(lists, length, row, np.minimum(number * shift, left[row]))

    def __len__(self) -> int:
        return len(self.row)

    def parts(self, chosen: Ints | slice) -> tuple[Ints, Ints]:
        """Return the parts of some stretches, int64 [n, S], the last repeated, and how many these are, int64 [n]."""
        row, first = self.row[chosen], self.first[chosen]
        count = self.lists.lengths[row]
        at = np.minimum(first[:, None] + np.arange(self.length), count[:, None] - 1)
        return self.lists.indices[self.lists.indptr[row][:, None] + at], np.minimum(count, self.length)


class Windows(ShuffledFeed[WindowBatch]):
    """Every stretch of ``length`` parts once an epoch, each ``shift`` parts after the one before; see ``Stretches``.

    Args:
        parts: of each node, in order.
        nodes: int64 [n], whose stretches to go over.
        options: batch size, here in stretches.
        generator: source of randomness, on the device that the batches shall be on.
        length: S, how many parts.
        shift: by how many parts the next stretch begins later.

    Raises:
        ConfigError: a length or shift below 1.
        TrainingError: no node has a part.
    """

    def __init__(
        self,
        parts: Ragged,
        nodes: Ints,
        options: TrainOptions,
        generator: torch.Generator,
        *,
        length: int = 20,
        shift: int = 5,
    ) -> None:
        self._nodes, self._stretches = nodes, Stretches.of(parts.take(nodes), length, shift)
        if not len(self._stretches):
            raise TrainingError("no node has parts to learn from")
        super().__init__(len(self._stretches), options.batch(len(self._stretches)), generator)

    def batch(self, rows: Tensor) -> WindowBatch:
        """Return a batch."""
        chosen = rows.cpu().numpy()
        arrays = (self._nodes[self._stretches.row[chosen]], *self._stretches.parts(chosen))
        return WindowBatch(*(torch.from_numpy(np.asarray(a)).to(rows.device) for a in arrays))
