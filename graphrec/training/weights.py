"""A model's tensors on disk."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn

from graphrec.errors import TrainingError
from graphrec.files import replacing
from graphrec.training.tensor_file import read_tensors, write_tensors

WEIGHTS = "model.safetensors"
"""The file of a finished run."""


def save_weights(path: Path, model: nn.Module) -> None:
    """Write all that ``model`` keeps, in place of the file there is, atomically."""
    with replacing(path) as file:
        write_tensors(file, model.state_dict(), {})


def load_weights(path: Path, model: nn.Module, prefix: str = "") -> None:
    """Put into ``model`` what ``save_weights`` wrote, tensor by tensor.

    Raises ``TrainingError`` for a damaged file, or one of another model.
    """
    own = model.state_dict()
    try:
        with torch.no_grad():
            found = set()
            for name, tensor in read_tensors(path, prefix):
                if name not in own or own[name].shape != tensor.shape:
                    raise TrainingError(f"{path} holds {name!r} {list(tensor.shape)}, which this model has not")
                own[name].copy_(tensor)
                found.add(name)
    except (SafetensorError, OSError) as error:
        raise TrainingError(f"{path} is damaged ({error}); train again") from error
    if found != set(own):
        raise TrainingError(f"{path} lacks {', '.join(sorted(set(own) - found))}; train again")
