"""Of a property's values an encoder: fitted on them the first time, and the kept one from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from graphrec.errors import ConfigError, DataError
from graphrec.files import read_json, write_json
from graphrec.media import values
from graphrec.media.encoders.base import Floats
from graphrec.media.kept_encoders import TFIDF
from graphrec.media.sentences import PREFIX, SentenceEncoder
from graphrec.media.text import TextSettings, TfidfEncoder

ENCODERS = (TFIDF, *values.ENCODERS)


class Encoder(Protocol):
    """What describes values.

    Attributes:
        dimension: D, numbers per value.
    """

    @property
    def dimension(self) -> int: ...  # noqa: D102 - an attribute

    def encode(self, values: Sequence[Any], /) -> Floats:
        """Return float32 [n, D]."""
        ...


def fit(encoder: str, what: str, given: Sequence[Any], dimension: int | None, seed: int) -> Encoder:
    """Return an encoder of the name ``encoder``, fitted on the values ``given`` of ``what``.

    Raises ``DataError`` where there is none, ``ConfigError`` for a dimension or a model that cannot be.
    """
    if encoder in values.ENCODERS:
        if not given:
            raise DataError(f"{what} has no value yet; load some first")
        return values.ENCODERS[encoder].fit(given, dimension)
    if encoder != TFIDF:
        return _sentences(encoder, dimension)
    settings = TextSettings(seed=seed)
    return TfidfEncoder.fit(given, settings if dimension is None else replace(settings, dimension=dimension))


def keep(path: Path, made: Encoder, what: str, encoder: str) -> None:
    """Keep an encoder of ``what`` in ``path``."""
    if isinstance(made, TfidfEncoder):
        made.save(path, {"what": what})
    elif isinstance(made, values.ValueEncoder):
        values.save(made, path, what)
    else:
        write_json(path, {"what": what, "encoder": encoder})


def load(path: Path, encoder: str, what: str, dimension: int | None) -> Encoder:
    """Return the encoder in ``path``; raises ``ConfigError`` where it is not the one that is asked for."""
    made: Encoder
    if encoder in values.ENCODERS:
        made, described = values.load(path)
        _check(path, (described, made.name), (what, encoder))
    elif encoder != TFIDF:
        told = read_json(path)
        _check(path, (told.get("what"), told.get("encoder")), (what, encoder))
        return _sentences(encoder, dimension)
    else:
        made, about = TfidfEncoder.load(path)
        if about.get("what") != what:
            raise ConfigError(f"feature {path.stem!r} describes {about.get('what')}, not {what}; choose another --name")
    if dimension not in (None, made.dimension):
        raise ConfigError(
            f"feature {path.stem!r} was fitted with dimension {made.dimension}, not {dimension}; fit anew with "
            "--refit, or choose another --name"
        )
    return made


def _check(path: Path, kept: tuple[object, object], wanted: tuple[str, str]) -> None:
    if kept != wanted:
        raise ConfigError(
            f"feature {path.stem!r} describes {kept[0]} by {kept[1]}; describe anew with --refit, or choose another "
            "--name"
        )


def _sentences(encoder: str, dimension: int | None) -> SentenceEncoder:
    made = SentenceEncoder(encoder.removeprefix(PREFIX))
    if dimension not in (None, made.dimension):
        raise ConfigError(
            f"{encoder} gives {made.dimension} numbers per text, not {dimension}; leave --dimension out"
        )
    return made
