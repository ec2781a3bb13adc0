"""A trained run, put together again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from safetensors.torch import load_file

from graphrec.errors import TrainingError
from graphrec.graph.data import Split
from graphrec.graph.snapshot import Snapshot
from graphrec.models.base import Recommender
from graphrec.models.registry import model as model_class
from graphrec.training.runs import Run, snapshot_of, split_of
from graphrec.training.trainer import WEIGHTS
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Loaded:
    """A run's model with the data it was trained on."""

    run: Run
    model: Recommender[Any]
    snapshot: Snapshot
    split: Split


def load_run(workspace: Workspace, run: Run) -> Loaded:
    """Build ``run``'s model from its snapshot and weights, on the CPU, ready to score.

    Raises ``TrainingError`` when its snapshot or weights are gone.
    """
    weights = run.folder / WEIGHTS
    if not weights.exists():
        raise TrainingError(
            f"run {run.id} has no {WEIGHTS}; finish it with `graphrec train --resume {run.id}`"
        )
    shot = snapshot_of(workspace, run)
    split = split_of(shot, run)
    kind = model_class(run.model)
    model: Recommender[Any] = kind(split.data, kind.Settings(**run.manifest["settings"]))
    model.load_state_dict(load_file(weights))
    model.eval()
    return Loaded(run, model, shot, split)
