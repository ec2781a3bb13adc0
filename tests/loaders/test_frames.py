"""Still pictures of items that are loaded already."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.loaders.frames import Frames
from graphrec.loaders.videos import VideoLoader
from graphrec.loading.load import load
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.source_files import write_movies
from graphrec.testing.store_contract import stored_edges, stored_nodes
from graphrec.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def movies() -> MemoryStore:
    store = MemoryStore()
    write_movies(store)
    return store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    (made / "2" / "deeper").mkdir(parents=True)
    return made


def picture(path: Path, seed: int, size: tuple[int, int] = (400, 300)) -> Path:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size).save(path)
    return path


def test_pictures_are_frames_of_the_items_that_they_are_named_by(
    movies: MemoryStore, folder: Path, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "graphrec")
    for seed, name in enumerate(("1.jpg", "2/front.png", "2/back.webp", "nobody.jpg", "2/deeper/no.jpg")):
        picture(folder / name, seed)
    for name in ("list.csv", "2/words.txt", ".hidden"):
        (folder / name).write_text("no picture")
    (folder / "6.jpg").write_bytes((folder / "1.jpg").read_bytes()[:2000])
    told = list[tuple[str, int, int | None]]()

    def progress(name: str, rows: int, *, of: int | None = None) -> None:
        told.append((name, rows, of))

    report = load(movies, Frames(), [folder], Frames.Options(), workspace, progress=progress)
    assert set(stored_edges(movies, "HAS_FRAME", "Item", "Frame")) == {("1", "1:1"), ("2", "2:front"), ("2", "2:back")}
    assert movies.counts()["Item"] == 4
    frames = stored_nodes(movies, "Frame", "uri", "time_s")
    for uri, time_s in frames.values():
        with Image.open(workspace.root / uri) as kept:
            assert kept.size == (320, 240)
        assert time_s is None
    assert FeatureStore(workspace.features).info("descriptor-frame").rows == 3
    (failure,) = report.failures
    assert failure.file.endswith("6.jpg")
    assert "not a readable image" in failure.reason
    assert told.count(("files", 1, 4)) == 4
    assert [record.getMessage().split(": ", 1)[1] for record in caplog.records] == [
        "3 files are left out, which are no pictures: deeper, words.txt, list.csv",
        "1 pictures of items that are not in the graph are left out: nobody",
    ]


def test_what_keeps_moving_pictures_has_nothing_to_see(
    movies: MemoryStore, folder: Path, workspace: Workspace
) -> None:
    picture(folder / "1.jpg", 0)
    with pytest.raises(ConfigError, match="clip keeps what moves in a video, and a picture does not"):
        load(movies, Frames(), [folder], Frames.Options(encoder="clip"), workspace)
    assert "Frame" not in movies.counts() or not movies.counts()["Frame"]


def test_a_frame_stands_for_one_picture(movies: MemoryStore, folder: Path, workspace: Workspace) -> None:
    first, (again, other) = picture(folder / "1.jpg", 0), (folder.parent / name for name in ("again", "other"))
    for one in (again, other):
        one.mkdir()
    picture(again / "1.png", 1)
    picture(other / "2.png", 2)
    load(movies, Frames(), [folder], Frames.Options(), workspace)
    before = stored_nodes(movies, "Frame", "uri")
    with pytest.raises(DataError, match=r"again/1\.png: frame '1:1' is in the graph with another picture"):
        load(movies, Frames(), [again], Frames.Options(), workspace)
    assert stored_nodes(movies, "Frame", "uri") == before
    report = load(movies, Frames(), [folder, again, other, folder], Frames.Options(), workspace)
    assert [one.reason for one in report.failures] == [f"{again}/1.png: frame '1:1' is {first} already; rename it"]
    assert set(stored_nodes(movies, "Frame", "uri")) == {"1:1", "2:2"}


def test_what_has_no_picture_of_a_known_item_is_refused(
    movies: MemoryStore, folder: Path, workspace: Workspace
) -> None:
    with pytest.raises(DataError, match=r"pictures: no pictures there \(\.jpeg, \.jpg"):
        load(movies, Frames(), [folder], Frames.Options(), workspace)
    picture(folder / "nobody.jpg", 0)
    with pytest.raises(DataError, match=r"no picture is of an item that is in the graph.*'nobody'; load the items"):
        load(movies, Frames(), [folder], Frames.Options(), workspace)
    with pytest.raises(NotFoundError, match="descriptor"):
        load(movies, Frames(), [folder], Frames.Options(encoder="descripter"), workspace)


def test_a_picture_is_described_as_the_key_frame_that_it_is(
    movies: MemoryStore, folder: Path, workspace: Workspace
) -> None:
    pixels = np.asarray(Image.open(picture(folder / "1.png", 3, (160, 96))))
    clip = folder.parent / "still.avi"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("ffv1", rate=10, width=160, height=96, pix_fmt="bgr0")
        for tick in range(20):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    load(movies, VideoLoader(), [clip], VideoLoader.Options(workers=1), workspace)
    load(movies, Frames(), [folder], Frames.Options(), workspace)
    (moment,) = (key for key in stored_nodes(movies, "Frame", "uri") if key.startswith("still@"))
    of_video, of_picture = FeatureStore(workspace.features).read("descriptor-frame", [moment, "1:1"])[0]
    np.testing.assert_allclose(of_picture, of_video, atol=1e-3)


def test_a_picture_that_was_taken_upright_is_upright(
    movies: MemoryStore, folder: Path, workspace: Workspace
) -> None:
    upright = Image.open(picture(folder / "1.png", 4))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(folder / "2" / "turned.png", exif=exif)
    load(movies, Frames(), [folder], Frames.Options(), workspace)
    one, other = FeatureStore(workspace.features).read("descriptor-frame", ["1:1", "2:turned"])[0]
    np.testing.assert_array_equal(one, other)

