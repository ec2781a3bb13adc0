"""Nodes themselves, for what is learned of them one by one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.learning.feed import ShuffledFeed
from graphrec.learning.options import TrainOptions
from graphrec.ragged import Ints


@dataclass(frozen=True)
class NodeBatch:
    """Some nodes.

    Attributes:
        nodes: int64 [B].
    """

    nodes: Tensor

    def __len__(self) -> int:
        return len(self.nodes)


class Nodes(ShuffledFeed[NodeBatch]):
    """Each of some nodes once an epoch.

    Args:
        nodes: int64 [n].
        options: batch size.
        generator: source of randomness, on the device that the batches shall be on.

    Raises ``TrainingError`` where there are none.
    """

    def __init__(self, nodes: Ints, options: TrainOptions, generator: torch.Generator) -> None:
        if not len(nodes):
            raise TrainingError("no node to learn from")
        self._nodes = torch.from_numpy(nodes).to(generator.device)
        super().__init__(len(nodes), options.batch(len(nodes)), generator)

    def batch(self, rows: Tensor) -> NodeBatch:
        """Return a batch."""
        return NodeBatch(self._nodes[rows])
