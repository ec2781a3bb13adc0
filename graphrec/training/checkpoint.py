"""The state of a run in one safetensors file, from which it goes on as if it had never stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.files import replacing
from graphrec.training.tensor_file import read_metadata, read_tensors, write_tensors

FILE = "checkpoint/latest.safetensors"
"""Where a run keeps it. One file, because only one file can be replaced atomically."""
BEST = "checkpoint/best.safetensors"
"""Beside it: the model as it was after the best epoch.

It may be of an epoch that the checkpoint does not know yet, where a run was cut off between the two: that epoch is then
made again, with the same result.
"""
MODEL, LEARNER, RANDOM = "model/", "learner/", "random/"


@dataclass(frozen=True)
class Checkpoint:
    """What is saved after each epoch, and within long ones.

    Attributes:
        path: the file; the model's tensors stay in it until they are asked for, under ``MODEL``.
        learner: what the learner's next step depends on.
        random: the state of torch's generators.
        progress: JSON: the epoch, the history, and what must be equal to go on.
    """

    path: Path
    learner: Mapping[str, Tensor]
    random: Mapping[str, Tensor]
    progress: Mapping[str, Any]


def save_checkpoint(
    folder: Path,
    model: Mapping[str, Tensor],
    learner: Mapping[str, Tensor],
    random: Mapping[str, Tensor],
    progress: Mapping[str, Any],
) -> None:
    """Write a checkpoint into the run's ``folder``, in place of the one before, atomically."""
    flat = {
        prefix + name: tensor
        for prefix, tensors in ((MODEL, model), (LEARNER, learner), (RANDOM, random))
        for name, tensor in tensors.items()
    }
    with replacing(folder / FILE) as file:
        write_tensors(file, flat, {"progress": json.dumps(progress)})


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the checkpoint of the run in ``folder``, or None where there is none.

    Raises:
        TrainingError: the file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        progress = json.loads(read_metadata(path)["progress"])
        learner, random = (dict(read_tensors(path, prefix)) for prefix in (LEARNER, RANDOM))
    except (SafetensorError, KeyError, ValueError) as error:
        raise TrainingError(f"{path} is damaged ({error}); delete it to train from the start") from error
    return Checkpoint(path, learner, random, progress)
