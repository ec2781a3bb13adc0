"""The contract of every encoder: pictures or sound in, a vector for each moment out, and how moments are pooled.

A video is read once, in a stream: an encoder is given what it needs of it in batches, in order of time, and keeps
nothing of one batch for the next. Vectors of moments are pooled into those of segments, frames and whole videos, which
therefore share one space: a network that was trained on segments also places a frame or a video.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Fit = Literal["longest", "stretch", "crop"]


@dataclass(frozen=True)
class Picture:
    """The size in which an encoder wants to see pictures.

    Attributes:
        width: pixels.
        height: pixels.
        fit: ``"stretch"`` to exactly this size; ``"crop"``: scaled until it covers this size, then its middle;
            ``"longest"``: proportions kept, no side longer than this and none below 8, never enlarged.
    """

    width: int
    height: int
    fit: Fit = "stretch"


@dataclass(frozen=True)
class EncoderSpec:
    """Which encoder, in words that travel to another process.

    Attributes:
        name: of a registered encoder, or the path of a TOML file that describes a model.
        weights: path of the weights, where the encoder needs some and knows no other place.
        threads: how many threads it may use.
        pooling: of a network that sees: how moments are pooled, in place of its own way (``mean,max``).
    """

    name: str
    weights: str | None = None
    threads: int = 1
    pooling: str | None = None


class FrameEncoder(Protocol):
    """Describes pictures. Register a factory ``(EncoderSpec) -> FrameEncoder`` as ``graphrec.frame_encoders``.

    Attributes:
        name: also names the feature matrices: letters, digits, ``-`` and ``_``. Where it pools to an array, such as
            a clip, it ends in the sizes (see ``graphrec.arrays``); then that of whole videos alone is kept.
        version: all that its vectors depend on besides the pictures, such as a digest of the weights.
        picture: the size in which it wants them.
        frames_per_s: how many pictures of a second it wants, unless the user says otherwise.
        frames_per_vector: pictures that give one vector: 1, or the length of a clip.
        overlap: pictures before the first new one that ``encode`` also needs: 0, or 1 for differences.
        dimension: D, of a moment's vector.
    """

    name: str
    version: str
    picture: Picture
    frames_per_s: float
    frames_per_vector: int
    overlap: int
    dimension: int

    def encode(self, frames: Pixels) -> Floats:
        """Describe n moments.

        Args:
            frames: uint8 [overlap + n * frames_per_vector, h, w, 3], RGB, in order of time. Before the first picture
                of a video stands that picture itself.

        Returns:
            float32 [n, D].
        """
        ...

    def pool(self, vectors: Floats) -> Floats:
        """Describe a stretch of time by its moments: float32 [n, D], n >= 1, to float32 [P]."""
        ...


class AudioEncoder(Protocol):
    """Describes sound. Register a factory ``(EncoderSpec) -> AudioEncoder`` as ``graphrec.audio_encoders``.

    Attributes:
        name: also names the feature matrices, as a ``FrameEncoder``'s does.
        version: all that its vectors depend on besides the sound.
        rate: samples per second that it wants, one channel.
        window: samples that give one vector; windows follow one another, a last one is filled up with silence.
        dimension: D, of a window's vector.
    """

    name: str
    version: str
    rate: int
    window: int
    dimension: int

    def encode(self, waves: Floats) -> Floats:
        """Describe windows: float32 [n, window], from -1 to 1, to float32 [n, D]."""
        ...

    def pool(self, vectors: Floats) -> Floats:
        """Describe a stretch of time by its windows: float32 [n, D], n >= 1, to float32 [P]."""
        ...
