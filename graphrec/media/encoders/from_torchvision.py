"""``torchvision:NAME``: any of torchvision's models that classify pictures, without its last layer."""

from __future__ import annotations

from typing import Any

from graphrec.errors import ConfigError, unknown
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.frame_model import FrameModel
from graphrec.media.encoders.library import encoder, fill, package
from graphrec.weights import read_weights


def create(spec: EncoderSpec) -> FrameModel:
    """Return the encoder; its weights are the .safetensors file ``spec.weights``, or torchvision's own download.

    Raises:
        NotFoundError: torchvision has no such model.
        ConfigError: torchvision is not installed, or the weights are not there or not this model's.
        DataError: the weights' file is damaged.
    """
    models = package("torchvision").models
    name = spec.name.partition(":")[2]
    known = models.list_models(module=models)
    if name not in known:
        raise unknown("torchvision model", name, known)
    published = models.get_model_weights(name).DEFAULT
    weights = read_weights(spec.weights) if spec.weights else _downloaded(published, spec.name)
    model = models.get_model(name, weights=None)
    last = _drop_last_layer(model, spec.name)
    # In place: what PyTorch saves tells the versions of layers in an attribute.
    for key in [key for key in weights if key.startswith(f"{last}.")]:
        del weights[key]
    fill(model, weights, spec.name)
    if hasattr(model, "transform_input"):
        # Inception networks, whose published weights were trained on pictures scaled in another way.
        model.transform_input = True
    seen = published.transforms()
    size = seen.crop_size[0], seen.crop_size[0]
    return encoder(spec, model, model, size, "crop", tuple(seen.mean), tuple(seen.std))


def _downloaded(published: Any, source: str) -> Any:
    try:
        return published.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        raise ConfigError(
            f"{source}: its weights cannot be downloaded from {published.url} ({error}); "
            "name a .safetensors file of them as weights"
        ) from error


def _drop_last_layer(model: Any, source: str) -> str:
    """Take out the layer that names classes, so that the model gives what this layer is told; return its name."""
    import torch

    layers: list[str] = [
        name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)
    ]
    if not layers:
        raise ConfigError(f"{source}: has no last layer that could be left out; choose another model")
    parent, _, last = layers[-1].rpartition(".")
    setattr(model.get_submodule(parent), last, torch.nn.Identity())
    return layers[-1]
