"""Weights of a network of pictures, inflated by time for one of clips (Carreira and Zisserman, CVPR 2017)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from graphrec.errors import ConfigError
from graphrec.weights import read_weights


@torch.no_grad()
def inflate(body: nn.Module, weights: Path) -> None:
    """Take the tensors of ``weights`` for those of ``body`` that have the same names, and all of these.

    A filter [out, in, k, k] becomes one [out, in, t, k, k] of t times the same, divided by t, so that of pictures that
    stand still it says what it said of one. What ``body`` has no place for, such as a classifier, is left.

    Args:
        body: a network of clips.
        weights: a safetensors file, or a folder that holds one.

    Raises ``ConfigError`` where there is no such file, or it has not what ``body`` wants, ``DataError`` where it is
    broken.
    """
    path = _file(weights)
    given = read_weights(str(path))
    for name, own in body.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if name not in given:
            raise ConfigError(f"{path}: has no {name!r}; weights of torchvision's GoogLeNet are meant, as safetensors")
        found = given[name]
        if own.dim() == 5 and found.dim() == 4:
            found = found[:, :, None].expand(-1, -1, own.shape[2], -1, -1) / own.shape[2]
        if found.shape != own.shape:
            wrong = f"{list(given[name].shape)}, which does not inflate to {list(own.shape)}"
            raise ConfigError(f"{path}: {name!r} is {wrong}")
        own.copy_(found)


def _file(weights: Path) -> Path:
    files = sorted(weights.glob("*.safetensors")) if weights.is_dir() else [weights]
    if len(files) != 1:
        raise ConfigError(f"{weights}: holds {len(files)} safetensors files; name one")
    return files[0]
