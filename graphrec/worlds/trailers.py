"""A made world of trailers whose genres and quality are planted: for the network of trailers and its reproduction.

A movie has one or two genres, and its trailer shows each in one to three of its scenes; most scenes are fillers that
say nothing, and now and then one is of a genre that the movie does not have. So a genre is told by a few frames,
and by how often it comes. Quality is told by the order of frames alone: trailers of good movies mostly stay with a
scene, those of bad ones cut to and fro between two, while what they show is drawn alike. Ratings follow quality and who
loves which genre. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphrec.ragged import Ints
from graphrec.worlds.films import still_looks, write_scenes
from graphrec.worlds.tables import into, write_table
from graphrec.worlds.tastes import Floats

GENRES = ("Action", "Comedy", "Drama", "Horror", "Musical", "Romance", "Thriller", "Western")
FILLERS = 4
LASTS_S = 32
"""How long a trailer lasts, about."""
GUEST = 0.3
"""The chance that a trailer shows a scene of a genre that its movie does not have."""
FPS = 2
SHOWN = "shown.csv"
"""In the world's folder: for how many seconds each trailer shows each genre, which no loader reads."""


@dataclass(frozen=True)
class TrailerWorld:
    """Where the world's files are, and what is hidden in them.

    Attributes:
        folder: as MovieLens has them: movies.csv and ratings.csv.
        table: CSV as ml-youtube.csv: youtubeId, movieId, title.
        trailers: folder of ``<youtubeId>.mp4``.
        movies: ids, in the order of what follows.
        genres: bool [movies, genres], those of ``GENRES`` that each has.
        shown: int64 [movies, genres], the seconds for which its trailer shows each.
        quality: float64 [movies], from 0 to 1.
    """

    folder: Path
    table: Path
    trailers: Path
    movies: list[str]
    genres: npt.NDArray[np.bool_]
    shown: Ints
    quality: Floats


def make_trailer_world(
    folder: Path,
    *,
    seed: int,
    movies: int = 200,
    users: int = 120,
    per_user: int = 25,
    progress: Callable[[int, int], None] | None = None,
) -> TrailerWorld:
    """Write the world's films and tables.

    Args:
        folder: made where it does not exist; a world that is in it is written anew.
        seed: gives the whole world; another seed, another world.
        movies: how many.
        users: how many.
        per_user: ratings of each user, of movies drawn evenly.
        progress: called with (films written, films in all) now and then.

    Raises ``DataError`` where the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    genres = np.zeros((movies, len(GENRES)), bool)
    order = rng.random((movies, len(GENRES))).argsort(1)
    genres[np.arange(movies), order[:, 0]] = True
    genres[np.arange(movies), order[:, 1]] = rng.random(movies) < 0.5
    quality = rng.random(movies)
    scenes = [_scenes(rng, own, good) for own, good in zip(genres, quality.tolist(), strict=True)]
    shown = np.zeros((movies, len(GENRES)), np.int64)
    for movie, listed in enumerate(scenes):
        for kind, lasts in listed:
            if kind < len(GENRES):
                shown[movie, kind] += lasts
    ids = [str(number + 1) for number in range(movies)]
    world = TrailerWorld(
        folder, folder / "ml-youtube.csv", folder / "trailers", ids, genres, shown, quality
    )
    rated = rng.random((users, movies)).argsort(1)[:, :per_user]
    loved = np.zeros((users, len(GENRES)))
    np.put_along_axis(loved, rng.random(loved.shape).argsort(1)[:, :2], 0.8, axis=1)
    told = 1.5 + 2.5 * quality + (loved @ genres.T) + 0.4 * rng.normal(size=(users, movies))
    with into(folder):
        _write(world, scenes, rated, told, seed, progress)
    return world


def oracle_ap(folder: Path) -> float | None:
    """Return the mean average precision, over genres, of who knows for how long a world's trailers show each.

    Over all movies of the world in ``folder``; None where that holds none.
    """
    # It takes a second to import, and every demo would.
    from sklearn.metrics import average_precision_score

    if not (folder / SHOWN).exists():
        return None
    shown = pd.read_csv(folder / SHOWN, dtype={"movieId": str}).set_index("movieId")
    movies = pd.read_csv(folder / "movies.csv", dtype=str).set_index("movieId")
    has = movies["genres"].str.get_dummies("|").reindex(index=shown.index, columns=shown.columns, fill_value=0)
    return float(average_precision_score(has.to_numpy(), shown.to_numpy(), average="macro"))


def _scenes(rng: np.random.Generator, genres: npt.NDArray[np.bool_], quality: float) -> list[tuple[int, int]]:
    """Return what each scene of a trailer shows, a genre or a filler, and for how many seconds."""
    kinds = [int(genre) for genre in np.flatnonzero(genres) for _ in range(rng.integers(1, 4))]
    if rng.random() < GUEST:
        kinds.append(int(rng.choice(np.flatnonzero(~genres))))
    # What is shown is drawn before how it is cut, so that how much of it there is tells nothing of quality.
    fillers = rng.integers(len(GENRES), len(GENRES) + FILLERS, LASTS_S // 2 - len(kinds))
    blocks = [*kinds, *fillers.tolist()]
    rng.shuffle(blocks)
    if quality > rng.random():
        return [(kind, 2) for kind in blocks]
    # A bad one cuts to and fro between two scenes.
    return [(kind, 1) for one, two in zip(blocks[::2], blocks[1::2], strict=False) for kind in (one, two, one, two)]


def _write(
    world: TrailerWorld,
    scenes: list[list[tuple[int, int]]],
    rated: Ints,
    told: Floats,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    looks = still_looks(len(GENRES) + FILLERS)
    world.trailers.mkdir(exist_ok=True)
    names = [f"film{int(movie):07}" for movie in world.movies]
    for number, (name, listed) in enumerate(zip(names, scenes, strict=True)):
        # A generator of its own for each film: how many others there are changes nothing.
        rng = np.random.default_rng([seed, number])
        write_scenes(world.trailers / f"{name}.mp4", [(looks[kind], lasts) for kind, lasts in listed], rng, fps=FPS)
        if progress is not None:
            progress(number + 1, len(names))
    titles = [f"Movie {movie} (2001)" for movie in world.movies]
    listed_genres = ["|".join(np.array(GENRES)[own]) for own in world.genres]
    movies = zip(world.movies, titles, listed_genres, strict=True)
    write_table(world.folder / "movies.csv", ("movieId", "title", "genres"), movies)
    ratings = (
        (user + 1, world.movies[movie], round(2 * float(np.clip(told[user, movie], 0.5, 5))) / 2, 1_000_000_000 + at)
        for user, own in enumerate(rated.tolist())
        for at, movie in enumerate(own)
    )
    write_table(world.folder / "ratings.csv", ("userId", "movieId", "rating", "timestamp"), ratings)
    hidden = ((movie, *seconds) for movie, seconds in zip(world.movies, world.shown.tolist(), strict=True))
    write_table(world.folder / SHOWN, ("movieId", *GENRES), hidden)
    write_table(world.table, ("youtubeId", "movieId", "title"), zip(names, world.movies, titles, strict=True))
