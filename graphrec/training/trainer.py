"""Trains any model: early stop on a validation metric, the best weights kept, exact resume."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.files import replacing
from graphrec.graph.blocks import Sampler
from graphrec.graph.data import Split, TrainingData
from graphrec.graph.samplers import full_graph_wins, make_sampler
from graphrec.models.base import Recommender
from graphrec.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    optimiser_state,
    restore_optimiser,
    save_checkpoint,
)
from graphrec.training.device import choose_device, use_bf16
from graphrec.training.judge import Judge
from graphrec.training.manifest import METRICS, describe_run, write_manifest
from graphrec.training.options import TrainOptions
from graphrec.training.seeding import random_state, restore_random_state
from graphrec.training.steps import Edges, Updates

WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Epoch:
    """A line of ``metrics.jsonl``: mean loss per phase, validation metrics, speed."""

    epoch: int
    loss: dict[str, float]
    valid: dict[str, float]
    edges_per_s: float
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


Progress = Callable[[Epoch, int], None]
"""Called after each epoch with what it came to and how many there are at most."""


def train(
    model: Recommender[Any],
    split: Split,
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
        model: made from ``split.data``.
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
    if resume and folder is not None:
        run.restore(load_checkpoint(folder))
    run.save_manifest()
    while not run.finished:
        line = run.epoch()
        if progress is not None:
            progress(line, options.epochs)
    return run.finish()


class _Run:
    def __init__(
        self,
        model: Recommender[Any],
        split: Split,
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
        self.updates = Updates(model, options, bf16=use_bf16(options, self.device))
        self.trains = bool(self.updates.phases) and options.epochs > 0
        sampler = _sampler(model, split.data, options, self.device) if self.trains else None
        # Batches whose neighbourhoods are drawn on the CPU are made there too: no step waits for the GPU.
        where = self.device if sampler is None else "cpu"
        self.generator = torch.Generator(where).manual_seed(options.seed)
        if self.trains:
            self.edges = Edges(split.data, options, self.generator)
            model.sample_with(sampler)
        self.history: list[Epoch] = []
        self.best_epoch, self.best, self.best_weights = 0, math.nan, _copy(model)
        model.eval()

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or none has been better for too long."""
        done = len(self.history)
        return (
            not self.trains or done >= self.options.epochs or done - self.best_epoch >= self.options.patience
        )

    def epoch(self) -> Epoch:
        """Make one more epoch, validate, and save where it stands."""
        number, start = len(self.history) + 1, time.perf_counter()
        loss = self.updates.epoch(self.edges, number)
        seconds = time.perf_counter() - start
        valid = self._validate()
        line = Epoch(number, loss, valid, round(len(self.edges) / seconds, 1), round(seconds, 3))
        self.history.append(line)
        value = valid.get(self.judge.metric, math.nan)
        better = value > self.best if self.judge.higher_is_better else value < self.best
        if better or math.isnan(self.best):
            self.best_epoch, self.best, self.best_weights = number, value, _copy(self.model)
        self._save()
        return line

    def finish(self) -> TrainResult:
        """Put the best weights back and write what remains to be written."""
        if not self.trains:
            self.best = self._validate().get(self.judge.metric, math.nan)
        self.model.load_state_dict(self.best_weights)
        self.model.sample_with(None)
        self.manifest |= {
            "metric": self.judge.metric,
            "best_epoch": self.best_epoch,
            "best": None if math.isnan(self.best) else self.best,
            "epochs": len(self.history),
            "train_seconds": round(sum(line.seconds for line in self.history), 3),
        }
        if self.folder is not None:
            tensors = {name: t.contiguous() for name, t in self.best_weights.items()}
            with replacing(self.folder / WEIGHTS) as file:
                file.write(save({name: t.cpu() for name, t in tensors.items()}))
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
            then = checkpoint.progress["identity"][key]
            if then != now:
                raise TrainingError(
                    f"the checkpoint was made with {key} {then}, not {now}; resume with the same"
                )
        self.history = [Epoch(**line) for line in checkpoint.progress["history"]]
        self.best_epoch, best = checkpoint.progress["best_epoch"], checkpoint.progress["best"]
        self.best = math.nan if best is None else best
        self.model.load_state_dict(checkpoint.tensors.get("model", {}))
        self.best_weights = {
            name: t.to(self.device) for name, t in checkpoint.tensors.get("best", {}).items()
        }
        for phase, optimiser in zip(self.updates.phases, self.updates.optimisers, strict=True):
            restore_optimiser(optimiser, checkpoint.tensors.get(f"optimiser.{phase.name}", {}))
        restore_random_state(dict(checkpoint.tensors["random"]), self.generator, self.device)
        self._write_history()

    def _identity(self) -> dict[str, Any]:
        """What must not change between a run and its resumption."""
        options = self.options.model_dump(exclude={"patience"} | ({"epochs"} if self._constant else set()))
        return {
            "model": self.model.name,
            "settings": self.model.settings.model_dump(),
            "options": options,
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
        return {self.judge.metric: self.judge.measure(self.model)}

    def _save(self) -> None:
        if self.folder is None:
            return
        progress = {
            "identity": self._identity(),
            "history": [asdict(line) for line in self.history],
            "best_epoch": self.best_epoch,
            "best": None if math.isnan(self.best) else self.best,
        }
        tensors = {
            "model": self.model.state_dict(),
            "best": self.best_weights,
            "random": random_state(self.generator, self.device),
            **{
                f"optimiser.{phase.name}": optimiser_state(optimiser)
                for phase, optimiser in zip(self.updates.phases, self.updates.optimisers, strict=True)
            },
        }
        save_checkpoint(self.folder, Checkpoint(tensors, progress))
        self._write_history()

    def _write_history(self) -> None:
        if self.folder is not None:
            with replacing(self.folder / METRICS) as file:
                file.writelines(f"{json.dumps(asdict(line))}\n".encode() for line in self.history)


def _copy(model: Recommender[Any]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _sampler(
    model: Recommender[Any], data: TrainingData, options: TrainOptions, device: torch.device
) -> Sampler | None:
    """Return what draws blocks, or None where the whole graph is propagated."""
    whole = options.propagation == "full" or (
        options.propagation == "auto" and full_graph_wins(data, options.batch_size, device)
    )
    if whole or not model.layers:
        return None
    return make_sampler(data, model.layers, options.fanout)
