"""What users of made worlds love, and what they come to like by that."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from graphrec.ragged import Ints

Floats = NDArray[np.float64]
TAGS, SHOWN = 4, 5
"""Tags that a kind has, and how many an item shows."""


def draw_tastes(rng: Generator, users: int, kinds: int, count: int = 2) -> Floats:
    """Return float64 [users, kinds]: ``count`` that a user loves, the others left cold."""
    tastes = rng.uniform(0, 0.2, size=(users, kinds))
    loved = np.argsort(rng.random((users, kinds)), axis=1)[:, :count]
    np.put_along_axis(tastes, loved, rng.uniform(0.7, 1.0, size=(users, count)), axis=1)
    return tastes


def draw_liked(rng: Generator, scores: Floats, count: int, sharpness: float) -> Ints:
    """Return int64 [users, count], items that differ, drawn in turn with a chance of exp(sharpness * score)."""
    drawn = sharpness * scores + rng.gumbel(size=scores.shape)
    liked: Ints = np.argsort(-drawn, axis=1)[:, :count]
    return liked


def draw_tags(rng: Generator, kinds: Ints, of: int, name: str, *, own: float) -> list[str]:
    """Return for each item the tags that it shows, with ``|`` between them.

    Args:
        rng: draws them.
        kinds: int64 [items], the kind of each.
        of: how many kinds there are; each has ``TAGS`` of its own.
        name: what tags begin with.
        own: the chance that a tag is of the item's own kind, and not of any.
    """
    size = len(kinds), SHOWN
    shown = np.where(rng.random(size) < own, kinds[:, None], rng.integers(0, of, size))
    tags = shown * TAGS + rng.integers(0, TAGS, size)
    return ["|".join(f"{name}{tag:02}" for tag in listed) for listed in tags.tolist()]
