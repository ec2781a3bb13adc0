"""A made world of items with several frames, of which one shows what draws its users: for JIFR and its reproduction.

Styles are what frames can show. Each item has one style of its own, its heart, which one of its frames shows; the
others show fillers, styles that everybody has seen and nobody chooses by. Each item also has a genre, told by nothing
but who likes it. Users love some styles and some genres. What is seen counts for some items, the genre for others, so
whoever weighs both alike for all is wrong about most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphrec.ragged import Ints, Ragged

Floats = NDArray[np.float64]
_NOISE = 0.5


@dataclass(frozen=True)
class KeyFrameWorld:
    """What is in it, and what is hidden.

    Attributes:
        likes: of each user, items.
        frame_likes: of each user, frames of those items.
        frames: of each item.
        looks: float32 [frames, F], features.
        scores: float64 [users, items], the truth that likes were drawn by.
        draws: float64 [users, frames], how much each frame draws each user.
    """

    likes: Ragged
    frame_likes: Ragged
    frames: Ragged
    looks: NDArray[np.float32]
    scores: Floats
    draws: Floats


def make_key_frame_world(
    seed: int, *, users: int = 400, items: int = 300, styles: int = 8, genres: int = 8, per_user: int = 25
) -> KeyFrameWorld:
    """Draw a world.

    Args:
        seed: gives the whole world.
        users: how many.
        items: how many.
        styles: that hearts show; there are half as many fillers.
        genres: how many.
        per_user: likes of each user, the best of its scores after a draw; a frame of each is liked too.
    """
    rng = np.random.default_rng(seed)
    fillers, width = styles // 2, 4 * styles
    prototypes = rng.normal(size=(styles + fillers, width))
    prototypes[styles:] *= 1.5
    heart, genre = rng.integers(0, styles, items), rng.integers(0, genres, items)
    frames = _frames(rng, items)
    place = np.concatenate([rng.permutation(count) for count in frames.lengths])
    shown = rng.integers(styles, styles + fillers, len(frames.indices))
    shown[place == 0] = heart
    looks = prototypes[shown] + _NOISE * rng.normal(size=(len(shown), width))
    style_tastes, genre_tastes = _tastes(rng, users, styles), _tastes(rng, users, genres)
    seen_counts = np.where(rng.random(items) < 0.5, 0.85, 0.15)
    scores = seen_counts * style_tastes[:, heart] + (1 - seen_counts) * genre_tastes[:, genre]
    draws = np.concatenate([style_tastes, np.zeros((users, fillers))], 1)[:, shown]
    noisy = 6 * scores + rng.gumbel(size=scores.shape)
    best = np.sort(np.argsort(-noisy, axis=1)[:, :per_user], axis=1)
    likes = Ragged.from_sorted(np.repeat(np.arange(users), per_user), best.reshape(-1).astype(np.int64), users)
    return KeyFrameWorld(
        likes, _frame_likes(rng, likes, frames, draws), frames, looks.astype(np.float32), scores, draws
    )


def _frames(rng: np.random.Generator, items: int) -> Ragged:
    counts = rng.integers(3, 9, items)
    return Ragged(np.concatenate([[0], np.cumsum(counts)]), np.arange(counts.sum()))


def _tastes(rng: np.random.Generator, users: int, kinds: int) -> Floats:
    """Return float64 [users, kinds]: two that a user loves, the others left cold."""
    tastes = rng.uniform(0, 0.2, size=(users, kinds))
    loved = np.argsort(rng.random((users, kinds)), axis=1)[:, :2]
    np.put_along_axis(tastes, loved, rng.uniform(0.7, 1.0, size=(users, 2)), axis=1)
    return tastes


def _frame_likes(rng: np.random.Generator, likes: Ragged, frames: Ragged, draws: Floats) -> Ragged:
    """Return a frame of each liked item, mostly the one that draws the user most."""
    listed = frames.take(likes.indices)
    user = likes.rows[listed.rows]
    told = 8 * draws[user, listed.indices] + rng.gumbel(size=len(user))
    order = np.lexsort((-told, listed.rows))
    first = order[listed.indptr[:-1]]
    chosen: Ints = listed.indices[first]
    return Ragged.from_pairs(likes.rows, chosen, len(likes))
