"""What a TOML file says of a model: which file it is, what it wants to see or hear, and how its vectors are pooled."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from graphrec.errors import ConfigError
from graphrec.media.encoders.pooling import Way

Positive = Annotated[int, Field(gt=0)]
Three = tuple[float, float, float]


class ModelFileSettings(BaseModel):
    """What holds of every model.

    Attributes:
        name: of the encoder and its feature matrices.
        model: the .onnx or .pt file, relative to the TOML file.
        sha256: which the model's file must have, in hexadecimal digits.
        input: name of the model's input; the first by default.
        output: name of the output that holds the vectors; the first by default.
        pooling: how moments become one vector; several ways are put one after the other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    model: str = Field(min_length=1)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    input: str | None = None
    output: str | None = None
    pooling: tuple[Way, ...] = Field(default=("mean",), min_length=1)


class PictureSettings(ModelFileSettings):
    """A model that sees.

    Attributes:
        dtype: ``"uint8"``: pixels as they are; ``"float32"``: (pixels / scale - mean) / std.
        width: pixels.
        height: pixels.
        fit: how pictures are brought to this size, as ``graphrec.media.encoders.base.Picture`` says.
        frames_per_s: pictures that it wants of a second.
    """

    dtype: Literal["uint8", "float32"]
    width: Positive
    height: Positive
    fit: Literal["crop", "stretch"] = "crop"
    frames_per_s: float = Field(default=1.0, gt=0)
    scale: float = Field(default=255.0, gt=0)
    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (1.0, 1.0, 1.0)

    @model_validator(mode="after")
    def _whole_numbers_are_not_scaled(self) -> PictureSettings:
        given = sorted({"scale", "mean", "std"} & self.model_fields_set)
        if self.dtype == "uint8" and given:
            raise ValueError(f'{", ".join(given)}: only for dtype = "float32"; leave out')
        if min(self.std) <= 0:
            raise ValueError("std: must be above 0")
        return self


class FramesSettings(PictureSettings):
    """A model that sees one picture at a time."""

    kind: Literal["frames"] = "frames"
    layout: Literal["NHWC", "NCHW"]


class ClipSettings(PictureSettings):
    """A model that sees ``frames_per_vector`` neighbouring pictures at a time."""

    kind: Literal["clip"] = "clip"
    layout: Literal["NTHWC", "NCTHW", "NTCHW"]
    frames_per_vector: int = Field(gt=1)


class WaveformSettings(ModelFileSettings):
    """A model that hears ``window_s`` seconds as ``rate`` numbers per second, float32 [n, samples] from -1 to 1."""

    kind: Literal["waveform"] = "waveform"
    rate: Positive = 16_000
    window_s: float = Field(default=1.0, gt=0)


class LogmelSettings(ModelFileSettings):
    """A model that hears the spectrogram of ``window_s`` seconds, float32, as ``logmel.spectrogram`` makes it.

    Attributes:
        layout: N windows, T frames of a spectrogram, M bands, C the one channel; what the model has by default.
        bands: how many.
        low_hz: where the lowest band begins.
        high_hz: where the highest band ends.
        floor: added to magnitudes before their logarithm is taken.
    """

    kind: Literal["logmel"] = "logmel"
    rate: Positive = 16_000
    window_s: float = Field(default=1.0, ge=0.025)
    layout: Literal["NTM", "NCTM", "NTMC"] | None = None
    bands: Positive = 64
    low_hz: float = Field(default=60.0, ge=0)
    high_hz: float = Field(default=7800.0, gt=0)
    floor: float = Field(default=0.01, gt=0)


AnySettings: TypeAlias = FramesSettings | ClipSettings | WaveformSettings | LogmelSettings

_KINDS: TypeAdapter[AnySettings] = TypeAdapter(Annotated[AnySettings, Field(discriminator="kind")])


def read_settings(path: Path) -> AnySettings:
    """Read a TOML file; raises ``ConfigError`` that names the file and the key at fault."""
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; check the path") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); name a readable file") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not a TOML file ({error}); mend it") from error
    try:
        return _KINDS.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        # The first part of a place is the kind.
        key = ".".join(str(part) for part in first["loc"][1:])
        reason = (
            "no such key"
            if first["type"] == "extra_forbidden"
            else first["msg"].removeprefix("Value error, ")
        )
        raise ConfigError(f"{path}: {key + ': ' if key else ''}{reason}") from error
