"""The ``descriptor`` encoder: colour, layout, texture and motion of pictures, without any weights.

It works anywhere and is quick, but knows nothing of objects, people or scenes: a trained network tells more.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from graphrec.errors import DataError
from graphrec.media.encoders.base import EncoderSpec, Floats, Picture, Pixels

Numbers: TypeAlias = NDArray[np.floating[Any]]

_SECTORS = 8
_LEVELS = 3
_GRID = 4
_STEPS = (0.02, 0.04, 0.08, 0.16, 0.24, 0.32)
# Below this, a gradient or a change between frames (on a scale from 0 to 1) is noise of camera and codec.
_NOISE = 0.02
# So many pictures of 96 pixels and what is computed of them stay in the processor's cache.
_AT_ONCE = 16

PARTS: dict[str, slice] = {
    "colour": slice(0, 72),
    "layout": slice(72, 120),
    "texture": slice(120, 184),
    "motion": slice(184, 214),
}
"""Which columns hold what. Each part of a pooled vector has a Euclidean length of at most 1.

- ``colour`` (72): square roots of the joint histogram of hue (8), saturation (3) and value (3).
- ``layout`` (48): luma, blue and red difference, averaged over a 4 x 4 grid.
- ``texture`` (64): edge orientations (8), weighted by strength, in each quarter of the picture (4), at full
  and at half size (2).
- ``motion`` (30): the share of pixels that change by more than six steps (6), where on a 4 x 4 grid (16), and
  in which direction edges move (8); all zero for a still picture.
