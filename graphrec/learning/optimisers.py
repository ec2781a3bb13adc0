"""Optimisers by name, and which parameters each moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

OptimiserName = Literal["adam", "adamw", "sgd", "adagrad", "sparse_adam", "rowwise_adagrad"]


@dataclass(frozen=True)
class Move:
    """Parameters and what moves them.

    Attributes:
        parameters: with sparse gradients only for ``sgd``, ``sparse_adam``, ``adagrad`` and ``rowwise_adagrad``.
        optimiser: one of ``OPTIMISERS``.
        rate: by which the run's learning rate is multiplied.
        decay: weight decay, for ``adamw`` and ``sgd``.
    """

    parameters: Sequence[nn.Parameter]
    optimiser: OptimiserName = "adam"
    rate: float = 1.0
    decay: float = 0.0


@dataclass(frozen=True)
class Phase:
    """One of the updates that a training step makes in turn: its loss moves its own parameters only."""

    name: str
    moves: Sequence[Move]

    @classmethod
    def of(cls, name: str, parameters: Iterable[nn.Parameter], optimiser: OptimiserName = "adam") -> Phase:
        """Return a phase whose parameters are all moved alike."""
        return cls(name, (Move(list(parameters), optimiser),))

    @property
    def parameters(self) -> list[nn.Parameter]:
        """All that it moves."""
        return [parameter for move in self.moves for parameter in move.parameters]


class PlainSGD(torch.optim.Optimizer):
    """Stochastic gradient descent without momentum, which has no state.

    ``torch.optim.SGD`` takes many times as long for a sparse gradient that names rows again and again, and in several
    threads fails at one whose values are a slice of others.

    Args:
        parameters: dense gradients, or sparse ones of whole rows.
        lr: step size.
        decay: weight decay; of the rows that a sparse gradient has.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float = 1e-2, decay: float = 0.0) -> None:
        super().__init__(parameters, {"lr": lr, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move all that has a gradient."""
        for group in self.param_groups:
            rate, decay = group["lr"], group["decay"]
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is None:
                    continue
                if gradient.is_sparse:
                    rows = gradient._indices()[0]
                    if decay:
                        touched = rows.unique()
                        parameter[touched] *= 1 - rate * decay
                    parameter.index_add_(0, rows, gradient._values(), alpha=-rate)
                else:
                    parameter.mul_(1 - rate * decay).sub_(gradient, alpha=rate)


class RowwiseAdagrad(torch.optim.Optimizer):
    """Adagrad with one number of state per row of a table instead of one per value.

    Rows that a batch does not touch cost nothing, and a table's state is 1 / D of its size (as in TorchRec and FBGEMM;
    Duchi et al. 2011 for Adagrad itself, with the mean of a row's squared gradient).

    Args:
        parameters: matrices; dense or sparse gradients.
        lr: step size.
        eps: added to the root.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float = 1e-2, eps: float = 1e-10) -> None:
        super().__init__(parameters, {"lr": lr, "eps": eps})
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter]["sum"] = torch.zeros(len(parameter), device=parameter.device)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every row that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                gradient = parameter.grad.coalesce() if parameter.grad.is_sparse else parameter.grad
                rows = gradient.indices()[0] if gradient.is_sparse else slice(None)
                values = gradient.values() if gradient.is_sparse else gradient
                total = self.state[parameter]["sum"]
                total[rows] += values.square().flatten(1).mean(1) if values.dim() > 1 else values.square()
                scale = group["lr"] / (total[rows].sqrt() + group["eps"])
                parameter[rows] -= values * (scale[:, None] if values.dim() > 1 else scale)


OPTIMISERS: dict[str, Callable[[Move, float], torch.optim.Optimizer]] = {
    "adam": lambda move, rate: torch.optim.Adam(move.parameters, lr=rate, fused=True),
    "adamw": lambda move, rate: torch.optim.AdamW(
        move.parameters, lr=rate, weight_decay=move.decay, fused=True
    ),
    "sgd": lambda move, rate: PlainSGD(move.parameters, lr=rate, decay=move.decay),
    "adagrad": lambda move, rate: torch.optim.Adagrad(move.parameters, lr=rate),
    "sparse_adam": lambda move, rate: torch.optim.SparseAdam(list(move.parameters), lr=rate),
    "rowwise_adagrad": lambda move, rate: RowwiseAdagrad(move.parameters, lr=rate),
}


def make_optimiser(move: Move, rate: float) -> torch.optim.Optimizer:
    """Return what makes ``move``, at the run's learning rate ``rate``."""
    return OPTIMISERS[move.optimiser](move, rate * move.rate)


def optimiser_state(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the tensors of an optimiser's state as ``<parameter>.<name>``."""
    states: dict[int, dict[str, Any]] = optimiser.state_dict()["state"]
    return {
        f"{index}.{name}": value if isinstance(value, Tensor) else torch.tensor(value)
        for index, state in states.items()
        for name, value in state.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what ``optimiser_state`` returned."""
    states: dict[int, dict[str, Any]] = {}
    plain = isinstance(optimiser, torch.optim.SparseAdam)
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        # SparseAdam counts its steps in a number.
        states.setdefault(int(index), {})[name] = int(value) if plain and name == "step" else value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": states})
