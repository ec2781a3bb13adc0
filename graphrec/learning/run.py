"""What a run lends to the model that learns in it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import distributed as dist

from graphrec.graph.blocks import Sampler
from graphrec.graph.data import Data
from graphrec.graph.samplers import full_graph_wins, make_sampler
from graphrec.learning.options import TrainOptions

CPU = torch.device("cpu")


def several_processes() -> bool:
    """Return whether this is one of several processes that learn together."""
    return dist.is_available() and dist.is_initialized()


@dataclass(frozen=True)
class RunContext:
    """The options of a run, and where it runs.

    Attributes:
        options: how to train.
        device: where the model is.
        bf16: whether matrix products are in bfloat16.
    """

    options: TrainOptions
    device: torch.device = CPU
    bf16: bool = False

    def generator(self, device: torch.device | None = None) -> torch.Generator:
        """Return a source of randomness of the run's seed, on ``device`` (by default the model's)."""
        return torch.Generator(device or self.device).manual_seed(self.options.seed)

    def sampler(self, data: Data, layers: int) -> Sampler | None:
        """Return what draws blocks of so many layers; None where the whole graph is propagated."""
        choice = self.options.propagation
        whole = choice == "full" or (
            choice == "auto" and full_graph_wins(data, self.options.batch(len(data.records)), self.device)
        )
        return None if whole or not layers else make_sampler(data, layers, self.options.fanout)
