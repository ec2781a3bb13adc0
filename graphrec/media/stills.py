"""Still pictures: read upright, described as the pictures of videos are, and kept to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from graphrec.errors import DataError
from graphrec.files import replacing
from graphrec.media.description import thumbnail
from graphrec.media.encoders.base import Floats, FrameEncoder, Picture, Pixels
from graphrec.media.kept_descriptions import content_digest
from graphrec.media.sampling import Resizer
from graphrec.media.thumbnails import PICTURE, QUALITY

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True)
class Still:
    """A picture that has been read.

    Attributes:
        digest: of the file's content.
        small: a copy for people to look at.
        pixels: uint8 [h, w, 3], in the size that an encoder wants.
    """

    digest: str
    small: Image.Image
    pixels: Pixels

    @property
    def uri(self) -> str:
        """Where ``keep`` puts the copy, below the workspace's folder."""
        return f"media/{thumbnail(self.digest, 0.0)}"

    def keep(self, workspace: Path) -> None:
        """Write the copy; raises ``DataError`` where that cannot be."""
        keep_picture(self.small, workspace / self.uri)


def read_still(path: Path, wanted: Picture) -> Still:
    """Read a picture and scale it as pictures of videos are; raises ``DataError`` for a file that is none."""
    digest, picture = content_digest(path), open_picture(path)
    pixels = Resizer(wanted)(VideoFrame.from_ndarray(np.asarray(picture), "rgb24"))
    picture.thumbnail((PICTURE.width, PICTURE.height))
    return Still(digest, picture, pixels)


def describe_still(pixels: Pixels, encoder: FrameEncoder) -> Floats:
    """Return float32 [P]: a moment in which nothing moves, described as a key frame of a video is."""
    moment = np.stack([pixels] * (encoder.overlap + encoder.frames_per_vector))
    return encoder.pool(encoder.encode(moment))


def open_picture(path: Path) -> Image.Image:
    """Return a picture as it is to be seen, RGB; raises ``DataError`` for a file that is none."""
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except Exception as error:
        # Whatever one file makes a decoder raise, the others go on.
        raise DataError(f"{path}: not a readable image ({error or type(error).__name__})") from error


def keep_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture unless it is there; raises ``DataError`` where that cannot be."""
    if not path.exists():
        with replacing(path) as file:
            picture.save(file, "JPEG", quality=QUALITY)
