"""The ``descriptor`` encoder: colour, layout, texture and motion of a segment's frames, without any weights.

It works anywhere and is quick, but knows nothing of objects, people or scenes: a trained network tells more.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from graphrec.errors import DataError

NAME = "descriptor"
VERSION = 1

Floats: TypeAlias = NDArray[np.floating[Any]]

_SECTORS = 8
_LEVELS = 3
_GRID = 4
_STEPS = (0.02, 0.04, 0.08, 0.16, 0.24, 0.32)
# Below this, a gradient or a change between frames (on a scale from 0 to 1) is noise of camera and codec.
_NOISE = 0.02

PARTS: dict[str, slice] = {
    "colour": slice(0, 72),
    "layout": slice(72, 120),
    "texture": slice(120, 184),
    "motion": slice(184, 214),
}
"""Which columns hold what. Each part has a Euclidean length of at most 1.

- ``colour`` (72): square roots of the joint histogram of hue (8), saturation (3) and value (3).
- ``layout`` (48): luma, blue and red difference, averaged over a 4 x 4 grid.
- ``texture`` (64): edge orientations (8), weighted by strength, in each quarter of the picture (4), at full
  and at half size (2).
- ``motion`` (30): the share of pixels that change by more than six steps (6), where on a 4 x 4 grid (16), and
  in which direction edges move (8); all zero for a still picture.
"""

DIMENSION = 214


def encode(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe the frames of one segment.

    Args:
        frames: uint8 [n, h, w, 3], RGB, in order of time; n >= 1, h and w >= 8.

    Returns:
        float32 [DIMENSION]; ``PARTS`` names its columns.

    Raises:
        DataError: the array has another type or shape.
    """
    shape = frames.shape
    if frames.dtype != np.uint8 or len(shape) != 4 or shape[3] != 3 or not shape[0] or min(shape[1:3]) < 8:
        raise DataError(
            f"frames are {frames.dtype} {list(shape)}; uint8 [n, h, w, 3] with n >= 1, h and w >= 8 is needed"
        )
    red, green, blue = (frames[..., c] * np.float32(1 / 255) for c in range(3))
    luma = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    gradient = _gradient(luma)
    parts = (
        _colour(red, green, blue),
        _layout(luma, blue - luma, red - luma),
        np.concatenate([_texture(*gradient), _texture(*_gradient(_halved(luma)))]) / np.sqrt(2),
        _motion(luma, *gradient),
    )
    return np.concatenate(parts).astype(np.float32)


def _colour(red: Floats, green: Floats, blue: Floats) -> Floats:
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    saturation = chroma / np.maximum(value, np.float32(1e-3))
    # Hue is the angle in the plane at right angles to grey: red, green and blue lie a third of a turn apart.
    hue = _sector(2 * red - green - blue, np.float32(np.sqrt(3)) * (green - blue))
    cell = (hue * np.uint8(_LEVELS) + _level(saturation)) * np.uint8(_LEVELS) + _level(value)
    counts = np.bincount(cell.ravel(), minlength=_SECTORS * _LEVELS**2)
    return np.sqrt(counts / cell.size)


def _layout(*planes: Floats) -> Floats:
    return _unit(np.concatenate([_grid_means(plane.mean(axis=0)) for plane in planes]))


def _texture(across: Floats, down: Floats) -> Floats:
    strength = np.sqrt(across * across + down * down)
    strength[strength < _NOISE] = 0
    # An edge looks the same from both sides: doubling the angle makes orientations repeat after half a turn.
    orientation = _sector(across * across - down * down, 2 * across * down)
    height, width = strength.shape[1:]
    quarter = 2 * (np.arange(height) * 2 // height)[:, None] + np.arange(width) * 2 // width
    cell = quarter.astype(np.uint8) * np.uint8(_SECTORS) + orientation
    sums = np.bincount(cell.ravel(), weights=strength.ravel(), minlength=4 * _SECTORS)
    return _unit(sums / strength.size, floor=1e-3)


def _motion(luma: Floats, across: Floats, down: Floats) -> Floats:
    change = np.diff(luma, axis=0)
    if not len(change):
        return np.zeros(30)
    across, down = across[:-1], down[:-1]
    size = np.abs(change)
    size[size < _NOISE] = 0
    shares = np.array([np.count_nonzero(size > step) / size.size for step in _STEPS])
    places = _grid_means(size.mean(axis=0))
    # Brightness constancy: an edge moves along -change * gradient.
    weight = size * np.sqrt(across * across + down * down)
    direction = _sector(-change * across, -change * down)
    sums = np.bincount(direction.ravel(), weights=weight.ravel(), minlength=_SECTORS)
    parts = (shares / np.sqrt(len(_STEPS)), _unit(places, floor=_NOISE), _unit(sums / size.size, floor=1e-3))
    return np.asarray(np.concatenate(parts) / np.sqrt(3))


_COS, _SIN = np.float32(np.cos(np.pi / 8)), np.float32(np.sin(np.pi / 8))


def _sector(x: Floats, y: Floats) -> NDArray[np.uint8]:
    """Which of eight sectors a direction falls in, uint8; several times faster than by arctan2.

    Turned by half a sector, so that the most frequent directions, along the axes, lie inside a sector and not
    on the edge between two. The numbering is fixed but does not go round.
    """
    x, y = _COS * x - _SIN * y, _SIN * x + _COS * y
    number = (x >= 0).view(np.uint8) * np.uint8(4)
    number += (y >= 0).view(np.uint8) * np.uint8(2)
    number += (np.abs(x) >= np.abs(y)).view(np.uint8)
    return number


def _level(share: Floats) -> NDArray[np.uint8]:
    return np.minimum((share * np.float32(_LEVELS)).astype(np.uint8), np.uint8(_LEVELS - 1))


def _gradient(luma: Floats) -> tuple[Floats, Floats]:
    """Central differences across and down [n, h, w]; zero at the border."""
    across, down = np.zeros_like(luma), np.zeros_like(luma)
    across[:, :, 1:-1] = luma[:, :, 2:] - luma[:, :, :-2]
    down[:, 1:-1] = luma[:, 2:] - luma[:, :-2]
    return across, down


def _halved(luma: Floats) -> Floats:
    even = luma[:, : luma.shape[1] // 2 * 2, : luma.shape[2] // 2 * 2]
    total: Floats = even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]
    return total / 4


def _grid_means(plane: Floats) -> Floats:
    """Means of a picture [h, w] over a grid of rectangles, row by row."""
    rows, columns = (np.arange(_GRID) * side // _GRID for side in plane.shape)
    sums = np.add.reduceat(np.add.reduceat(plane, rows, axis=0), columns, axis=1)
    heights, widths = np.diff([*rows, plane.shape[0]]), np.diff([*columns, plane.shape[1]])
    return np.asarray(sums / np.outer(heights, widths)).ravel()


def _unit(vector: Floats, floor: float = 1e-6) -> Floats:
    """Scale to length 1; what is shorter than ``floor`` stays small, so that noise is not blown up."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), floor))
