"""A folder of still images, one per node: described without weights, and kept to be looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError
from graphrec.media.description import thumbnail
from graphrec.media.encoders.descriptor import encode
from graphrec.media.kept_descriptions import content_digest
from graphrec.media.stills import SUFFIXES, keep_picture, open_picture
from graphrec.media.thumbnails import PICTURE

SIZE = (96, 96)


def describe_folder(folder: Path) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Return the ids (file names without suffix) of a folder's images and their descriptors, float32 [n, F].

    Raises ``DataError`` naming the folder when it has no image, or the file that is not one.
    """
    paths = _images(folder)
    return [path.stem for path in paths], np.stack([describe_image(path) for path in paths])


def keep_folder(folder: Path, media: Path) -> dict[str, str]:
    """Keep a folder's images in the media folder, for people to look at.

    Returns where each is below the workspace's folder, by its name without suffix. Raises ``DataError`` for a folder
    without images, a file that is none, or one that cannot be written.
    """
    return {path.stem: f"{media.name}/{_kept(path, media)}" for path in _images(folder)}


def _kept(path: Path, media: Path) -> str:
    kept = thumbnail(content_digest(path), 0.0)
    if not (media / kept).exists():
        picture = open_picture(path)
        picture.thumbnail((PICTURE.width, PICTURE.height))
        keep_picture(picture, media / kept)
    return kept


def _images(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"{folder}: no .jpg, .png or .webp files there")
    return paths


def describe_image(path: Path) -> npt.NDArray[np.float32]:
    """Return the descriptor of one image, float32 [F]; its motion parts are zero."""
    return encode(np.asarray(open_picture(path).resize(SIZE))[None])
