"""The state of a run in one safetensors file, from which it goes on as if it had never stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.files import replacing

FILE = "checkpoint/latest.safetensors"
"""Where a run keeps it. One file, because only one file can be replaced atomically."""


@dataclass(frozen=True)
class Checkpoint:
    """What is saved after each epoch.

    Attributes:
        tensors: groups of tensors by name: ``model``, ``best``, ``random`` and one per optimiser.
        progress: JSON: the epoch, the history, and what must be equal to go on.
    """

    tensors: Mapping[str, Mapping[str, Tensor]]
    progress: Mapping[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write ``checkpoint`` into the run's ``folder``, in place of the one before, atomically."""
    flat = {
        f"{group}/{name}": tensor.detach().cpu().contiguous()
        for group, tensors in checkpoint.tensors.items()
        for name, tensor in tensors.items()
    }
    with replacing(folder / FILE) as file:
        file.write(save(flat, {"progress": json.dumps(checkpoint.progress)}))


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the checkpoint of the run in ``folder``, or None where there is none.

    Raises:
        TrainingError: the file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return None
    tensors: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(path, "pt") as file:
            progress = json.loads(file.metadata()["progress"])
            for key in file.keys():  # noqa: SIM118 - not a mapping
                group, _, name = key.partition("/")
                tensors.setdefault(group, {})[name] = file.get_tensor(key)
    except (SafetensorError, KeyError, ValueError) as error:
        raise TrainingError(f"{path} is damaged ({error}); delete it to train from the start") from error
    return Checkpoint(tensors, progress)


def optimiser_state(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the tensors of an optimiser's state as ``<parameter>.<name>``."""
    states = optimiser.state_dict()["state"]
    return {f"{index}.{name}": value for index, state in states.items() for name, value in state.items()}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what ``optimiser_state`` returned."""
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        states.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": states})
