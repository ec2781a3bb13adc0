"""One epoch: batches of training edges with negatives, each phase's update in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.graph.data import TrainingData
from graphrec.graph.negatives import NegativeSampler
from graphrec.models.base import Batch, Phase, Recommender
from graphrec.training.options import TrainOptions


class Edges:
    """The training edges on a device, in batches of a fresh random order each epoch.

    Edges of users who like every item that may be drawn are left out: they have no negatives.

    Args:
        data: the training graph.
        options: batch size and negatives.
        generator: source of randomness, on the device that the batches shall be on.

    Raises:
        TrainingError: no edge is left.
    """

    def __init__(self, data: TrainingData, options: TrainOptions, generator: torch.Generator) -> None:
        self._negatives = NegativeSampler(
            data, distribution=options.negative_distribution, generator=generator
        )
        users = data.by_user.rows
        usable = self._negatives.available[users]
        if not usable.any():
            raise TrainingError(
                "every user likes every item: there is nothing to tell apart; load more items"
            )
        self._users = torch.tensor(users[usable], device=generator.device)
        self._items = torch.tensor(data.by_user.indices[usable], device=generator.device)
        self._generator, self._size, self._count = generator, options.batch_size, options.negatives

    def __len__(self) -> int:
        return len(self._users)

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self) // self._size)

    def batches(self) -> Iterator[Batch]:
        """Yield every edge once."""
        order = torch.randperm(len(self), generator=self._generator, device=self._generator.device)
        for part in torch.split(order, self._size):
            users = self._users[part]
            yield Batch(users, self._items[part], self._negatives.sample(users, self._count))


class Updates:
    """The optimiser of each phase of a model.

    Args:
        model: on its device already.
        options: learning rate and its schedule.
        bf16: whether matrix products run in bfloat16.
    """

    def __init__(self, model: Recommender[Any], options: TrainOptions, *, bf16: bool) -> None:
        self._model, self._options, self._bf16 = model, options, bf16
        self.phases: list[Phase] = list(model.phases())
        self.optimisers = [
            torch.optim.Adam(phase.parameters, lr=options.learning_rate, fused=True) for phase in self.phases
        ]

    def epoch(self, edges: Edges, epoch: int) -> dict[str, float]:
        """Make the updates of ``epoch``, from 1, and return each phase's mean loss.

        Losses stay on the device until the epoch ends, so that no step waits for them.

        Raises:
            TrainingError: a loss is not finite.
        """
        losses = torch.zeros(edges.steps, len(self.phases), device=self._model.device)
        self._model.train()
        for step, batch in enumerate(edges.batches()):
            rate = self._options.rate((epoch - 1) * edges.steps + step, self._options.epochs * edges.steps)
            for column, (phase, optimiser) in enumerate(zip(self.phases, self.optimisers, strict=True)):
                losses[step, column] = self._update(phase, optimiser, batch, rate)
        self._model.eval()
        self._check(losses, epoch)
        means = losses.double().mean(0).tolist()
        return {phase.name: mean for phase, mean in zip(self.phases, means, strict=True)}

    def _update(self, phase: Phase, optimiser: torch.optim.Adam, batch: Batch, rate: float) -> Tensor:
        for group in optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast(self._model.device.type, torch.bfloat16, enabled=self._bf16):
            loss = self._model.loss(phase.name, batch)
        # Not backward(): a phase's loss must leave the gradients of other phases alone.
        gradients = torch.autograd.grad(loss, phase.parameters, allow_unused=True)
        for parameter, gradient in zip(phase.parameters, gradients, strict=True):
            parameter.grad = gradient
        optimiser.step()
        return loss.detach()

    def _check(self, losses: Tensor, epoch: int) -> None:
        bad = (~torch.isfinite(losses)).nonzero()
        if len(bad):
            step, column = bad[0].tolist()
            raise TrainingError(
                f"the loss of phase {self.phases[column].name!r} is not finite at epoch {epoch}, "
                f"step {step + 1}: likely the learning rate ({self._options.learning_rate:g}) is too high for "
                "these settings, or features are not finite; lower learning_rate, or choose a feature scaling"
            )
