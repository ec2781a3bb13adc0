"""Trains any model: early stop on a validation metric, the best weights kept, exact resume."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from graphrec.errors import NotFiniteError, TrainingError
from graphrec.files import replacing
from graphrec.learning.descent import Descent
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.learning.sequential import Sequential
from graphrec.models.base import Model
from graphrec.tasks.cases import Split
from graphrec.training.checkpoint import BEST, MODEL, Checkpoint, load_checkpoint, save_checkpoint
from graphrec.training.device import choose_device, use_bf16
from graphrec.training.judge import Judge
from graphrec.training.manifest import METRICS, describe_run, write_manifest
from graphrec.training.seeding import random_state, restore_random_state
from graphrec.training.weights import WEIGHTS, load_weights, save_weights

TELL_SECONDS = 0.5
"""So often, at most, is told how far an epoch has come."""
WORTH = 4
"""So many times as long as a checkpoint takes to write is learned before the next, where nothing stops early."""
NO_TIME = 0.05
"""What takes no more seconds to write is written after every epoch."""


@dataclass(frozen=True)
class Epoch:
    """A line of ``metrics.jsonl``: mean loss per phase, validation metrics, speed in training records."""

    epoch: int
    loss: dict[str, float]
    valid: dict[str, float]
    edges_per_s: float
    seconds: float


@dataclass(frozen=True)
class Within:
    """How far an epoch has come: ``done`` of ``steps``, after ``seconds``; what follows the last is validation."""

    epoch: int
    done: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class TrainResult:
    """What a training run came to.

    Attributes:
        metric: the validation metric it was stopped by.
        best_epoch: whose weights the model now has; 0 for an untrained model.
        best: the metric's value there; NaN where there was nothing to validate on.
        history: the epochs, in order.
        manifest: what ``manifest.json`` holds.
    """

    metric: str
    best_epoch: int
    best: float
    history: list[Epoch]
    manifest: dict[str, Any]


Progress = Callable[[Epoch | Within, int], None]
"""Called after each epoch with what it came to, and within long ones, and with how many epochs there are at most."""


def train(
    model: Model[Any],
    split: Split[Any],
    options: TrainOptions,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    judge: Judge | None = None,
    snapshot: str = "",
    extra: Mapping[str, Any] | None = None,
    resume: bool = False,
) -> TrainResult:
    """Train ``model`` in place; it ends on the device used, with the weights of its best epoch.

    The same seed, data and machine give the same weights, also when a run was cut off and resumed. Seed with
    ``seed_everything`` before the model is made.

    Args:
        model: made for the shape of ``split.data``.
        split: the training data; its cases are the judge's affair.
        options: how to train.
        folder: where ``manifest.json``, ``metrics.jsonl``, ``model.safetensors`` and ``checkpoint/`` go, if
            anywhere.
        progress: told about each epoch.
        judge: which epoch is the best; None: the last.
        snapshot: fingerprint of what the split was made from, for the manifest.
        extra: what else the manifest shall say; when resuming, all that it said before.
        resume: go on from the checkpoint in ``folder``, if there is one.

    Raises:
        TrainingError: there is nothing to train on, a loss is not finite, or the checkpoint is of another
            run.
        ConfigError: the device asked for is not there.
    """
    run = _Run(model, split, options, folder, judge or Judge("none", True, None), snapshot, extra or {})
    run.progress = progress
    if resume and folder is not None:
        run.restore(load_checkpoint(folder))
    run.save_manifest()
    while not run.finished:
        run.epoch()
    return run.finish()


class _Run:
    def __init__(
        self,
        model: Model[Any],
        split: Split[Any],
        options: TrainOptions,
        folder: Path | None,
        judge: Judge,
        snapshot: str,
        extra: Mapping[str, Any],
    ) -> None:
        self.device = choose_device(options.device)
        self.model, self.split, self.options, self.folder = model.to(self.device), split, options, folder
        self.manifest = dict(extra) | describe_run(model, split, options, self.device, snapshot)
        self.judge = judge
        self.progress: Progress | None = None
        context = RunContext(options, self.device, use_bf16(options, self.device))
        model.attach(split.data)
        self.learner = model.learner(split.data, context)
        self.history: list[Epoch] = []
        self.best_epoch, self.best = 0, math.nan
        # A table may be as large as memory: only a run without a folder keeps the best weights in it.
        self.best_weights: dict[str, Tensor] = {}
        self.saved, self.told, self.spent, self.validating = time.monotonic(), 0.0, 0.0, 0.0
        self.saving = 0.0
        """How long the last checkpoint took to write, s; 0 for no time to speak of."""
        model.eval()

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or none has been better for too long."""
        done = len(self.history)
        waited = done - self.best_epoch >= self.options.patience
        return done >= self.learner.epochs or (self.learner.stops_early and waited)

    def epoch(self) -> None:
        """Make one more epoch, validate, and save where it stands."""
        number, start, before = len(self.history) + 1, time.perf_counter(), self.spent

        def tick(done: int, steps: int) -> None:
            self.spent = before + time.perf_counter() - start
            if done < steps:
                self._within(Within(number, done, steps, self.spent))

        loss = self.learner.epoch(number, tick)
        seconds, self.spent = before + time.perf_counter() - start, 0.0
        self._tell(Within(number, 1, 1, seconds))
        valid = self._validate()
        speed = self.learner.rows / max(seconds, 1e-9)
        line = Epoch(number, loss, valid, round(speed, 1), round(seconds, 3))
        self.history.append(line)
        value = valid.get(self.judge.metric, math.nan)
        better = value > self.best if self.judge.higher_is_better else value < self.best
        if better or math.isnan(self.best) or not self.learner.stops_early:
            self.best_epoch, self.best = number, value
            # What does not stop early ends with the weights of its last epoch.
            if self.learner.stops_early:
                self._keep_best()
        # A checkpoint older than the best weights would tell of another epoch as the best.
        worth = self.learner.stops_early or time.monotonic() - self.saved >= WORTH * self.saving
        if worth or self.finished:
            self._save()
        else:
            self._write_history()
        if self.progress is not None:
            self.progress(line, self.learner.epochs)

    def finish(self) -> TrainResult:
        """Put the best weights back and write what remains to be written."""
        if not self.history:
            self.best = self._validate().get(self.judge.metric, math.nan)
        else:
            self._take_best()
        self.model.eval()
        self.manifest |= {
            "metric": self.judge.metric,
            "best_epoch": self.best_epoch,
            "best": None if math.isnan(self.best) else self.best,
            "epochs": len(self.history),
            "train_seconds": round(sum(line.seconds for line in self.history), 3),
            "validation_seconds": round(self.validating, 3),
        }
        if self.folder is not None:
            if (self.folder / BEST).exists():
                (self.folder / BEST).replace(self.folder / WEIGHTS)
            else:
                save_weights(self.folder / WEIGHTS, self.model)
        self.save_manifest()
        return TrainResult(self.judge.metric, self.best_epoch, self.best, self.history, self.manifest)

    def save_manifest(self) -> None:
        """Write the manifest as it stands."""
        if self.folder is not None:
            write_manifest(self.folder, self.manifest)

    def restore(self, checkpoint: Checkpoint | None) -> None:
        """Go on from ``checkpoint``; None: from the start."""
        if checkpoint is None:
            return
        for key, now in self._identity().items():
            then = checkpoint.progress["identity"].get(key)
            if then != now:
                raise TrainingError(
                    f"the checkpoint was made with {key} {then}, not {now}; resume with the same"
                )
        self.history = [Epoch(**line) for line in checkpoint.progress["history"]]
        self.best_epoch, best = checkpoint.progress["best_epoch"], checkpoint.progress["best"]
        self.best, self.spent = math.nan if best is None else best, checkpoint.progress["spent"]
        load_weights(checkpoint.path, self.model, MODEL)
        self.learner.restore(checkpoint.learner)
        restore_random_state(checkpoint.random, self.device)
        self._write_history()

    def _within(self, where: Within) -> None:
        self._tell(where)
        if time.monotonic() - self.saved >= 60 * self.options.checkpoint_minutes:
            self._save()

    def _tell(self, where: Within) -> None:
        now = time.monotonic()
        if self.progress is not None and now - self.told >= TELL_SECONDS:
            self.told = now
            self.progress(where, self.learner.epochs)

    def _identity(self) -> dict[str, Any]:
        """What must not change between a run and its resumption."""
        free = {"patience", "checkpoint_minutes"} | ({"epochs"} if self._constant else set())
        return {
            "model": self.model.name,
            "settings": self.model.settings.model_dump(mode="json"),
            "options": self.options.model_dump(exclude=free),
            "device": self.device.type,
            "snapshot": self.manifest["snapshot"],
            "split": self.split.name,
        }

    @property
    def _constant(self) -> bool:
        return self.options.schedule == "constant" and self.options.warmup == 0

    def _validate(self) -> dict[str, float]:
        if self.judge.measure is None:
            return {}
        began = time.perf_counter()
        try:
            return {self.judge.metric: self.judge.measure(self.model)}
        except NotFiniteError as error:
            rate = self.options.learning_rate
            cure = f"; lower learning_rate ({rate:g}), " if isinstance(self.learner, Descent | Sequential) else "; "
            raise NotFiniteError(f"{error}{cure}check the features and what the model makes of them") from error
        finally:
            self.validating += time.perf_counter() - began

    def _keep_best(self) -> None:
        if self.folder is None:
            self.best_weights = {name: t.detach().clone() for name, t in self.model.state_dict().items()}
        else:
            save_weights(self.folder / BEST, self.model)

    def _take_best(self) -> None:
        if self.best_epoch == len(self.history):
            return
        if self.folder is None:
            self.model.load_state_dict(self.best_weights)
        else:
            best = self.folder / BEST
            # Of a run that had come to its end, and is resumed because its test failed, only this is left.
            load_weights(best if best.exists() else self.folder / WEIGHTS, self.model)

    def _save(self) -> None:
        began = self.saved = time.monotonic()
        if self.folder is None:
            return
        progress = {
            "identity": self._identity(),
            "history": [asdict(line) for line in self.history],
            "best_epoch": self.best_epoch,
            "best": None if math.isnan(self.best) else self.best,
            "spent": self.spent,
        }
        save_checkpoint(
            self.folder, self.model.state_dict(), self.learner.state(), random_state(self.device), progress
        )
        self._write_history()
        self.saved = time.monotonic()
        self.saving = self.saved - began if self.saved - began > NO_TIME else 0.0

    def _write_history(self) -> None:
        if self.folder is not None:
            with replacing(self.folder / METRICS) as file:
                file.writelines(f"{json.dumps(asdict(line))}\n".encode() for line in self.history)
