"""Finds encoders by name: registered ones, models described by a TOML file, and other libraries' models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from graphrec.errors import ConfigError, unknown
from graphrec.media.encoders.base import AudioEncoder, EncoderSpec, FrameEncoder
from graphrec.media.encoders.pooling import Pooled, read_ways
from graphrec.media.settings import EncoderSpecs

FRAMES = "graphrec.frame_encoders"
AUDIO = "graphrec.audio_encoders"
"""The entry-point groups by which anyone adds an encoder."""

LIBRARIES = ("torchvision", "transformers", "open_clip")
"""Whose models of pictures are named ``LIBRARY:MODEL``."""


@dataclass(frozen=True)
class Encoders:
    """What describes pictures and, unless None, sound."""

    frames: FrameEncoder
    audio: AudioEncoder | None = None


def make_encoders(specs: EncoderSpecs, threads: int = 1) -> Encoders:
    """Load the encoders, each for so many threads; raises ``ConfigError`` or ``NotFoundError`` where one is missing."""
    audio = audio_encoder(replace(specs.audio, threads=threads)) if specs.audio else None
    frames = _pooled(frame_encoder(replace(specs.frames, threads=threads)), specs.frames.pooling)
    if audio is not None and audio.name == frames.name:
        raise ConfigError(
            f"both encoders are called {audio.name!r}, and so would be their features; rename one"
        )
    return Encoders(frames, audio)


def _pooled(encoder: FrameEncoder, pooling: str | None) -> FrameEncoder:
    if pooling is None:
        return encoder
    ways = read_ways(pooling)
    from graphrec.media.encoders.frame_model import FrameModel

    if not isinstance(encoder, FrameModel):
        raise ConfigError(f"{encoder.name} has its own way of pooling; leave --pooling out")
    return Pooled(encoder, ways)


def frame_encoder(spec: EncoderSpec) -> FrameEncoder:
    """Return the encoder of pictures that ``spec`` names.

    Args:
        spec: its name is a registered one, the path of a model's TOML file, or ``LIBRARY:MODEL``.

    Raises:
        NotFoundError: there is none by this name; the message tells the nearest, or all.
        ConfigError: it cannot be loaded, or lacks its weights or a package.
    """
    if spec.name.endswith(".toml"):
        from graphrec.media.encoders.model_file import frame_model

        return frame_model(spec)
    library = spec.name.partition(":")[0]
    if library != spec.name and library in LIBRARIES:
        made: FrameEncoder = import_module(f"graphrec.media.encoders.from_{library}").create(spec)
        return made
    encoder: FrameEncoder = _made(spec, FRAMES, "frame encoder")
    return encoder


def audio_encoder(spec: EncoderSpec) -> AudioEncoder:
    """Return the encoder of sound that ``spec`` names: a registered one, or the path of a model's TOML file.

    Raises:
        NotFoundError: there is none by this name; the message tells the nearest, or all.
        ConfigError: it cannot be loaded, or lacks its weights or a package.
    """
    if spec.name.endswith(".toml"):
        from graphrec.media.encoders.model_file import audio_model

        return audio_model(spec)
    encoder: AudioEncoder = _made(spec, AUDIO, "audio encoder")
    return encoder


def _made(spec: EncoderSpec, group: str, kind: str) -> Any:
    known = {entry.name: entry for entry in entry_points(group=group)}
    if spec.name not in known:
        raise unknown(kind, spec.name, known)
    return _loaded(known[spec.name], kind)(spec)


def _loaded(entry: EntryPoint, kind: str) -> Any:
    try:
        return entry.load()
    except Exception as error:
        # Another package's code may raise anything.
        raise ConfigError(
            f"{kind} {entry.name!r} cannot be loaded ({error}); update or reinstall the package that brings it"
        ) from error
