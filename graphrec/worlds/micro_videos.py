"""A made world of micro-videos with picture and sound: for the audio-visual network.

Each video is of three hidden kinds. One is seen alone: in which colour its pictures are painted. One is heard alone:
how high its sound is. One is both seen and heard: how bright its pictures are, and how loud its sound. A genre is one
that two of the three kinds, or all, speak for, so that each tells something of every genre and none tells it. Users
love kinds, and click on videos of these. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphrec.ragged import Ints
from graphrec.worlds.sounding import RATE, write_sounding
from graphrec.worlds.tables import into, write_table
from graphrec.worlds.tastes import Floats, draw_liked, draw_tastes

Mask = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
Wave = npt.NDArray[np.float32]

KINDS = 4
"""Of each sort."""
SORTS = ("seen", "heard", "both")
"""What is hidden: seen alone, heard alone, and seen and heard."""
GENRES = tuple(f"genre {letter}" for letter in "ABCDEFGH")
HIDDEN = "hidden.csv"
"""In the world's folder: the kinds of each video, which no loader reads."""

_LASTS_S, _FPS, _SIDE = 8, 8, 48
_HERTZ = (300.0, 800.0, 1900.0, 4200.0)
_FORCES = (0.25, 0.42, 0.68, 1.0)
"""How bright and loud a video is, beside the brightest and loudest."""
_SHARPNESS = 4.0


@dataclass(frozen=True)
class MicroVideoWorld:
    """Where the world's files are, and what is hidden in them.

    Attributes:
        videos: folder of ``<id>.mp4``, and metadata.csv with their genres.
        clicks: CSV of userId, movieId, rating, timestamp: 5 for a click, 1 for what was shown in vain.
        ids: of the videos, in the order of what follows.
        kinds: int64 [videos, 3], of ``SORTS``.
        genres: bool [videos, genres].
    """

    videos: Path
    clicks: Path
    ids: list[str]
    kinds: Ints
    genres: Mask


