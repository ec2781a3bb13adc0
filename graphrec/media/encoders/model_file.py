"""Any ONNX or TorchScript model as an encoder, described by a small TOML file (``model_settings`` tells its keys)."""

from __future__ import annotations

import hashlib
from glob import escape
from pathlib import Path

from graphrec.errors import ConfigError, DataError
from graphrec.media.encoders.audio_model import AudioModel
from graphrec.media.encoders.base import AudioEncoder, EncoderSpec, FrameEncoder
from graphrec.media.encoders.frame_model import FrameModel
from graphrec.media.encoders.model_settings import (
    ClipSettings,
    FramesSettings,
    LogmelSettings,
    ModelFileSettings,
    WaveformSettings,
    read_settings,
)
from graphrec.media.encoders.network import Network, load


def frame_model(spec: EncoderSpec) -> FrameEncoder:
    """Return the encoder of pictures that the TOML file ``spec.name`` describes.

    A TorchScript file is a program: take one only from people you trust.

    Raises:
        ConfigError: the TOML file, or a file, input or output that it names, is not as it must be.
        DataError: the model's file is damaged.
    """
    settings = read_settings(Path(spec.name))
    if not isinstance(settings, FramesSettings | ClipSettings):
        raise ConfigError(f"{spec.name}: kind {settings.kind!r} is of sound; name it as an audio encoder")
    return FrameModel(settings, *_opened(spec, settings), spec.name)


def audio_model(spec: EncoderSpec) -> AudioEncoder:
    """Return the encoder of sound that the TOML file ``spec.name`` describes; raises as ``frame_model`` does."""
    settings = read_settings(Path(spec.name))
    if not isinstance(settings, WaveformSettings | LogmelSettings):
        raise ConfigError(f"{spec.name}: kind {settings.kind!r} is of pictures; name it as a frame encoder")
    return AudioModel(settings, *_opened(spec, settings), spec.name)


def _opened(spec: EncoderSpec, settings: ModelFileSettings) -> tuple[Network, str]:
    return open_model(Path(spec.name).parent / settings.model, settings, spec.threads, spec.name)


def open_model(path: Path, settings: ModelFileSettings, threads: int, source: str) -> tuple[Network, str]:
    """Open a model's file and compute its encoder's version, a digest of the file and of all settings.

    Args:
        path: of the model's file.
        settings: what is known of it.
        threads: how many it may use.
        source: who named the file, for errors.

    Raises:
        ConfigError: there is no such file, input or output, or the file has another SHA-256.
        DataError: the file is damaged.
    """
    digest = _sha256(path, source)
    if settings.sha256 is not None and settings.sha256.lower() != digest:
        raise ConfigError(
            f"{source}: the SHA-256 of {path} is {digest}, not {settings.sha256}; get the right file, or "
            "correct sha256 where the file is meant"
        )
    told = settings.model_dump_json(exclude={"model", "sha256"})
    # Large ONNX models keep their weights in a file beside them.
    beside = [_sha256(file, source) for file in sorted(path.parent.glob(f"{escape(path.name)}[._]data"))]
    version = hashlib.sha256(" ".join([digest, *beside, told]).encode()).hexdigest()[:40]
    try:
        return load(path, settings.input, settings.output, threads), version
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error


def _sha256(path: Path, source: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ConfigError(f"{source}: there is no model {path}; correct its path") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); name a readable file") from error
