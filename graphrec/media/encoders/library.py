"""What encoders from other libraries' PyTorch models share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.frame_model import FrameModel
from graphrec.media.encoders.model_settings import FramesSettings
from graphrec.media.encoders.network import TorchNetwork

Values = tuple[float, float, float]


def package(name: str) -> Any:
    """Import an optional package; raises ``ConfigError`` that tells the extra which installs it."""
    try:
        return import_module(name)
    except Exception as error:
        # One that was built for another PyTorch raises anything.
        raise ConfigError(
            f"{name} cannot be imported ({error}); install it: pip install 'graphrec[{name}]'"
        ) from error


def fill(module: Any, weights: Mapping[str, Any], source: str) -> None:
    """Load weights into a module of PyTorch; raises ``ConfigError`` where they are of another one."""
    try:
        module.load_state_dict(weights)
    except (RuntimeError, ValueError) as error:
        lines = str(error).splitlines()
        raise ConfigError(
            f"{source}: the weights are of another model ({lines[min(1, len(lines) - 1)].strip()[:200]}); "
            "name those that belong to it"
        ) from error


def encoder(
    spec: EncoderSpec,
    module: Any,
    forward: Callable[[Any], Any],
    size: tuple[int, int],
    fit: Literal["crop", "stretch"],
    mean: Values,
    std: Values,
) -> FrameModel:
    """Return the encoder of a network that sees float32 [n, 3, h, w].

    Args:
        spec: what named it.
        module: which holds the weights; it is set to evaluation.
        forward: returns the vectors of a batch.
        size: width and height, pixels.
        fit: how pictures are brought to this size.
        mean: subtracted from colours between 0 and 1.
        std: by which these are then divided.
    """
    module.eval()
    library, _, model = spec.name.partition(":")
    settings = FramesSettings(
        name=re.sub("[^A-Za-z0-9_-]+", "_", f"{library}_{Path(model).name}"),
        model=model,
        layout="NCHW",
        dtype="float32",
        width=size[0],
        height=size[1],
        fit=fit,
        mean=mean,
        std=std,
    )
    digest = _digest(module)
    digest.update(f"{library} {settings.model_dump_json(exclude={'model'})}".encode())
    return FrameModel(settings, TorchNetwork(forward, None, spec.threads), digest.hexdigest()[:40], spec.name)


def _digest(module: Any) -> Any:
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest
