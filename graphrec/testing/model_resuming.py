"""A run of a model that was cut off goes on as if it had never stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from graphrec.evaluation.judging import validation_judge
from graphrec.models.base import Model
from graphrec.testing.learner_contract import CutOffError
from graphrec.testing.model_under_test import ModelUnderTest, ModelWorld
from graphrec.training.trainer import Epoch, Progress, TrainResult, Within, train

EPOCHS = 3


@dataclass(frozen=True)
class _Whole:
    """A run that nothing has stopped, and how many steps of an epoch were done whenever it told of it."""

    model: Model[Any]
    result: TrainResult
    within: list[int]


class ResumeChecks(ModelUnderTest):
    """Checks of checkpoints, through the trainer."""

    _never_stopped: ClassVar[dict[str, _Whole]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._never_stopped = {}

    def test_resuming_after_an_epoch_equals_never_stopping(self, world: ModelWorld, tmp_path: Path) -> None:
        def stop(line: Epoch | Within, epochs: int) -> None:
            if isinstance(line, Epoch):
                raise CutOffError

        self._check(world, tmp_path, stop)

    def test_resuming_within_an_epoch_equals_never_stopping(
        self, world: ModelWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("graphrec.training.trainer.TELL_SECONDS", 0.0)
        whole = self._whole(world)
        if not whole.within:
            pytest.skip("its epochs have one step")

        def stop(line: Epoch | Within, epochs: int) -> None:
            # What the second tick of the last epoch knows is saved by the first one.
            late = isinstance(line, Within) and line.done == min(2, max(whole.within))
            if late and line.epoch == len(whole.result.history):
                raise CutOffError

        self._check(world, tmp_path, stop, checkpoint_minutes=1e-9)

    def _whole(self, world: ModelWorld) -> _Whole:
        """Return the run that nothing stops; the same one for all who ask, so leave it as it is."""
        if world.task.name not in self._never_stopped:
            within: list[int] = []

            def note(line: Epoch | Within, epochs: int) -> None:
                within.extend([line.done] if isinstance(line, Within) and line.done < line.steps else [])

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("graphrec.training.trainer.TELL_SECONDS", 0.0)
                self._never_stopped[world.task.name] = _Whole(*self._run(world, None, note), within)
        return self._never_stopped[world.task.name]

    def _run(
        self,
        world: ModelWorld,
        folder: Path | None,
        progress: Progress | None = None,
        *,
        seed: int = 0,
        resume: bool = False,
        **more: Any,
    ) -> tuple[Model[Any], TrainResult]:
        options = self.train_options(epochs=EPOCHS, batch_size=96, **more)
        model = self.made(world.data)
        torch.manual_seed(seed)
        judge = validation_judge(world.task, world.split, options)
        return model, train(model, world.split, options, folder, progress, judge=judge, resume=resume)

    def _check(self, world: ModelWorld, folder: Path, stop: Progress, **more: Any) -> None:
        with pytest.raises(CutOffError):
            self._run(world, folder, stop, **more)
        resumed, again = self._run(world, folder, seed=99, resume=True, **more)
        whole = self._whole(world)
        assert [(e.epoch, e.loss, e.valid) for e in again.history] == [
            (e.epoch, e.loss, e.valid) for e in whole.result.history
        ]
        for name, tensor in whole.model.state_dict().items():
            assert torch.equal(tensor, resumed.state_dict()[name]), f"{name} is not what it would have been"
