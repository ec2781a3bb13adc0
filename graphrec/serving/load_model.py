"""A trained run, put together again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from graphrec.errors import TrainingError
from graphrec.files import size_and_time
from graphrec.graph.snapshot import Snapshot
from graphrec.learning.run import CPU
from graphrec.models.answers import grid_at, pairs_at, scorer_of
from graphrec.models.base import Model, Scorer
from graphrec.models.calibration import Calibration
from graphrec.models.registry import model as model_class
from graphrec.ragged import Ints
from graphrec.tasks.base import Task
from graphrec.tasks.beside import FurtherTask, together
from graphrec.tasks.cases import Floats, Split
from graphrec.training.manifest import CALIBRATION
from graphrec.training.manifest import FILE as MANIFEST
from graphrec.training.runs import (
    Run,
    as_told,
    beside_of,
    require_format,
    require_use,
    snapshot_of,
    split_of,
    task_of,
)
from graphrec.training.weights import WEIGHTS, load_weights
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Loaded:
    """A run's model with the data it was trained on."""

    run: Run
    model: Model[Any]
    snapshot: Snapshot
    task: Task[Any]
    split: Split[Any]
    beside: Mapping[str, FurtherTask] = field(default_factory=dict)
    """What else it was trained for, by projection."""

    @cached_property
    def scorer(self) -> Scorer:
        """The model's scores, of one that scores and is trained no more."""
        with torch.no_grad():
            return scorer_of(self.model)

    @torch.no_grad()
    def pairs_now(self, users: Ints, items: Ints) -> Floats:
        """Return its scores of pairs, float64 [n] for positions, int64 [n] each; of one that tells moments apart as of
        now.
        """
        pair = torch.from_numpy(users), torch.from_numpy(items)
        return pairs_at(self.scorer, *pair, torch.full_like(pair[0], _now())).double().numpy(force=True)

    @torch.no_grad()
    def grid_now(self, users: Ints) -> npt.NDArray[np.floating[Any]]:
        """Return the same of all items, float [n, items] for positions of users, int64 [n]."""
        return grid_at(self.scorer, torch.from_numpy(users), self.model.shape.items, _now()).numpy(force=True)


def _now() -> int:
    return int(1000 * time.time())


def load_run(workspace: Workspace, run: Run) -> Loaded:
    """Build ``run``'s model from its snapshot and weights, on the CPU, ready to score.

    Raises ``TrainingError`` when its snapshot or weights are gone, or training has refused it.
    """
    require_format(run)
    require_use(run)
    if not (run.folder / WEIGHTS).exists():
        raise TrainingError(
            f"run {run.id} has no {WEIGHTS}; finish it with `graphrec train --resume {run.id}`"
        )
    shot, task = snapshot_of(workspace, run), task_of(run)
    split = split_of(task, shot, run)
    beside = beside_of(workspace, run, split, shot)
    split = together(split, shot, beside)
    return Loaded(run, model_of(run, split), shot, task, split, beside)


def model_of(run: Run, split: Split[Any], device: torch.device = CPU) -> Model[Any]:
    """Return the model that ``run``'s files hold, on ``device``, ready to score; ``split`` is what it learned from."""
    kind = model_class(run.model)
    with as_told(run):
        settings = kind.Settings(**run.manifest["settings"])
    model = kind(split.data.shape, settings)
    load_weights(run.folder / WEIGHTS, model)
    if CALIBRATION in run.manifest:
        model.calibration = Calibration.of(run.manifest[CALIBRATION])
    model.to(device)
    model.attach(split.data)
    return model.eval()


KEPT = 2
"""So many runs stay loaded for those who ask again."""


def kept_run(workspace: Workspace, run: Run) -> Loaded:
    """Return ``load_run``'s answer, that of before while the run's files are what they were."""
    weights = run.folder / WEIGHTS
    key = str(run.folder), size_and_time(weights), size_and_time(run.folder / MANIFEST)
    with _lock:
        if key not in _kept:
            _kept[key] = load_run(workspace, run)
            for old in list(_kept)[:-KEPT]:
                del _kept[old]
        else:
            _kept[key] = _kept.pop(key)
        return _kept[key]


_lock = Lock()
_kept: dict[tuple[Any, ...], Loaded] = {}
