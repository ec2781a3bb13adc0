"""The ``mobilenet_v2`` encoder: MobileNet v2 trained on ImageNet, which tells objects and scenes, in ONNX Runtime."""

from __future__ import annotations

import os
from pathlib import Path

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.frame_model import FrameModel
from graphrec.media.encoders.model_file import open_model
from graphrec.media.encoders.model_settings import FramesSettings

NAME = "mobilenet_v2"
VARIABLE = "GRAPHREC_MOBILENET_V2"
SHA256 = "c4540dc83d1ad59957b64403cd9359a9d0be6ff090ab0b709c7a4610eae495ea"


def create(spec: EncoderSpec) -> FrameModel:
    """Return the encoder; its weights are ``spec.weights``, or what the environment variable ``VARIABLE`` names.

    Raises:
        ConfigError: no weights are named, they are not there, or are not the ones with the known ``SHA256``.
    """
    path = spec.weights or os.environ.get(VARIABLE)
    if not path:
        raise ConfigError(
            f"{NAME} needs its weights: name the file mobilenet_v2.onnx as weights or in the environment "
            f"variable {VARIABLE}"
        )
    settings = FramesSettings(
        name=NAME,
        model=path,
        sha256=SHA256,
        output="features",
        layout="NHWC",
        dtype="uint8",
        width=224,
        height=224,
    )
    return FrameModel(settings, *open_model(Path(path), settings, spec.threads, NAME), NAME)
