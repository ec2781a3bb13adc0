"""Trailers of movies that are loaded already."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphrec.errors import DataError
from graphrec.features import FeatureStore
from graphrec.loaders.movielens import MovieLens
from graphrec.loaders.trailers import Trailers
from graphrec.loading.load import load
from graphrec.loading.resolve.trailers import likeness
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.source_files import write_movies
from graphrec.testing.store_contract import stored_edges, stored_nodes
from graphrec.workspace import Workspace
from graphrec.worlds.films import draw_looks, write_video

HEADER = "youtubeId,movieId,title\n"
TOY, JUMANJI, HEAT = "K26_sDKnvMU", "3LPANjHlPxo", "-2GfZl4vuvU"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def movies() -> MemoryStore:
    store = MemoryStore()
    write_movies(store)
    return store


def table(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "ml-youtube.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_what_is_no_trailer_of_a_known_movie_is_left_out(
    movies: MemoryStore, tmp_path: Path, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "graphrec")
    path = table(
        tmp_path,
        f"{TOY},1,Toy Story (1995)",
        "#NAME?,2,Jumanji (1995)",
        f"{JUMANJI},2,Jumanji Part 2 of 9",
        "AAAAAAAAAAA,2,Jumanji full movie",
        "BBBBBBBBBBB,2,Jumanji (1995)",
        "CCCCCCCCCCC,999,Another (1995)",
        f"{HEAT},6,Heat (1995)",
    )
    dead = tmp_path / "availability.csv"
    dead.write_text(f"youtube_id,movielens_id,title,status_code\nBBBBBBBBBBB,2,x,404\n{TOY},1,x,200\n")
    options = Trailers.Options(availability=dead)
    load(movies, Trailers(), [path], options, workspace)
    assert set(stored_edges(movies, "HAS_TRAILER", "Item", "Trailer")) == {("1", TOY), ("6", HEAT)}
    address = f"https://www.youtube.com/watch?v={HEAT}"
    assert stored_nodes(movies, "Trailer", "uri", "duration_s")[HEAT] == (address, None)
    assert movies.counts()["Item"] == 4
    told = [record.getMessage().split(": ", 1)[1] for record in caplog.records]
    assert told == [
        "1 rows without an id of YouTube's are left out",
        "2 titles are not those of trailers and are left out",
        "1 dead links are left out",
        "1 trailers of movies that are not in the graph are left out",
    ]
    again = load(movies, Trailers(), [path], options, workspace)
    assert all(tally.created == tally.updated == 0 for tally in again.tallies.values())


def test_parquet_has_its_own_order_and_types(
    movies: MemoryStore, tmp_path: Path, workspace: Workspace
) -> None:
    path, dead = tmp_path / "100% trailers.parquet", tmp_path / "dead.parquet"
    rows = {"movieId": [1, 2], "title": ["Toy Story", "Jumanji"], "youtubeId": [TOY, JUMANJI]}
    pq.write_table(pa.table(rows), path)
    pq.write_table(pa.table({"youtube_id": [JUMANJI, TOY], "status_code": [404, 200]}), dead)
    load(movies, Trailers(), [path], Trailers.Options(availability=dead), workspace)
    assert set(stored_edges(movies, "HAS_TRAILER", "Item", "Trailer")) == {("1", TOY)}


def test_columns_that_are_not_read_are_said(
    movies: MemoryStore, tmp_path: Path, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ml-youtube.csv"
    path.write_text(f"youtubeId,movieId,title,views,likes\n{TOY},1,Toy Story,9,1\n", encoding="utf-8")
    load(movies, Trailers(), [path], Trailers.Options(), workspace)
    assert "likes, views are not read; `graphrec load table FILE --nodes Trailer:youtubeId" in caplog.text


def test_doubts_are_told_and_loaded(
    movies: MemoryStore, tmp_path: Path, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    path = table(
        tmp_path,
        f"{TOY},1,Toy Storry - Official Trailer (1996)",
        f"{JUMANJI},2,Something else (1995)",
        f"{JUMANJI},6,Heat (1995)",
        f"{HEAT},6,Heat (1972)",
        'DDDDDDDDDDD,11,"The American President (1995)"',
    )
    load(movies, Trailers(), [path], Trailers.Options(), workspace)
    assert movies.counts()["HAS_TRAILER"] == 5
    assert [record.getMessage().split(": ", 1)[1] for record in caplog.records] == [
        "trailer 3LPANjHlPxo is called 'Something else (1995)', its item 2 'Jumanji'",
        "trailer 3LPANjHlPxo is named for item 6, and for 2",
        "trailer -2GfZl4vuvU is of 1972, its item 6 of 1995",
    ]


def film(path: Path, segments: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    write_video(path, draw_looks(rng, segments), rng)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def test_files_give_frames_and_what_cannot_be_used_is_told_one_by_one(
    movies: MemoryStore, tmp_path: Path, folder: Path, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    film(folder / f"{TOY}.mp4", 1, 0)
    film(folder / f"{HEAT}.mp4", 3, 1)
    shutil.copy(folder / f"{TOY}.mp4", folder / "FFFFFFFFFFF.mp4")
    (folder / f"{JUMANJI}.mp4").write_text("no video")
    film(folder / "ZZZZZZZZZZZ.mp4", 1, 2)
    path = table(
        tmp_path, f"{TOY},1,Toy Story", f"{JUMANJI},2,Jumanji", f"{HEAT},6,Heat", "EEEEEEEEEEE,6,Heat",
        "FFFFFFFFFFF,11,The American President",
    )  # fmt: skip
    dead = tmp_path / "availability.csv"
    dead.write_text(f"youtube_id,movielens_id,title,status_code\n{TOY},1,x,404\n")
    # Seven seconds.
    options = Trailers.Options(files=folder, max_minutes=7 / 60, availability=dead)
    report = load(movies, Trailers(), [path], options, workspace)
    assert stored_nodes(movies, "Trailer", "uri", "duration_s") == {
        TOY: (str(folder / f"{TOY}.mp4"), 5.0),
        "EEEEEEEEEEE": ("https://www.youtube.com/watch?v=EEEEEEEEEEE", None),
    }
    assert set(stored_edges(movies, "HAS_TRAILER", "Item", "Trailer")) == {("1", TOY), ("6", "EEEEEEEEEEE")}
    frames = stored_nodes(movies, "Frame", "time_s")
    assert frames == {f"{TOY}@{500 + 1000 * second}": (0.5 + second,) for second in range(5)}
    assert set(stored_edges(movies, "HAS_FRAME", "Trailer", "Frame")) == {(TOY, frame) for frame in frames}
    features = FeatureStore(workspace.features)
    assert features.read("descriptor-frame", [*frames])[1].all()
    assert features.read("descriptor-trailer", [TOY])[1].all()
    reasons = sorted(one.reason.removeprefix(f"{folder}/") for one in report.failures)
    assert [one[:40] for one in reasons] == [
        "-2GfZl4vuvU.mp4: lasts 0.2 minutes, and ",
        "3LPANjHlPxo.mp4: not a video, or too dam",
        f"FFFFFFFFFFF.mp4: the same film as {folder}"[:40],
        "ZZZZZZZZZZZ.mp4: no row has its name for",
    ]
    assert "trailer of item 1" in reasons[2]
    again = load(movies, Trailers(), [path], options, workspace)
    assert all(tally.created == tally.updated == 0 for tally in again.tallies.values())


def test_a_folder_is_matched_by_title_and_year(
    movies: MemoryStore, folder: Path, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("Toy Story (1995) - Official Trailer", "Heat (1996)", "Alien (1979)", "Jumanji Part 2 of 9")
    for seed, name in enumerate(names):
        film(folder / f"{name}.mp4", 1, seed)
    report = load(movies, Trailers(), [folder], Trailers.Options(frames="keyframes"), workspace)
    assert set(stored_edges(movies, "HAS_TRAILER", "Item", "Trailer")) == {("1", names[0]), ("6", names[1])}
    assert "Heat (1996).mp4: taken for the trailer of item 6, though it is of 1995" in caplog.text
    assert sorted(one.reason.partition(": ")[2] for one in report.failures) == [
        "its name is not that of a trailer",
        "no movie in the graph is called so; name it by its YouTube id, or Title (Year)",
    ]


def test_the_same_film_is_that_which_an_id_names_and_once_in_the_graph(
    movies: MemoryStore, tmp_path: Path, folder: Path, workspace: Workspace
) -> None:
    load(movies, Trailers(), [table(tmp_path, f"{TOY},1,Toy Story")], Trailers.Options(), workspace)
    film(folder / "Heat (1995).mp4", 1, 0)
    shutil.copy(folder / "Heat (1995).mp4", folder / f"{TOY}.mp4")
    report = load(movies, Trailers(), [folder], Trailers.Options(), workspace)
    assert set(stored_edges(movies, "HAS_TRAILER", "Item", "Trailer")) == {("1", TOY)}
    [left_out] = report.failures
    assert left_out.reason == (
        f"{folder}/Heat (1995).mp4: the same film as {folder}/{TOY}.mp4, the trailer of item 1"
    )
    (folder / f"{TOY}.mp4").unlink()
    with pytest.raises(DataError, match=rf"Heat \(1995\)\.mp4: the same film as trailer {TOY} of the graph"):
        load(movies, Trailers(), [folder], Trailers.Options(), workspace)
    assert set(stored_edges(movies, "HAS_TRAILER", "Item", "Trailer")) == {("1", TOY)}


def test_a_folder_without_any_movie_of_the_graph(movies: MemoryStore, folder: Path, workspace: Workspace) -> None:
    film(folder / "Alien (1979).mp4", 1, 0)
    with pytest.raises(DataError, match="none of its files is named for a movie that is in the graph"):
        load(movies, Trailers(), [folder], Trailers.Options(), workspace)


def test_an_end_card_is_cut_off_and_said(
    movies: MemoryStore,
    folder: Path,
    workspace: Workspace,
    caplog: pytest.LogCaptureFixture,
    write_video: Callable[..., Path],
) -> None:
    caplog.set_level("INFO", "graphrec")
    path = write_video(seconds=6, still_s=4).rename(folder / "Toy Story (1995).mp4")
    load(movies, Trailers(), [folder], Trailers.Options(), workspace)
    assert f"{path}: its end card, from second 6 on, is cut off" in caplog.text
    seconds = [time for (time,) in stored_nodes(movies, "Frame", "time_s").values()]
    assert sorted(seconds) == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert stored_nodes(movies, "Trailer", "duration_s") == {"Toy Story (1995)": (10.0,)}


def test_movies_come_first(tmp_path: Path, workspace: Workspace) -> None:
    path = table(tmp_path, f"{TOY},1,Toy Story (1995)")
    with pytest.raises(DataError, match="none of its movies is in the graph; load those first"):
        load(MemoryStore(), Trailers(), [path], Trailers.Options(), workspace)


def test_a_file_of_unknown_movies_costs_no_file_before_it(tmp_path: Path, workspace: Workspace) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    known = table(tmp_path / "one", f"{TOY},1,Toy Story (1995)")
    unknown = table(tmp_path / "two", f"{HEAT},999,Another (1995)")
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("Item", pa.table({"id": ["1"], "title": ["Toy Story"]}))
        with pytest.raises(DataError, match="none of its movies is in the graph"):
            load(store, Trailers(), [known, unknown], Trailers.Options(), workspace)
        assert set(stored_edges(store, "HAS_TRAILER", "Item", "Trailer")) == {("1", TOY)}


@pytest.mark.parametrize(
    ("title", "of", "alike"),
    [
        ("Toy Story (1995)", "Toy Story", True),
        ("HEAT - Trailer HD", "Heat", True),
        ("The Godfather", "Godfather, The", True),
        ("Tokyo Storry", "Tokyo Story", True),
        ("Jumanji", "Heat", False),
        ("The Land", "The Sea of Ice", False),
    ],
)
def test_likeness(title: str, of: str, alike: bool) -> None:
    assert (likeness(title, of) >= 0.75) is alike


def test_the_real_table(
    data_set: Callable[[str], Path], workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "graphrec")
    folder, store = data_set("trailers"), MemoryStore()
    load(store, MovieLens(), [data_set("movielens-latest-small")], MovieLens.Options(), workspace)
    options = Trailers.Options(availability=folder / "youtube_availability.csv")
    load(store, Trailers(), [folder / "ml-youtube.csv"], options, workspace)
    counts = store.counts()
    assert (counts["Item"], counts["Trailer"], counts["HAS_TRAILER"]) == (9125, 6932, 6937)
    for told in (": 275 rows without", ": 6434 dead links", ": 11977 trailers of movies that are not"):
        assert told in caplog.text
    # The table really has GoldenEye's trailer wrong.
    assert "is called 'Sudden Death (1995)', its item 10 'GoldenEye'" in caplog.text
