"""Learning record by record, as stochastic gradient descent is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.learning.feed import Shuffled
from graphrec.learning.learner import Tensors, Tick
from graphrec.learning.run import CPU, RunContext
from graphrec.ragged import Ints

PART = 1 << 18
"""So many records are gone over between two ticks."""

Sweep = Callable[[Ints, float, int], float]
"""Makes the moves of the records with these numbers, int64 [n], one after the other, at a learning rate and with a
seed; returns the sum of their losses."""


class Sequential:
    """Each epoch goes over all records in a fresh random order, in the one process that there is.

    Args:
        name: of the loss.
        sweep: makes the moves.
        rows: how many records an epoch has.
        run: learning rate, its schedule and the seed.
        memory: what the sweep keeps beside the model from one record to the next, changed in place.
        part: records between two ticks.
        over: how many things a sweep is told numbers of where these are not records but, say, users.
    """

    stops_early = True

    def __init__(
        self,
        name: str,
        sweep: Sweep,
        rows: int,
        run: RunContext,
        memory: Mapping[str, Tensor] | None = None,
        part: int = PART,
        over: int | None = None,
    ) -> None:
        self._name, self._sweep, self.rows, self._run, self._memory = name, sweep, rows, run, memory or {}
        self._generator = run.generator(CPU)
        self._order = Shuffled(rows if over is None else over, part, self._generator)
        self._losses = torch.zeros(self._order.steps, dtype=torch.float64)

    @property
    def epochs(self) -> int:
        """How many epochs the options ask for."""
        return self._run.options.epochs

    def epoch(self, number: int, tick: Tick) -> dict[str, float]:
        """Go over what remains of an epoch; return the mean loss.

        Raises ``TrainingError`` where the loss is not finite.
        """
        options, steps = self._run.options, self._order.steps
        for rows in self._order.batches():
            step = self._order.step - 1
            rate = options.rate((number - 1) * steps + step, options.epochs * steps)
            seed = int(torch.randint(1 << 62, (), generator=self._generator))
            self._losses[step] = self._sweep(rows.numpy(), rate, seed)
            tick(step + 1, steps)
        mean = float(self._losses.sum()) / self.rows
        if not torch.isfinite(self._losses).all():
            raise TrainingError(
                f"the loss of {self._name!r} is not finite in epoch {number}: likely the learning rate "
                f"({options.learning_rate:g}) is too high for these settings; lower learning_rate"
            )
        return {self._name: mean}

    def state(self) -> Tensors:
        """Return where the order stands, the losses of this epoch, and the memory."""
        memory = {f"memory.{name}": tensor for name, tensor in self._memory.items()}
        return {**self._order.state(), **memory, "losses": self._losses}

    def restore(self, tensors: Tensors) -> None:
        """Go on from what ``state`` returned."""
        self._order.restore(dict(tensors))
        self._losses.copy_(tensors["losses"])
        for name, tensor in self._memory.items():
            tensor.copy_(tensors[f"memory.{name}"])
