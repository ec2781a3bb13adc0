"""Settings of a training run that do not depend on the model."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from graphrec.graph.negatives import Distribution
from graphrec.settings import Settings

SMALL_BATCH, MANY_RECORDS, STEPS = 4096, 1_000_000, 32
"""See ``TrainOptions.batch``."""


class TrainOptions(Settings):
    """How a model is trained; ``epochs=0`` leaves it untrained."""

    epochs: int = Field(150, ge=0)
    """At most this many passes over the training records; a model in closed form needs one."""
    batch_size: int = Field(0, ge=0)
    """Training records per step; 0: 4096, of more than a million records as many as make 32 steps an epoch."""
    learning_rate: float = Field(5e-3, gt=0, allow_inf_nan=False)
    """The optimiser's step size."""
    schedule: Literal["constant", "cosine"] = "constant"
    """Whether the learning rate stays, or falls to zero along half a cosine over all epochs."""
    warmup: float = Field(0.0, ge=0, le=1)
    """Share of all steps over which the learning rate rises from zero."""
    negatives: int = Field(10, ge=1)
    """Items a user does not know, drawn for each edge (TransGRec section 4.1: 10)."""
    negative_distribution: Distribution = "uniform"
    """How they are drawn: all alike, or in proportion to 1 + their training edges."""
    metric: str = "auto"
    """Validation metric for early stop; auto: what the task watches: for rankings map where each case has its own
    candidates, else recall@20; rmse for ratings, auc for clicks."""
    patience: int = Field(15, ge=1)
    """Stop after this many epochs without a better validation metric; the best weights are kept."""
    propagation: Literal["auto", "full", "blocks"] = "auto"
    """Propagate the whole graph each step or sampled blocks; auto: by ``full_graph_wins``."""
    fanout: Annotated[int, Field(ge=-1)] = 10
    """Neighbours drawn for a node and layer in sampled blocks; -1 for all."""
    bf16: Literal["auto", "on", "off"] = "auto"
    """Matrix products in bfloat16; auto: on a GPU that has it."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: the GPU if there is one."""
    checkpoint_minutes: float = Field(5.0, gt=0, allow_inf_nan=False)
    """A checkpoint is written after each epoch, and within one after so many minutes. What does not stop early writes
    one only so often that it takes a fifth of the time, where that is long beside an epoch."""
    seed: int = Field(0, ge=0)
    """Of everything random in the run."""

    def batch(self, records: int) -> int:
        """Return how many of ``records`` a step takes.

        A step over a whole large graph takes seconds whatever its batch is, blocks of a small batch as long: few steps
        over many records make an epoch that ends (``benchmarks/large_epoch.py``).
        """
        if self.batch_size:
            return self.batch_size
        return SMALL_BATCH if records <= MANY_RECORDS else max(SMALL_BATCH, math.ceil(records / STEPS))

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of ``step``, from 0, of ``steps`` in all."""
        ramp = math.ceil(self.warmup * steps)
        if step < ramp:
            return self.learning_rate * (step + 1) / ramp
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - ramp) / max(1, steps - ramp)))
