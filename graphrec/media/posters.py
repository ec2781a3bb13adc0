"""A folder of still images, one per node, described without weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from graphrec.errors import DataError
from graphrec.media.encoders.descriptor import encode

SIZE = (96, 96)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def describe_folder(folder: Path) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Return the ids (file names without suffix) of a folder's images and their descriptors, float32 [n, F].

    Raises ``DataError`` naming the folder when it has no image, or the file that is not one.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"{folder}: no .jpg, .png or .webp files there")
    return [path.stem for path in paths], np.stack([describe_image(path) for path in paths])


def describe_image(path: Path) -> npt.NDArray[np.float32]:
    """Return the descriptor of one image, float32 [F]; its motion parts are zero."""
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB").resize(SIZE))
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path}: not a readable image ({error})") from error
    return encode(pixels[None])
