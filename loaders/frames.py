"""Still pictures of items that are loaded already: posters, stills, images of products."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import ClassVar
from unicodedata import normalize

import numpy as np

from graphrec.arrays import sizes_of
from graphrec.errors import ConfigError, DataError
from graphrec.loading.blocks import Block, FileBlock
from graphrec.loading.loader import Options, require_folder
from graphrec.loading.resolve.frames import PendingFrames, StillFile
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.journal import shown
from graphrec.media.settings import EncoderSpecs

log = logging.getLogger(__name__)


class FramesOptions(Options):
    """How pictures are described: as those of videos, whose key frames have the same features then."""

    encoder: str = "descriptor"
    """What describes pictures: descriptor (colour, texture; no weights), mobilenet_v2, or a model's TOML."""
    weights: Path | None = None
    """The encoder's weights, where it needs some."""
    pooling: str | None = None
    """The pooling that videos were loaded with, where that was not the encoder's own."""

    @property
    def specs(self) -> EncoderSpecs:
        """By what pictures are described."""
        weights = str(self.weights) if self.weights else None
        return EncoderSpecs(EncoderSpec(self.encoder, weights, pooling=self.pooling))


class Frames:
    """Loads folders of pictures: ``ITEM.jpg`` is a frame of the item ITEM, and so is each picture in a folder ITEM."""

    name: ClassVar[str] = "frames"
    title: ClassVar[str] = "still pictures of items that are loaded already: FOLDER/ITEM.jpg, FOLDER/ITEM/*.jpg"
    example: ClassVar[str] = "graphrec load frames posters/ stills/"
    Options: ClassVar[type[Options]] = FramesOptions

    def blocks(self, paths: Sequence[Path], options: FramesOptions, workspace: Path) -> Iterator[Block]:
        """Yield the pictures of all folders; one whose frame another has, or whose name is no text, is refused.

        Raises ``DataError`` where there is no picture.
        """
        # What reads pictures takes long to import, and every command would.
        from graphrec.media.encoders.registry import make_encoders
        from graphrec.media.stills import SUFFIXES

        encoder = make_encoders(options.specs).frames
        if sizes_of(encoder.name, len(encoder.pool(np.zeros((1, encoder.dimension), np.float32)))):
            raise ConfigError(f"{options.encoder} keeps what moves in a video, and a picture does not; take another")
        files: list[StillFile] = []
        for folder in paths:
            require_folder(folder, "give a folder of pictures")
            found, others = _pictures(folder, SUFFIXES)
            if not found:
                raise DataError(f"{folder}: no pictures there ({', '.join(sorted(SUFFIXES))})", str(folder))
            if others:
                names = ", ".join(path.name for path in others[:5])
                more = f" and {len(others) - 5} more" if len(others) > 5 else ""
                log.info("%s: %d files are left out, which are no pictures: %s%s", folder, len(others), names, more)
            files += found
        first: dict[str, StillFile] = {}
        for file in files:
            if reason := _fault(file, first):
                yield FileBlock(shown(file.path), len(files), reason)
        if first:
            yield PendingFrames(list(first.values()), encoder, ", ".join(map(str, paths)))


def _pictures(folder: Path, suffixes: Collection[str]) -> tuple[list[StillFile], list[Path]]:
    """Return the pictures of a folder and of those in it, and what else is there."""
    found, others = [], []
    for entry in _entries(folder):
        for path in _entries(entry) if entry.is_dir() else [entry]:
            if path.is_dir() or path.suffix.lower() not in suffixes:
                others.append(path)
            else:
                item = entry.name if entry.is_dir() else entry.stem
                # Names from a Mac have their accents decomposed.
                found.append(StillFile(path, normalize("NFC", item), normalize("NFC", path.stem)))
    return found, others


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        log.warning("%s: left out, it cannot be read: %s", folder, error.strerror)
        return []


def _fault(file: StillFile, first: dict[str, StillFile]) -> str:
    """Return why a picture cannot be a frame, and note it among the ``first`` of their frames where it can."""
    try:
        str(file.path).encode()
    except UnicodeEncodeError:
        return f"{shown(file.path)}: its name is no UTF-8; rename it"
    other = first.setdefault(file.frame, file)
    if other is file or other.path == file.path:
        return ""
    return f"{file.path}: frame {file.frame!r} is {other.path} already; rename it"
