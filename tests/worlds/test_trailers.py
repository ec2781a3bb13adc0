"""The made world of trailers: its truth, its films, and what they become in a graph."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.loaders.movielens import MovieLens
from graphrec.loaders.trailers import Trailers
from graphrec.loading.load import load
from graphrec.testing.memory_store import MemoryStore
from graphrec.workspace import Workspace
from graphrec.worlds.trailers import GENRES, LASTS_S, make_trailer_world, oracle_ap


def test_the_same_seed_gives_the_same_world(tmp_path: Path) -> None:
    one, same, other = (
        make_trailer_world(tmp_path / name, seed=seed, movies=4, users=5, per_user=3)
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    for path in sorted(one.folder.rglob("*.*")):
        assert path.read_bytes() == (same.folder / path.relative_to(one.folder)).read_bytes()
    assert (one.folder / "ratings.csv").read_bytes() != (other.folder / "ratings.csv").read_bytes()


def test_what_is_planted(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    world = make_trailer_world(
        tmp_path, seed=0, movies=30, users=40, per_user=20, progress=lambda done, of: seen.append((done, of))
    )
    assert seen[-1] == (30, 30)
    assert set(world.genres.sum(1).tolist()) == {1, 2}
    # What a movie is, is shown for two seconds at least; a guest for just two.
    assert (world.shown[world.genres] >= 2).all()
    assert set(world.shown[~world.genres].tolist()) == {0, 2}
    best = oracle_ap(tmp_path)
    assert best is not None
    assert 0.8 < best < 1, "guests mislead it"
    assert oracle_ap(tmp_path / "trailers") is None
    ratings = np.genfromtxt(tmp_path / "ratings.csv", delimiter=",", skip_header=1)
    assert len(ratings) == 40 * 20
    means = np.array([ratings[ratings[:, 1] == int(movie), 2].mean() for movie in world.movies])
    assert np.corrcoef(means, world.quality)[0, 1] > 0.8


def test_it_is_loaded_as_a_users_files_are(tmp_path: Path) -> None:
    world = make_trailer_world(tmp_path / "world", seed=3, movies=3, users=4, per_user=2)
    store, workspace = MemoryStore(), Workspace(tmp_path / "workspace")
    load(store, MovieLens(), [world.folder], MovieLens.Options(), workspace)
    report = load(store, Trailers(), [world.table], Trailers.Options(files=world.trailers), workspace)
    assert not report.failures
    counts = store.counts()
    assert (counts["Trailer"], counts["HAS_TRAILER"], counts["Frame"]) == (3, 3, 3 * LASTS_S)
    with (tmp_path / "world" / "movies.csv").open() as file:
        told = {row["movieId"]: set(row["genres"].split("|")) for row in csv.DictReader(file)}
    assert told == {
        movie: {GENRES[genre] for genre in np.flatnonzero(own)}
        for movie, own in zip(world.movies, world.genres, strict=True)
    }


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="the made world cannot be written"):
        make_trailer_world(tmp_path / "file", seed=0, movies=2, users=2, per_user=1)
