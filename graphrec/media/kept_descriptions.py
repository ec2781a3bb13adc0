"""Descriptions on disk, by content, encoders and settings: the same content is never decoded twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from glob import escape
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from graphrec.errors import DataError
from graphrec.files import replacing, require_regular
from graphrec.media.cutting import Bounds
from graphrec.media.description import Description, VideoInfo
from graphrec.media.encoders.registry import Encoders
from graphrec.media.settings import DescribeSettings

_FORMAT = 3
_LOOKS = ("segment_looks", "frame_looks", "video_look")
_NONE: Bounds = np.empty(0)
UNREADABLE = (OSError, ValueError, KeyError, EOFError, BadZipFile)
_SOUNDS = ("segment_sounds", "frame_sounds", "video_sound")


def content_digest(path: Path) -> str:
    """Return a digest of a file's content; raises ``DataError`` where it cannot be read."""
    digest = blake2b(digest_size=16)
    try:
        require_regular(path)
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; check the path") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    return digest.hexdigest()


class KeptDescriptions:
    """The descriptions below a media folder that were made with one choice of settings and encoders."""

    def __init__(self, media: Path, settings: DescribeSettings, encoders: Encoders) -> None:
        self._folder = media / "described"
        versions = [(e.name, e.version) for e in (encoders.frames, encoders.audio) if e is not None]
        context = json.dumps([_FORMAT, asdict(settings), versions], sort_keys=True)
        self._suffix = blake2b(context.encode(), digest_size=8).hexdigest()

    def path(self, digest: str) -> Path:
        """Return where the description of a content is kept."""
        return self._folder / f"{digest}-{self._suffix}.npz"

    def read(self, digest: str) -> Description | None:
        """Return what is kept; None if nothing is, or if it is damaged and must be computed again."""
        try:
            with self.path(digest).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                return _described(stored)
        except UNREADABLE:
            return None

    def write(self, digest: str, described: Description) -> None:
        """Keep a description; raises ``DataError`` where there is no room, and nothing is then kept."""
        with replacing(self.path(digest)) as file:
            np.savez(file, **dict(_arrays(described)))


def shots_of(media: Path, digest: str) -> Bounds | None:
    """Return the bounds of a content's shots, float64 [shots + 1], seconds; None where nobody has found more than one.

    Of several descriptions below the folder ``media`` the one that has most counts: some were made without looking for
    shots.
    """
    found = [_shots(path) for path in (media / "described").glob(f"{escape(digest)}-*.npz")]
    most = max(found, key=len, default=_NONE)
    return most if len(most) > 2 else None


def _shots(path: Path) -> Bounds:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            bounds: Bounds = stored["shots"]
            return bounds
    except UNREADABLE:
        return _NONE


def _arrays(described: Description) -> Iterator[tuple[str, Any]]:
    yield "info", np.array(json.dumps(asdict(described.info)))
    yield "end_s", np.array(described.end_s)
    yield "shots", described.shots
    yield "segments", described.segments
    yield "frames", described.frames
    yield "cover", np.array(described.cover)
    yield "encoders", np.array(json.dumps([described.encoder, described.audio]))
    yield from zip(_LOOKS, described.looks, strict=True)
    if described.sounds is not None:
        yield from zip(_SOUNDS, described.sounds, strict=True)


def _described(stored: Any) -> Description:
    encoder, audio = json.loads(str(stored["encoders"]))
    looks = tuple(stored[name] for name in _LOOKS)
    sounds = tuple(stored[name] for name in _SOUNDS) if _SOUNDS[0] in stored else None
    return Description(
        VideoInfo(**json.loads(str(stored["info"]))),
        float(stored["end_s"]),
        stored["shots"],
        stored["segments"],
        stored["frames"],
        int(stored["cover"]),
        tuple(encoder),
        looks,
        tuple(audio) if audio else None,
        sounds,
    )
