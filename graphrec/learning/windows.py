"""Stretches of what nodes are made of: some frames of a trailer, in order."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphrec.errors import ConfigError, TrainingError
from graphrec.learning.batch import WindowBatch
from graphrec.learning.feed import ShuffledFeed
from graphrec.learning.options import TrainOptions
from graphrec.ragged import Ints, Ragged


class Windows(ShuffledFeed[WindowBatch]):
    """Every stretch of ``length`` parts once an epoch, each ``shift`` parts after the one before.

    The last stretch of a node ends with its last part; a node with fewer parts than ``length`` has one stretch.

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
        if length < 1 or shift < 1:
            raise ConfigError(f"stretches of {length} parts, each {shift} later, are not possible; give 1 or more")
        counts = parts.lengths[nodes]
        nodes, counts = nodes[counts > 0], counts[counts > 0]
        if not len(nodes):
            raise TrainingError("no node has parts to learn from")
        of_node = 1 + -(-np.maximum(counts - length, 0) // shift)
        self._row = np.repeat(np.arange(len(nodes)), of_node)
        number = np.arange(len(self._row)) - np.repeat(np.cumsum(of_node) - of_node, of_node)
        self._first = np.minimum(number * shift, np.maximum(counts - length, 0)[self._row])
        self._nodes, self._counts, self._parts, self._length = nodes, counts, parts, length
        super().__init__(len(self._row), options.batch(len(self._row)), generator)

    def batch(self, rows: Tensor) -> WindowBatch:
        """Return a batch."""
        chosen = rows.cpu().numpy()
        row, first = self._row[chosen], self._first[chosen]
        count = self._counts[row]
        at = np.minimum(first[:, None] + np.arange(self._length), count[:, None] - 1)
        parts = self._parts.indices[self._parts.indptr[self._nodes[row]][:, None] + at]
        arrays = (self._nodes[row], parts, np.minimum(count, self._length))
        return WindowBatch(*(torch.from_numpy(np.asarray(a)).to(rows.device) for a in arrays))