def make_micro_video_world(
    folder: Path,
    *,
    seed: int,
    videos: int = 400,
    users: int = 100,
    per_user: int = 20,
    progress: Callable[[int, int], None] | None = None,
) -> MicroVideoWorld:
    """Write the world's videos and tables.

    Args:
        folder: made where it does not exist; a world that is in it is written anew.
        seed: gives the whole world; another seed, another world.
        videos: how many.
        users: how many.
        per_user: how many videos each clicks on, and how many are shown to each in vain.
        progress: called with (videos written, videos in all) after each.

    Raises ``DataError`` where the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, KINDS, (videos, len(SORTS)))
    genres = _genres(rng, kinds)
    tastes = [draw_tastes(rng, users, KINDS, 1) for _ in SORTS]
    scores = np.sum([taste[:, kinds[:, sort]] for sort, taste in enumerate(tastes)], 0)
    clicked = draw_liked(rng, scores, per_user, _SHARPNESS)
    shown = draw_liked(rng, np.zeros_like(scores), per_user, 0)
    ids = [f"v{number:04d}" for number in range(videos)]
    world = MicroVideoWorld(folder / "videos", folder / "ratings.csv", ids, kinds, genres)
    with into(folder), into(world.videos):
        for number, (name, own) in enumerate(zip(ids, kinds, strict=True)):
            # A generator of its own for each video: how many others there are changes nothing.
            write_micro_video(world.videos / f"{name}.mp4", own, np.random.default_rng([seed, number]))
            if progress is not None:
                progress(number + 1, videos)
        _write_tables(world, clicked, shown)
    return world


def read_hidden(folder: Path) -> pd.DataFrame:
    """Return the kinds of the videos of the world in ``folder``, ``SORTS`` by id."""
    return pd.read_csv(folder / HIDDEN, dtype={"id": str}).set_index("id")


def write_micro_video(path: Path, kinds: Ints, rng: np.random.Generator) -> None:
    """Write a video of ``kinds``, int64 [3], of ``SORTS``; raises ``OSError`` where it cannot be written."""
    seen, heard, both = kinds.tolist()
    lit, loud = _FORCES[both] * rng.uniform(0.88, 1.13, 2)
    write_sounding(path, _pictures(seen, lit, rng), _wave(heard, loud, rng), fps=_FPS)


def _genres(rng: np.random.Generator, kinds: Ints) -> Mask:
    """Each genre is spoken for by half of the kinds of each sort; two sorts of three decide."""
    halves = rng.random((len(GENRES), len(SORTS), KINDS)).argsort(2) < KINDS // 2
    for_it = halves[:, np.arange(len(SORTS)), kinds].sum(2).T
    genres: Mask = for_it > len(SORTS) // 2
    return genres


def _pictures(seen: int, lit: float, rng: np.random.Generator) -> Pixels:
    """Stripes of some colours, which drift and flicker."""
    time = np.arange(_LASTS_S * _FPS)[:, None, None] / _FPS
    row, column = np.mgrid[:_SIDE, :_SIDE][:, None]
    turn = rng.uniform(0, np.pi)
    along = np.cos(turn) * column + np.sin(turn) * row + rng.uniform(-4, 4) * time
    stripes = 0.5 + 0.5 * np.sin(2 * np.pi * along / rng.uniform(12, 18) + rng.uniform(0, 6))
    dark, light = (level * _colour(rng, seen / KINDS) for level in (60, 170))
    painted = (dark + stripes[..., None] * (light - dark)) * lit * _flicker(time, rng)[..., None]
    painted += rng.normal(0, 6, (*stripes.shape, 1))
    found: Pixels = painted.clip(0, 255).astype(np.uint8)
    return found


def _wave(heard: int, loud: float, rng: np.random.Generator) -> Wave:
    """A tone with some others beside it, which trembles, in noise."""
    time = np.arange(_LASTS_S * RATE) / RATE
    pitch = _HERTZ[heard] * rng.uniform(0.85, 1.18)
    tone = sum(np.sin(2 * np.pi * pitch * by * time + rng.uniform(0, 6)) for by in (1, 1.25, 1.5)) / 3
    noise = rng.normal(0, 0.05 * loud, len(time))
    return (0.8 * loud * _flicker(time, rng) * tone + noise).clip(-1, 1).astype(np.float32)


def _colour(rng: np.random.Generator, hue: float) -> Floats:
    """Return a colour about ``hue``, in turns, whose channels have 1 for their mean, float64 [3]."""
    turns = hue + rng.normal(0, 0.03) - np.arange(3) / 3
    return 1 + rng.uniform(0.25, 0.5) * np.cos(2 * np.pi * turns)


def _flicker(time: Floats, rng: np.random.Generator) -> Floats:
    """Return how strong something is at each time, seconds, from 0.7 to 1, several times a second."""
    strength: Floats = 0.85 + 0.15 * np.sin(2 * np.pi * (rng.uniform(0.3, 1.5) * time + rng.random()))
    return strength


def _write_tables(world: MicroVideoWorld, clicked: Ints, shown: Ints) -> None:
    named = ["|".join(np.array(GENRES)[own]) for own in world.genres]
    rows = ((f"{name}.mp4", listed) for name, listed in zip(world.ids, named, strict=True))
    write_table(world.videos / "metadata.csv", ("file", "genres"), rows)
    ratings = []
    for user, (own, others) in enumerate(zip(clicked.tolist(), shown.tolist(), strict=True)):
        said = {**dict.fromkeys(others, 1), **dict.fromkeys(own, 5)}
        ratings += [
            (user + 1, world.ids[video], rating, 1_000_000_000 + at) for at, (video, rating) in enumerate(said.items())
        ]
    write_table(world.clicks, ("userId", "movieId", "rating", "timestamp"), ratings)
    hidden = ((name, *own) for name, own in zip(world.ids, world.kinds.tolist(), strict=True))
    write_table(world.videos.parent / HIDDEN, ("id", *SORTS), hidden)
