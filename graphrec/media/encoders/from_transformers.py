"""``transformers:MODEL_OR_FOLDER``: a vision model of Hugging Face's Transformers and its pooled output."""

from __future__ import annotations

from typing import Any, Literal

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.frame_model import FrameModel
from graphrec.media.encoders.library import Values, encoder, package


def create(spec: EncoderSpec) -> FrameModel:
    """Return the encoder of a model's name on the Hugging Face Hub, or of a folder that holds one.

    Its pictures are scaled and cut as graphrec does it, to the size that the model's image processor tells. Weights
    are read from .safetensors files only, and no code that comes with a model is run.

    Raises:
        ConfigError: Transformers is not installed, or the model cannot be loaded or does not see pictures.
    """
    transformers = package("transformers")
    name = spec.name.partition(":")[2]
    try:
        seen = transformers.AutoImageProcessor.from_pretrained(name)
        model, report = transformers.AutoModel.from_pretrained(
            name, output_loading_info=True, use_safetensors=True
        )
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"{spec.name}: cannot be loaded ({reason}); name a folder with a vision model, or one on the "
            "Hugging Face Hub where that can be reached"
        ) from error
    absent = [key for key in report["missing_keys"] if not key.startswith("pooler.")]
    if absent:
        raise ConfigError(f"{spec.name}: its file lacks the weights {min(absent)}; get the whole model")
    size, fit = _size(seen, spec.name)
    mean, std = _scaling(seen)
    # A pooler that the file lacks would have random weights.
    forward = _forward(model.float(), pooler=not report["missing_keys"])
    return encoder(spec, model, forward, size, fit, mean, std)


def _forward(model: Any, pooler: bool) -> Any:
    def forward(pictures: Any) -> Any:
        if hasattr(model, "get_image_features"):
            found = model.get_image_features(pixel_values=pictures)
        else:
            found = model(pixel_values=pictures)
        pooled = getattr(found, "pooler_output", None) if pooler else None
        if pooled is not None:
            return pooled
        return found.last_hidden_state.mean(dim=1) if hasattr(found, "last_hidden_state") else found

    return forward


def _size(seen: Any, source: str) -> tuple[tuple[int, int], Literal["crop", "stretch"]]:
    size, cut = (dict(getattr(seen, key, None) or {}) for key in ("size", "crop_size"))
    if getattr(seen, "do_center_crop", False) and cut.get("height"):
        return (cut["width"], cut["height"]), "crop"
    if size.get("height"):
        return (size["width"], size["height"]), "stretch"
    if size.get("shortest_edge"):
        return (size["shortest_edge"], size["shortest_edge"]), "crop"
    raise ConfigError(f"{source}: does not tell the size of pictures that it wants; choose another model")


def _scaling(seen: Any) -> tuple[Values, Values]:
    if not getattr(seen, "do_normalize", False):
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return tuple(seen.image_mean), tuple(seen.image_std)
