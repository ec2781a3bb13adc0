"""Learning by gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist

from graphrec.errors import TrainingError
from graphrec.learning.batch import Rows
from graphrec.learning.feed import Feed
from graphrec.learning.learner import Tensors, Tick
from graphrec.learning.optimisers import Phase, make_optimiser, optimiser_state, restore_optimiser
from graphrec.learning.run import RunContext, several_processes

B = TypeVar("B", bound=Rows)
Loss = Callable[[str, B], Tensor]
"""From a phase's name and a batch to a scalar."""


class Descent(Generic[B]):
    """Each step takes a batch and makes each phase's update in turn.

    In a run of several processes every one of them has a part of the batch; gradients are averaged over records.

    Args:
        model: on its device already.
        loss: of a phase for a batch.
        feed: what a batch is.
        phases: in order.
        run: learning rate and its schedule, and precision.
    """

    stops_early = True

    def __init__(
        self, model: nn.Module, loss: Loss[B], feed: Feed[B], phases: Sequence[Phase], run: RunContext
    ) -> None:
        self._model, self._loss, self._feed, self._run = model, loss, feed, run
        self.phases = list(phases)
        rate = run.options.learning_rate
        self._optimisers = [[make_optimiser(move, rate) for move in phase.moves] for phase in self.phases]
        self._losses = torch.zeros(feed.steps, len(self.phases), device=run.device)
        self._many = several_processes()

    @property
    def epochs(self) -> int:
        """How many epochs the options ask for."""
        return self._run.options.epochs

    @property
    def rows(self) -> int:
        """How many records an epoch goes over."""
        return self._feed.rows

    def epoch(self, number: int, tick: Tick) -> dict[str, float]:
        """Make the updates of epoch ``number``, from 1, and return each phase's mean loss.

        Losses stay on the device until the epoch ends, so that no step waits for them.

        Raises:
            TrainingError: a loss is not finite.
        """
        options, steps = self._run.options, self._feed.steps
        self._model.train()
        for batch in self._feed.batches():
            step = self._feed.step - 1
            rate = options.rate((number - 1) * steps + step, options.epochs * steps)
            for column, (phase, optimisers) in enumerate(zip(self.phases, self._optimisers, strict=True)):
                self._losses[step, column] = self._update(phase, optimisers, batch, rate)
            tick(step + 1, steps)
        self._model.eval()
        if self._many:
            # Each process holds its share of every step's mean.
            dist.all_reduce(self._losses)
        self._check(number)
        means = self._losses.double().mean(0).tolist()
        return {phase.name: mean for phase, mean in zip(self.phases, means, strict=True)}

    def state(self) -> Tensors:
        """Return the optimisers' tensors, where the feed stands, and the losses of this epoch."""
        own = {
            f"optimiser.{row}.{column}.{name}": tensor
            for row, optimisers in enumerate(self._optimisers)
            for column, optimiser in enumerate(optimisers)
            for name, tensor in optimiser_state(optimiser).items()
        }
        feed = {f"feed.{name}": tensor for name, tensor in self._feed.state().items()}
        return {**own, **feed, "losses": self._losses}

    def restore(self, tensors: Tensors) -> None:
        """Go on from what ``state`` returned."""
        for row, optimisers in enumerate(self._optimisers):
            for column, optimiser in enumerate(optimisers):
                restore_optimiser(optimiser, _below(tensors, f"optimiser.{row}.{column}."))
        self._feed.restore(_below(tensors, "feed."))
        self._losses.copy_(tensors["losses"])

    def _update(
        self, phase: Phase, optimisers: Sequence[torch.optim.Optimizer], batch: B, rate: float
    ) -> Tensor:
        parameters = phase.parameters
        loss, gradients = self._gradients(phase.name, batch, parameters)
        rows = _together(len(batch), loss.device) if self._many else len(batch)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = _averaged(gradient, parameter, len(batch), rows) if self._many else gradient
        for move, optimiser in zip(phase.moves, optimisers, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * move.rate
            optimiser.step()
        return loss.detach() * (len(batch) / rows) if self._many else loss.detach()

    def _gradients(
        self, phase: str, batch: B, parameters: Sequence[nn.Parameter]
    ) -> tuple[Tensor, Sequence[Tensor | None]]:
        if not len(batch):
            # Of a last batch that has fewer records than there are processes, this one has none.
            return torch.zeros((), device=self._run.device), [None] * len(parameters)
        with torch.autocast(self._run.device.type, torch.bfloat16, enabled=self._run.bf16):
            loss = self._loss(phase, batch)
        # Not backward(): a phase's loss must leave the gradients of other phases alone.
        return loss, torch.autograd.grad(loss, parameters, allow_unused=True)

    def _check(self, epoch: int) -> None:
        bad = (~torch.isfinite(self._losses)).nonzero()
        if len(bad):
            step, column = bad[0].tolist()
            rate = self._run.options.learning_rate
            raise TrainingError(
                f"the loss of phase {self.phases[column].name!r} is not finite at epoch {epoch}, "
                f"step {step + 1}: likely the learning rate ({rate:g}) is too high for "
                "these settings, or features are not finite; lower learning_rate, or choose a feature scaling"
            )


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _together(rows: int, device: torch.device) -> int:
    """Return the sum over all processes."""
    told = torch.tensor(rows, device=device)
    dist.all_reduce(told)
    return int(told)


def _averaged(gradient: Tensor | None, parameter: nn.Parameter, rows: int, total: int) -> Tensor | None:
    """Return the mean of all processes' gradients, each of ``rows`` of ``total`` records; None if all are."""
    sparse = gradient is not None and gradient.is_sparse
    told = torch.tensor([gradient is not None, sparse], dtype=torch.float32, device=parameter.device)
    dist.all_reduce(told)
    used, some_sparse = told.tolist()
    if not used:
        return None
    dense = torch.zeros_like(parameter) if gradient is None else gradient.to_dense() * rows
    dist.all_reduce(dense)
    averaged: Tensor = dense / total
    return averaged.to_sparse(1) if some_sparse else averaged