"""

DIMENSION = 214


class Descriptor:
    """The encoder. Vectors of moments are shares, means and sums; roots and lengths are taken when they are pooled.

    So a stretch is described as if its pictures had been looked at together, however they came in.
    """

    name = "descriptor"
    version = "2"
    picture = Picture(96, 96, "longest")
    frames_per_s = 2.0
    frames_per_vector = 1
    overlap = 1
    dimension = DIMENSION

    def encode(self, frames: Pixels) -> Floats:
        """Describe each picture, and its change from the one before it.

        Args:
            frames: uint8 [1 + n, h, w, 3], RGB, in order of time; n >= 1, h and w >= 8.

        Returns:
            float32 [n, DIMENSION], to be pooled; ``PARTS`` names the columns.

        Raises:
            DataError: the array has another type or shape.
        """
        _check(frames, 2)
        starts = range(0, len(frames) - 1, _AT_ONCE)
        return np.concatenate([_measures(frames[start : start + _AT_ONCE + 1]) for start in starts])

    def pool(self, vectors: Floats) -> Floats:
        """Describe a stretch: float32 [n, DIMENSION], n >= 1, to float32 [DIMENSION].

        The first moment's motion is left out: it is a change from a picture outside of the stretch.
        """
        mean = vectors.mean(axis=0, dtype=np.float64)
        first = PARTS["motion"].start
        mean[first:] = vectors[1:, first:].mean(axis=0, dtype=np.float64) if len(vectors) > 1 else 0
        colour, layout, texture, motion = (mean[columns] for columns in PARTS.values())
        full, half = np.split(texture, 2)
        shares, places, directions = np.split(motion, [len(_STEPS), len(_STEPS) + _GRID**2])
        parts = (
            np.sqrt(colour),
            _unit(layout),
            _unit(full, floor=1e-3) / np.sqrt(2),
            _unit(half, floor=1e-3) / np.sqrt(2),
            shares / np.sqrt(3 * len(_STEPS)),
            _unit(places, floor=_NOISE) / np.sqrt(3),
            _unit(directions, floor=1e-3) / np.sqrt(3),
        )
        return np.concatenate(parts).astype(np.float32)


def create(spec: EncoderSpec) -> Descriptor:
    """Return the encoder, which has no settings."""
    return Descriptor()


def encode(frames: Pixels) -> Floats:
    """Describe a still picture or the frames of one whole stretch.

    Args:
        frames: uint8 [n, h, w, 3], RGB, in order of time; n >= 1, h and w >= 8.

    Returns:
        float32 [DIMENSION]; ``PARTS`` names its columns.

    Raises:
        DataError: the array has another type or shape.
    """
    _check(frames, 1)
    descriptor = Descriptor()
    return descriptor.pool(descriptor.encode(np.concatenate([frames[:1], frames])))


def _check(frames: Pixels, at_least: int) -> None:
    shape = frames.shape
    fits = frames.dtype == np.uint8 and len(shape) == 4 and shape[3] == 3
    if not fits or len(frames) < at_least or min(shape[1:3]) < 8:
        raise DataError(
            f"frames are {frames.dtype} {list(shape)}; uint8 [n, h, w, 3] with n >= {at_least}, h and w >= 8 is needed"
        )


def _measures(frames: Pixels) -> Floats:
    red, green, blue = (frames[..., c] * np.float32(1 / 255) for c in range(3))
    luma = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    across, down = _gradient(luma)
    red, green, blue, new = red[1:], green[1:], blue[1:], luma[1:]
    parts = (
        _colour(red, green, blue),
        *(_grid_means(plane) for plane in (new, blue - new, red - new)),
        _texture(across[1:], down[1:]),
        _texture(*_gradient(_halved(new))),
        *_motion(new - luma[:-1], across[:-1], down[:-1]),
    )
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _colour(red: Numbers, green: Numbers, blue: Numbers) -> Numbers:
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    saturation = chroma / np.maximum(value, np.float32(1e-3))
    # Hue is the angle in the plane at right angles to grey: red, green and blue lie a third of a turn apart.
    hue = _sector(2 * red - green - blue, np.float32(np.sqrt(3)) * (green - blue))
    cell = (hue * np.uint8(_LEVELS) + _level(saturation)) * np.uint8(_LEVELS) + _level(value)
    return _histograms(cell, _SECTORS * _LEVELS**2)


def _texture(across: Numbers, down: Numbers) -> Numbers:
    strength = np.sqrt(across * across + down * down)
    strength[strength < _NOISE] = 0
    # An edge looks the same from both sides: doubling the angle makes orientations repeat after half a turn.
    orientation = _sector(across * across - down * down, 2 * across * down)
    height, width = strength.shape[1:]
    quarter = 2 * (np.arange(height) * 2 // height)[:, None] + np.arange(width) * 2 // width
    return _histograms(quarter.astype(np.uint8) * np.uint8(_SECTORS) + orientation, 4 * _SECTORS, strength)


def _motion(change: Numbers, across: Numbers, down: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """How much, where and in which direction pictures change; ``across`` and ``down`` are gradients before it."""
    size = np.abs(change)
    size[size < _NOISE] = 0
    pixels = size[0].size
    shares = np.stack([np.count_nonzero(size > step, axis=(1, 2)) / pixels for step in _STEPS], axis=1)
    # Brightness constancy: an edge moves along -change * gradient.
    weight = size * np.sqrt(across * across + down * down)
    direction = _sector(-change * across, -change * down)
    return shares, _grid_means(size), _histograms(direction, _SECTORS, weight)


_COS, _SIN = np.float32(np.cos(np.pi / 8)), np.float32(np.sin(np.pi / 8))


def _sector(x: Numbers, y: Numbers) -> NDArray[np.uint8]:
    """Which of eight sectors a direction falls in, uint8; several times faster than by arctan2.

    Turned by half a sector, so that the most frequent directions, along the axes, lie inside a sector and not
    on the edge between two. The numbering is fixed but does not go round.
    """
    x, y = _COS * x - _SIN * y, _SIN * x + _COS * y
    number = (x >= 0).view(np.uint8) * np.uint8(4)
    number += (y >= 0).view(np.uint8) * np.uint8(2)
    number += (np.abs(x) >= np.abs(y)).view(np.uint8)
    return number


def _level(share: Numbers) -> NDArray[np.uint8]:
    return np.minimum((share * np.float32(_LEVELS)).astype(np.uint8), np.uint8(_LEVELS - 1))


def _gradient(luma: Numbers) -> tuple[Numbers, Numbers]:
    """Central differences across and down [n, h, w]; zero at the border."""
    across, down = np.zeros_like(luma), np.zeros_like(luma)
    across[:, :, 1:-1] = luma[:, :, 2:] - luma[:, :, :-2]
    down[:, 1:-1] = luma[:, 2:] - luma[:, :-2]
    return across, down


def _halved(luma: Numbers) -> Numbers:
    even = luma[:, : luma.shape[1] // 2 * 2, : luma.shape[2] // 2 * 2]
    total: Numbers = even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]
    return total / 4


def _histograms(cells: NDArray[np.uint8], bins: int, weights: Numbers | None = None) -> Numbers:
    """Shares of pixels, or sums of weights per pixel, in the cells of each picture: [n, h, w] to [n, bins]."""
    count = len(cells)
    numbers = cells.reshape(count, -1) + np.arange(count)[:, None] * bins
    weight = None if weights is None else weights.ravel()
    sums = np.bincount(numbers.ravel(), weights=weight, minlength=count * bins)
    return np.asarray(sums.reshape(count, bins) / numbers.shape[1])


def _grid_means(planes: Numbers) -> Numbers:
    """Means of pictures [n, h, w] over a grid of rectangles, row by row: [n, cells]."""
    height, width = planes.shape[1:]
    rows, columns = (np.arange(_GRID) * side // _GRID for side in (height, width))
    sums = np.add.reduceat(np.add.reduceat(planes, rows, axis=1), columns, axis=2)
    areas = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    return np.asarray(sums / areas).reshape(len(planes), -1)


def _unit(vector: Numbers, floor: float = 1e-6) -> Numbers:
    """Scale to length 1; what is shorter than ``floor`` stays small, so that noise is not blown up."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), floor))
