"""What every learner must keep. Subclass, return yours with its model from ``learner``, let pytest run the class."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from graphrec.learning.learner import Learner
from graphrec.training.seeding import random_state, restore_random_state

CPU = torch.device("cpu")
EPOCHS = 3


@dataclass(frozen=True)
class _Saved:
    """What the trainer saves."""

    model: Mapping[str, Tensor]
    learner: Mapping[str, Tensor]
    random: Mapping[str, Tensor]


class CutOffError(Exception):
    """Stands for whatever ends a run."""


class LearnerContract(ABC):
    """For any learner."""

    @abstractmethod
    def learner(self) -> tuple[nn.Module, Learner]:
        """Return a model as it is before training and what moves it, each time new, of the same data and options."""

    def test_it_is_one(self) -> None:
        _, learner = self._made()
        assert isinstance(learner, Learner)
        assert learner.epochs > 0
        assert learner.rows > 0
        assert learner.stops_early in (True, False)

    def test_an_epoch_moves_the_model_and_tells_of_it(self) -> None:
        model, learner = self._made()
        before = _cloned(model.state_dict())
        ticks: list[tuple[int, int]] = []
        losses = learner.epoch(1, lambda done, steps: ticks.append((done, steps)))
        assert all(isinstance(name, str) and math.isfinite(loss) for name, loss in losses.items())
        steps = ticks[-1][1]
        assert ticks == [(done, steps) for done in range(1, steps + 1)], "it ticks after each step"
        assert any(not torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())

    def test_the_seed_decides(self) -> None:
        some, others = self._whole(), self._whole()
        for name, tensor in some.items():
            assert torch.equal(tensor, others[name])

    def test_asking_where_it_stands_changes_nothing(self) -> None:
        model, learner = self._made()

        def tick(done: int, steps: int) -> None:
            for _ in range(2):
                learner.state()

        for number in range(1, self._epochs(learner) + 1):
            learner.epoch(number, tick)
        self._check(model)

    @pytest.mark.parametrize("done", [1, 2, 3])
    def test_cut_off_within_an_epoch_it_goes_on_as_if_it_had_not_been(self, done: int) -> None:
        model, learner = self._made()
        last = self._epochs(learner)
        for number in range(1, last):
            learner.epoch(number, lambda done, steps: None)
        found: list[_Saved] = []

        def tick(now: int, steps: int) -> None:
            # The trainer saves within an epoch, not at its very end.
            if now == done and now < steps:
                found.append(_saved(model, learner))
                raise CutOffError

        try:
            learner.epoch(last, tick)
        except CutOffError:
            self._go_on(found[0], last)
        else:
            pytest.skip(f"an epoch has no {done + 1} steps")

    def test_cut_off_after_an_epoch_it_goes_on_as_if_it_had_not_been(self) -> None:
        model, learner = self._made()
        learner.epoch(1, lambda done, steps: None)
        self._go_on(_saved(model, learner), 2)

    def _made(self) -> tuple[nn.Module, Learner]:
        torch.manual_seed(0)
        return self.learner()

    def _epochs(self, learner: Learner) -> int:
        return min(EPOCHS, learner.epochs)

    def _whole(self) -> Mapping[str, Tensor]:
        model, learner = self._made()
        for number in range(1, self._epochs(learner) + 1):
            learner.epoch(number, lambda done, steps: None)
        return model.state_dict()

    def _go_on(self, saved: _Saved, number: int) -> None:
        """Continue with epoch ``number`` in a fresh process, so to speak."""
        torch.manual_seed(99)
        model, learner = self.learner()
        model.load_state_dict(saved.model)
        learner.restore(saved.learner)
        restore_random_state(saved.random, CPU)
        for later in range(number, self._epochs(learner) + 1):
            learner.epoch(later, lambda done, steps: None)
        self._check(model)

    def _check(self, model: nn.Module) -> None:
        for name, tensor in self._whole().items():
            assert torch.equal(tensor, model.state_dict()[name]), f"{name} is not what it would have been"


def _saved(model: nn.Module, learner: Learner) -> _Saved:
    # Cloned, as a file would be: a state may be the very tensors that the next step moves.
    return _Saved(_cloned(model.state_dict()), _cloned(learner.state()), random_state(CPU))


def _cloned(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
