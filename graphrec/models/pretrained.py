"""Models that others start from, trained within the learner of those."""

from __future__ import annotations

from typing import Any

import torch

from graphrec.graph.data import Data
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.base import Model


def pretrain(model: Model[Any], data: Data, run: RunContext, epochs: int) -> None:
    """Train ``model`` in place for ``epochs``, by its own options of training but for the run's seed and propagation.

    There is no early stop: nothing is held out within a learner. What is drawn comes from the run's seed alone, and
    torch's generator is left where it stood.
    """
    kept = {name: getattr(run.options, name) for name in ("seed", "propagation", "fanout", "device", "bf16")}
    options = TrainOptions.model_validate({**model.defaults, **kept, "epochs": epochs})
    where = [run.device] if run.device.type == "cuda" else []
    with torch.random.fork_rng(where):
        torch.manual_seed(options.seed)
        learner = model.learner(data, RunContext(options, run.device, run.bf16))
        for number in range(1, min(epochs, learner.epochs) + 1):
            learner.epoch(number, lambda done, steps: None)
    model.eval()
