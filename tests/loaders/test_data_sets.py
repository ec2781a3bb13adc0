"""The loaders of known data sets: on small files made here, and on the real ones where they are."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphrec.errors import BadRows, DataError
from graphrec.features import FeatureStore
from graphrec.loaders.movielens import MovieLens
from graphrec.loaders.phd2 import Phd2
from graphrec.loaders.tiktok import TikTok
from graphrec.loading.load import load
from graphrec.loading.loader import Loader
from graphrec.loading.report import LoadReport
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.source_files import PHD2, write_movielens, write_tiktok
from graphrec.testing.store_contract import stored_edges, stored_nodes
from graphrec.workspace import Workspace

DataSet = Callable[[str], Path]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def database(workspace: Workspace) -> Iterator[GraphStore]:
    with closing(LadybugStore(workspace, write=True)) as store:
        yield store


def loaded(
    store: GraphStore, loader: Loader, path: Path, workspace: Workspace, **options: object
) -> LoadReport:
    return load(store, loader, [path], loader.Options(**options), workspace)


def twice(store: GraphStore, loader: Loader, path: Path, workspace: Workspace) -> dict[str, int]:
    """Load, load again, and return the counts; the second time must change nothing."""
    loaded(store, loader, path, workspace)
    counts = store.counts()
    versions = store.versions(list(counts))
    again = loaded(store, loader, path, workspace)
    assert all(tally.created == tally.updated == tally.rejected == 0 for tally in again.tallies.values())
    assert store.counts() == counts
    assert store.versions(list(counts)) == versions
    return {name: count for name, count in counts.items() if count}


# TikTok


@pytest.fixture
def tiktok(tmp_path: Path) -> Path:
    return write_tiktok(tmp_path / "tiktok")


def test_tiktok(tiktok: Path, workspace: Workspace) -> None:
    store = MemoryStore()
    assert twice(store, TikTok(), tiktok, workspace) == {"User": 3, "Item": 4, "LIKED": 5}
    likes = stored_edges(store, "LIKED", "User", "Item", "split")
    assert likes["1", "0"] == ("valid",)
    assert likes["2", "3"] == ("test",)
    assert FeatureStore(workspace.features).read("image", ["2"])[0].tolist() == [[0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("trnMat.npz", None, "trnMat.npz"),
        ("trnMat.npz", b"no zip", "not readable as .npz"),
        ("tstMat.npz", b"", "not readable as .npz"),
        ("image_feat.npy", b"no array", "not readable as .npy"),
    ],
)
def test_tiktok_files_that_cannot_be_read(
    tiktok: Path, workspace: Workspace, file: str, content: bytes | None, said: str
) -> None:
    if content is None:
        (tiktok / file).unlink()
    else:
        (tiktok / file).write_bytes(content)
    with pytest.raises(DataError, match=said):
        loaded(MemoryStore(), TikTok(), tiktok, workspace)


def test_tiktok_arrays_that_do_not_fit(tiktok: Path, workspace: Workspace) -> None:
    np.save(tiktok / "image_feat.npy", np.eye(5))
    with pytest.raises(DataError, match="5 rows for 4 videos"):
        loaded(MemoryStore(), TikTok(), tiktok, workspace)
    matrix = np.eye(4)
    matrix[2, 1] = np.nan
    np.save(tiktok / "image_feat.npy", matrix)
    with pytest.raises(DataError, match=r"vector of '2' \(row 2\) holds NaN"):
        loaded(MemoryStore(), TikTok(), tiktok, workspace)
    np.savez(tiktok / "valMat.npz", row=[0])
    with pytest.raises(DataError, match="no array named col"):
        loaded(MemoryStore(), TikTok(), tiktok, workspace)
    with pytest.raises(DataError, match="no such folder"):
        loaded(MemoryStore(), TikTok(), tiktok / "gone", workspace)


def test_tiktok_as_published(data_set: DataSet, database: GraphStore, workspace: Workspace) -> None:
    counts = twice(database, TikTok(), data_set("tiktok"), workspace)
    assert counts == {"User": 9308, "Item": 6710, "LIKED": 68_722}
    splits = database.read_relationships("LIKED", "User", "Item", ["split"]).properties["split"].to_pylist()
    assert {name: splits.count(name) for name in set(splits)} == {
        "train": 59_541,
        "valid": 3_051,
        "test": 6_130,
    }
    features = FeatureStore(workspace.features)
    for name, file in (("image", "image_feat.npy"), ("audio", "audio_feat.npy")):
        matrix = np.load(data_set("tiktok") / file).astype(np.float32)
        assert np.array_equal(features.read(name, ["6709", "0"])[0], matrix[[6709, 0]])


# MovieLens


@pytest.fixture
def movielens(tmp_path: Path) -> Path:
    return write_movielens(tmp_path / "ml")


def test_movielens(movielens: Path, workspace: Workspace) -> None:
    store = MemoryStore()
    assert twice(store, MovieLens(), movielens, workspace) == {
        "User": 2, "Item": 3, "Genre": 2, "Comment": 3, "RATED": 3, "WROTE": 3, "ON": 3, "IN_GENRE": 3,
    }  # fmt: skip
    assert stored_nodes(store, "Item", "kind", "title", "year", "imdb_id", "tmdb_id") == {
        "1": ("movie", "Toy Story", 1995, "0114709", "862"),
        "2": ("movie", "American President, The", 1995, "0112346", None),
        "3": ("movie", "Babylon 5", None, None, None),
    }
    rated = stored_edges(store, "RATED", "User", "Item", "rating", "at")
    assert rated["1", "1"] == (2.5, 1_260_759_144_000)
    comments = stored_nodes(store, "Comment", "text", "posted_at")
    assert sorted(comments.values()) == [  # type: ignore[type-var]
        ("'quoted'", 1_138_537_772_000), ("pixar", 1_138_537_770_000), ("pixar", 1_138_537_771_000),
    ]  # fmt: skip


def test_movielens_with_posters(movielens: Path, workspace: Workspace, tmp_path: Path) -> None:
    posters = tmp_path / "posters"
    posters.mkdir()
    for movie, size in (("1", (150, 224)), ("3", (900, 600)), ("unknown", (10, 10))):
        Image.new("RGB", size, "teal").save(posters / f"{movie}.png")
    store = MemoryStore()
    options = MovieLens.Options(posters=posters)
    for _ in range(2):
        load(store, MovieLens(), [movielens], options, workspace)
    shown = {movie: uri for movie, (uri,) in stored_nodes(store, "Item", "thumbnail").items()}
    assert shown["2"] is None
    assert set(shown) == {"1", "2", "3"}
    for movie, size in (("1", (150, 224)), ("3", (320, 213))):
        with Image.open(workspace.root / str(shown[movie])) as picture:
            assert (picture.format, picture.size) == ("JPEG", size)
    (posters / "2.jpg").write_text("no picture")
    with pytest.raises(DataError, match=r"2\.jpg"):
        load(store, MovieLens(), [movielens], options, workspace)


def test_movielens_without_tags_and_links(movielens: Path, workspace: Workspace) -> None:
    (movielens / "tags.csv").unlink()
    (movielens / "links.csv").unlink()
    store = MemoryStore()
    loaded(store, MovieLens(), movielens, workspace)
    assert store.counts()["Comment"] == 0


def test_movielens_with_bad_rows(movielens: Path, workspace: Workspace) -> None:
    with pytest.raises(DataError, match="no such folder"):
        loaded(MemoryStore(), MovieLens(), movielens / "gone", workspace)
    with (movielens / "ratings.csv").open("a") as file:
        file.write("3,1,good,1\n4,1,5,noon\n5,1\n")
    store = MemoryStore()
    with pytest.raises(BadRows, match=r"line 5: rating 'good'.*line 6: at 'noon'.*line 7: 2 columns"):
        loaded(store, MovieLens(), movielens, workspace)
    assert store.counts()["Item"] == 3
    report = load(store, MovieLens(), [movielens], MovieLens.Options(), workspace, on_bad_row="skip")
    assert (report.tallies["RATED"].created, report.tallies["RATED"].rejected) == (3, 3)


def test_movielens_with_ratings_outside_its_scale(movielens: Path, workspace: Workspace) -> None:
    with (movielens / "ratings.csv").open("a") as file:
        file.write("3,1,7.5,1\n3,2,4,1\n4,1,0,1\n4,2,5.0,1\n")
    store = MemoryStore()
    told = r"line 5: rating 7.5 is outside MovieLens' scale, 0.5 to 5; line 7: rating 0 is outside"
    with pytest.raises(BadRows, match=told):
        loaded(store, MovieLens(), movielens, workspace)
    report = load(store, MovieLens(), [movielens], MovieLens.Options(), workspace, on_bad_row="skip")
    assert (report.tallies["RATED"].created, report.tallies["RATED"].rejected) == (5, 2)
    assert report.rejects is not None
    (_, *rejected) = csv.reader(report.rejects.read_text(encoding="utf-8").splitlines())
    assert [row[1:3] + row[3:7] for row in rejected] == [
        [line, f"rating {rating} is outside MovieLens' scale, 0.5 to 5", user, "1", rating, "1"]
        for line, rating, user in (("5", "7.5", "3"), ("7", "0", "4"))
    ]


DAT = {
    "ratings.dat": "1::31::4::978300760\n1::32::4.5::978300761\n2::31::3::978300762\n",
    "movies.dat": "31::Ace: a story, \"quoted\" (1995)::Comedy|Drama\n32::Caf\u00e9 (1995)::Drama\n",
    "users.dat": "1::F::1::10::48067\n2::M::56::16::70072\n",
}
OLDEST = {
    "u.data": "1\t31\t4\t978300760\n1\t32\t4.5\t978300761\n2\t31\t3\t978300762\n",
    "u.genre": "unknown|0\nComedy|1\nDrama|2\n\n",
    "u.item": "31|Ace: a story, \"quoted\" (1995)|01-Jan-1995||http://x|0|1|1\n32|Caf\u00e9 (1995)||||0|0|1\n",
    "u.user": "1|24|M|technician|85711\n",
}


@pytest.mark.parametrize("files", [DAT, OLDEST], ids=["1M and 10M", "100K"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_movielens_of_the_early_editions(
    tmp_path: Path, workspace: Workspace, files: dict[str, str], encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    folder, store = tmp_path / "ml", MemoryStore()
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding=encoding)
    counts = twice(store, MovieLens(), folder, workspace)
    assert {name: counts[name] for name in ("User", "Item", "Genre", "RATED", "IN_GENRE")} == {
        "User": 2, "Item": 2, "Genre": 2, "RATED": 3, "IN_GENRE": 3,
    }  # fmt: skip
    assert stored_nodes(store, "Item", "title", "year") == {
        "31": ('Ace: a story, "quoted"', 1995), "32": ("Caf\u00e9", 1995),
    }  # fmt: skip
    assert stored_edges(store, "RATED", "User", "Item", "rating", "at")["1", "32"] == (4.5, 978_300_761_000)
    assert set(stored_edges(store, "IN_GENRE", "Item", "Genre")) == {
        ("31", "Comedy"), ("31", "Drama"), ("32", "Drama"),
    }  # fmt: skip
    assert "what it tells of users is not loaded" in caplog.text
    (folder / next(iter(files))).unlink()
    with pytest.raises(DataError, match=r"neither ratings\.csv nor ratings\.dat nor u\.data is there"):
        loaded(store, MovieLens(), folder, workspace)


def test_tags_of_ten_million_are_comments(tmp_path: Path, workspace: Workspace) -> None:
    folder, store = tmp_path / "ml", MemoryStore()
    folder.mkdir()
    for name, text in {**DAT, "tags.dat": '15::31::excellent!::1215184630\n15::32::"t: x::1215184631\n'}.items():
        (folder / name).write_text(text, encoding="utf-8")
    loaded(store, MovieLens(), folder, workspace)
    assert set(stored_nodes(store, "Comment", "text", "posted_at").values()) == {
        ("excellent!", 1_215_184_630_000), ('"t: x', 1_215_184_631_000),
    }  # fmt: skip


def test_movielens_1m_as_published(data_set: DataSet, database: GraphStore, workspace: Workspace) -> None:
    counts = twice(database, MovieLens(), data_set("ml-1m-part"), workspace)
    assert (counts["User"], counts["Genre"], counts["RATED"]) == (1135, 18, 103_934)


def test_movielens_as_published(data_set: DataSet, database: GraphStore, workspace: Workspace) -> None:
    counts = twice(database, MovieLens(), data_set("movielens-latest-small"), workspace)
    assert (counts["User"], counts["Item"], counts["RATED"], counts["Comment"]) == (671, 9125, 100_004, 1296)
    assert counts["WROTE"] == counts["ON"] == 1296


# PHD2

def test_phd2(tmp_path: Path, workspace: Workspace) -> None:
    path = tmp_path / "testing.csv"
    path.write_text(PHD2)
    store = MemoryStore()
    counts = twice(store, Phd2(), path, workspace)
    assert (counts["User"], counts["Item"], counts["Segment"]) == (2, 2, 5)
    segments = stored_nodes(store, "Segment", "start_s", "end_s", "position")
    assert segments["v1#2"] == (10.0, 13.0, 2)
    assert segments["v2#1"] == (5.0, 8.0, 1)
    liked = stored_edges(store, "HIGHLIGHTED", "User", "Segment", "split", "sequence")
    assert liked == {
        ("u1", "v1#1"): ("test", 2), ("u1", "v1#0"): ("train", 1), ("u1", "v2#0"): ("train", 0),
        ("u2", "v2#1"): ("train", 2),
    }  # fmt: skip
    matrix, present = FeatureStore(workspace.features).read("place", list(segments))
    assert matrix.shape == (5, 40)
    assert present.all()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("v1,x,5,u1,12,False", "line 8: start 'x' is not a number"),
        ("v1,5,5,u1", "line 8: 4 columns instead of 6"),
        ("v1,5,5,,12,False", "line 8: user_id is empty"),
        ("v1,5,inf,u1,12,False", "line 8: duration 'inf' is not a number"),
    ],
)
def test_phd2_with_bad_rows(tmp_path: Path, workspace: Workspace, row: str, said: str) -> None:
    path = tmp_path / "testing.csv"
    path.write_text(PHD2 + row + "\n")
    store = MemoryStore()
    with pytest.raises(DataError, match=said):
        loaded(store, Phd2(), path, workspace)
    assert not any(store.counts().values())


def test_phd2_without_its_bad_rows(tmp_path: Path, workspace: Workspace) -> None:
    header, *lines = PHD2.splitlines()
    bad = ["v1,x,5,u1,12,False", "v1,5,5,u1", "v9,0,5,u9,nan,True"]
    path = tmp_path / "testing.csv"
    path.write_text("\n".join([header, *bad, *lines]))
    store = MemoryStore()
    report = load(store, Phd2(), [path], Phd2.Options(), workspace, on_bad_row="skip")
    assert (report.tallies["HIGHLIGHTED"].created, report.tallies["HIGHLIGHTED"].rejected) == (4, 3)
    assert store.counts()["User"] == 2
    assert report.rejects is not None
    listed = report.rejects.read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in listed] == ["2", "3", "4"]
    path.write_text("\n".join([header, *bad]))
    nothing = load(MemoryStore(), Phd2(), [path], Phd2.Options(), workspace, on_bad_row="skip")
    assert (nothing.tallies["HIGHLIGHTED"].created, nothing.tallies["HIGHLIGHTED"].rejected) == (0, 3)


def test_phd2_as_a_folder(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "phd2"
    folder.mkdir()
    with pytest.raises(DataError, match=r"neither training\.csv nor testing\.csv"):
        loaded(MemoryStore(), Phd2(), folder, workspace)
    (folder / "testing.csv").write_text(PHD2)
    assert twice(MemoryStore(), Phd2(), folder, workspace)["HIGHLIGHTED"] == 4
    (folder / "training.csv").write_text(PHD2.replace("u1", "u3").replace("u2", "u4"))
    assert twice(MemoryStore(), Phd2(), folder, workspace)["HIGHLIGHTED"] == 8


@pytest.mark.slow
def test_phd2_as_published(data_set: DataSet, database: GraphStore, workspace: Workspace) -> None:
    counts = twice(database, Phd2(), data_set("phd2") / "testing.csv", workspace)
    # Of 850 users 8 have no highlight that survives the cleaning and covers half a segment.
    assert (counts["User"], counts["Item"], counts["Segment"]) == (842, 10_108, 669_146)
    assert counts["HAS_SEGMENT"] == counts["Segment"]
    liked = database.read_relationships("HIGHLIGHTED", "User", "Segment", ["split"])
    assert set(liked.properties["split"].to_pylist()) == {"train", "test"}
    assert FeatureStore(workspace.features).info("place").rows == counts["Segment"]
