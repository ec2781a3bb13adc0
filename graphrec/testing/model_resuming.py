"""A run of a model that was cut off goes on as if it had never stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from graphrec.evaluation.judging import validation_judge
from graphrec.models.base import Model
from graphrec.testing.learner_contract import CutOffError
from graphrec.testing.model_under_test import ModelUnderTest, ModelWorld
from graphrec.training.trainer import Epoch, Progress, TrainResult, Within, train

EPOCHS = 3


class ResumeChecks(ModelUnderTest):
    """Checks of checkpoints, through the trainer."""

    def test_resuming_after_an_epoch_equals_never_stopping(self, world: ModelWorld, tmp_path: Path) -> None:
        whole, result = self._run(world, tmp_path / "whole")

        def stop(line: Epoch | Within, epochs: int) -> None:
            if isinstance(line, Epoch):
                raise CutOffError

        self._check(world, tmp_path / "cut", stop, whole, result)

    def test_resuming_within_an_epoch_equals_never_stopping(
        self, world: ModelWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("graphrec.training.trainer.TELL_SECONDS", 0.0)
        within: list[int] = []

        def note(line: Epoch | Within, epochs: int) -> None:
            within.extend([line.done] if isinstance(line, Within) else [])

        whole, result = self._run(world, tmp_path / "whole", note)
        if not within:
            pytest.skip("its epochs have one step")

        def stop(line: Epoch | Within, epochs: int) -> None:
            # What the second tick of the last epoch knows is saved by the first one.
            late = isinstance(line, Within) and line.done == min(2, max(within))
            if late and line.epoch == len(result.history):
                raise CutOffError

        self._check(world, tmp_path / "cut", stop, whole, result)

    def _run(
        self, world: ModelWorld, folder: Path, progress: Progress | None = None, *, seed: int = 0, resume: bool = False
    ) -> tuple[Model[Any], TrainResult]:
        options = self.train_options(epochs=EPOCHS, batch_size=96, checkpoint_minutes=1e-9)
        model = self.made(world.data)
        torch.manual_seed(seed)
        judge = validation_judge(world.task, world.split, options)
        return model, train(model, world.split, options, folder, progress, judge=judge, resume=resume)

    def _check(
        self, world: ModelWorld, folder: Path, stop: Progress, whole: Model[Any], result: TrainResult
    ) -> None:
        with pytest.raises(CutOffError):
            self._run(world, folder, stop)
        resumed, again = self._run(world, folder, seed=99, resume=True)
        assert [(e.epoch, e.loss, e.valid) for e in again.history] == [
            (e.epoch, e.loss, e.valid) for e in result.history
        ]
        for name, tensor in whole.state_dict().items():
            assert torch.equal(tensor, resumed.state_dict()[name]), f"{name} is not what it would have been"
