"""``open_clip:MODEL``: what an OpenCLIP model makes of pictures, in the space that it shares with text."""

from __future__ import annotations

from graphrec.errors import ConfigError, unknown
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.frame_model import FrameModel
from graphrec.media.encoders.library import encoder, fill, package
from graphrec.weights import read_weights


def create(spec: EncoderSpec) -> FrameModel:
    """Return the encoder; its weights are the .safetensors file ``spec.weights``.

    Raises:
        NotFoundError: OpenCLIP has no such model.
        ConfigError: OpenCLIP is not installed, or the weights are not given, not there or not this model's.
        DataError: the weights' file is damaged.
    """
    open_clip = package("open_clip")
    name = spec.name.partition(":")[2]
    known = open_clip.list_models()
    if name not in known:
        raise unknown("open_clip model", name, known)
    if not spec.weights:
        raise ConfigError(f"{spec.name} needs its weights: name their .safetensors file as weights")
    weights = read_weights(spec.weights)
    try:
        model = open_clip.create_model(name, load_weights=False)
    except (OSError, RuntimeError, ImportError) as error:
        raise ConfigError(f"{spec.name}: cannot be made ({error}); choose another model") from error
    fill(model, weights, spec.name)
    seen = model.visual
    height, width = seen.image_size if isinstance(seen.image_size, tuple | list) else (seen.image_size,) * 2
    return encoder(
        spec,
        model,
        model.encode_image,
        (width, height),
        "crop",
        tuple(seen.image_mean),
        tuple(seen.image_std),
    )
