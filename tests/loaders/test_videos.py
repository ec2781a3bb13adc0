"""Video files into the graph: what becomes of files, metadata and failures."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphrec.errors import ConfigError, DataError
from graphrec.features import FeatureStore
from graphrec.loaders.videos import VideoLoader, VideoOptions
from graphrec.loading.load import load
from graphrec.loading.report import LoadReport
from graphrec.media.journal import Journal
from graphrec.schema import label as schema_label
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.store_contract import stored_edges
from graphrec.testing.tiny_models import write_onnx
from graphrec.workspace import Workspace

Write = Callable[..., Path]


def _nodes(store: GraphStore, label: str) -> dict[str, dict[str, Any]]:
    names = [entry.name for entry in schema_label(label).properties]
    return {row["id"]: row for row in store.read_nodes(label, names).to_pylist()}


def _pairs(store: GraphStore, name: str, start: str, end: str) -> set[tuple[str, str]]:
    return set(stored_edges(store, name, start, end))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def store(workspace: Workspace) -> Iterator[GraphStore]:
    with closing(LadybugStore(workspace, write=True)) as store:
        yield store


@pytest.fixture
def loaded(store: GraphStore, workspace: Workspace) -> Callable[..., LoadReport]:
    def run(*paths: Path, **options: Any) -> LoadReport:
        return load(store, VideoLoader(), paths, VideoOptions(**options), workspace)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "clips"
    path.mkdir()
    return path


def test_a_folder_becomes_items_segments_and_frames(
    write_video: Write, loaded: Any, store: GraphStore, workspace: Workspace, folder: Path
) -> None:
    write_video("clips/a b.mp4", seconds=12)
    write_video("clips/c.webm", seconds=3, codec="libvpx")
    before = time.time() * 1000
    report = loaded(folder)
    assert (report.tallies["Item"].created, report.tallies["Segment"].created, report.failures) == (2, 3, [])
    items = _nodes(store, "Item")
    assert items["a b"]["duration_s"] == pytest.approx(12)
    assert (items["c"]["width"], items["c"]["height"], items["c"]["audio"]) == (128, 72, False)
    assert before - 1 <= items["c"]["added_at"] <= time.time() * 1000
    assert items["c"]["fps"] == pytest.approx(10, rel=0.01)
    assert {"a b#0", "a b#1", "c#0"} == set(_nodes(store, "Segment"))
    frames = _nodes(store, "Frame")
    pairs = _pairs(store, "HAS_FRAME", "Segment", "Frame")
    assert len(frames) == len(pairs) == 3
    for segment, frame in pairs:
        video, position = segment.split("#")
        assert frame.startswith(f"{video}@")
        assert int(position) == int(frames[frame]["time_s"] // 5)
        assert (workspace.root / frames[frame]["uri"]).read_bytes()[:2] == b"\xff\xd8"
    assert (workspace.root / items["c"]["thumbnail"]).is_file()
    features = FeatureStore(workspace.features)
    assert {name: features.info(name).label for name in features.names()} == {
        "descriptor": "Segment",
        "descriptor-frame": "Frame",
        "descriptor-item": "Item",
    }
    again = loaded(folder)
    assert all(tally.created == tally.updated == 0 for tally in again.tallies.values())


def test_files_stored_together_are_as_those_stored_one_by_one(
    write_video: Write, loaded: Any, store: GraphStore, folder: Path
) -> None:
    for number in range(3):
        write_video(f"clips/v{number}.mp4", seconds=6 + number)
    for number in range(3):
        loaded(folder / f"v{number}.mp4")
    again = loaded(folder)
    assert {
        name: tally.unchanged for name, tally in again.tallies.items() if tally.read != tally.unchanged
    } == {}
    assert again.tallies["Item"].unchanged == 3


def test_bad_files_are_told_and_the_others_go_on(
    write_video: Write, loaded: Any, workspace: Workspace, store: GraphStore, folder: Path
) -> None:
    write_video("clips/good.mp4", seconds=2)
    write_video("""clips/it's "quoted" 😀 .. .mp4""", seconds=2)
    (folder / "zero.mp4").touch()
    (folder / "text.mp4").write_text("no video")
    (folder / "sub").mkdir()
    (folder / "sub" / "again").symlink_to("..")
    shutil.copy(folder / "good.mp4", folder / "sub" / "good.mp4")
    shutil.copy(folder / "good.mp4", os.fsencode(folder) + b"/bad\xff.mp4")
    report = loaded(folder)
    reasons = {Path(failure.file).name: failure.reason for failure in report.failures}
    assert set(reasons) == {"zero.mp4", "text.mp4", "good.mp4", "bad\\udcff.mp4"}
    assert "already" in reasons["good.mp4"]
    assert "UTF-8" in reasons["bad\\udcff.mp4"]
    assert set(_nodes(store, "Item")) == {"good", """it's "quoted" 😀 .."""}
    states = {entry.path: bool(entry.reason) for entry in Journal(workspace.media).entries()}
    assert sum(states.values()) == 4
    assert len(states) == 6


def test_a_video_that_has_changed_is_told_and_what_is_stored_stays(
    write_video: Write, loaded: Any, store: GraphStore, folder: Path
) -> None:
    for number in range(3):
        write_video(f"clips/v{number}.mp4", seconds=12)
    loaded(folder)
    write_video("clips/v0.mp4", seconds=13)
    write_video("clips/v1.mp4", seconds=12, fps=20)
    write_video("clips/v3.mp4", seconds=5)
    for _ in range(2):
        report = loaded(folder)
        assert [Path(failure.file).name for failure in report.failures] == ["v0.mp4", "v1.mp4"]
        assert all("in the graph with another content" in failure.reason for failure in report.failures)
        found = {key: (row["duration_s"], row["fps"]) for key, row in _nodes(store, "Item").items()}
        expected = {f"v{number}": (12, 10) for number in range(3)} | {"v3": (5, 10)}
        assert found == {key: pytest.approx(value) for key, value in expected.items()}
        assert store.counts()["Segment"] == 7


def test_a_video_is_not_cut_in_two_ways(
    write_video: Write, loaded: Any, store: GraphStore, folder: Path
) -> None:
    write_video("clips/long.mp4", seconds=12)
    write_video("clips/short.mp4", seconds=4)
    loaded(folder)
    report = loaded(folder, segments="fixed:10")
    assert [Path(failure.file).name for failure in report.failures] == ["long.mp4"]
    assert "segments at other times" in report.failures[0].reason
    assert {row["end_s"] for row in _nodes(store, "Segment").values()} == {4, 5, 12}


def test_a_title_is_not_replaced_by_a_files_name(
    write_video: Write, loaded: Any, store: GraphStore, folder: Path
) -> None:
    path = write_video("clips/v1.mp4", seconds=2)
    sidecar = path.with_suffix(".json")
    sidecar.write_text('{"title": "The first"}')
    loaded(folder)
    sidecar.unlink()
    loaded(folder)
    assert _nodes(store, "Item")["v1"]["title"] == "The first"
    sidecar.write_text('{"title": "The second"}')
    loaded(folder)
    assert _nodes(store, "Item")["v1"]["title"] == "The second"


@pytest.mark.parametrize("trailer_first", [True, False])
def test_a_trailer_and_a_video_have_ids_of_their_own(
    write_video: Write, loaded: Any, store: GraphStore, tmp_path: Path, trailer_first: bool
) -> None:
    write_video("x.mp4", seconds=2)
    (tmp_path / "films").mkdir()
    write_video("films/x.mp4", seconds=6)
    listed = tmp_path / "list.csv"
    listed.write_text("file,trailer_of\nx.mp4,x\n")
    first, second = (listed, tmp_path / "films") if trailer_first else (tmp_path / "films", listed)
    loaded(first)
    (failure,) = loaded(write_video("good.mp4", seconds=1), second).failures
    assert "id of its own" in failure.reason


def test_other_weights_under_the_same_name_are_refused(
    write_video: Write, loaded: Any, workspace: Workspace, tmp_path: Path, folder: Path
) -> None:
    write_onnx(tmp_path / "tiny.onnx", [None, 16, 16, 3], 3)
    model = tmp_path / "tiny.toml"
    text = (
        'name = "tiny"\nmodel = "tiny.onnx"\nkind = "frames"\nlayout = "NHWC"\ndtype = "float32"\n'
        "width = 16\nheight = 16\n"
    )
    model.write_text(text)
    write_video("clips/a.mp4", seconds=2)
    loaded(folder, encoder=str(model))
    before, _ = FeatureStore(workspace.features).read("tiny", ["a#0"])
    model.write_text(text + "scale = 1.0\n")
    write_video("clips/b.mp4", seconds=2)
    with pytest.raises(DataError, match="feature 'tiny' was made by another version"):
        loaded(folder, encoder=str(model))
    np.testing.assert_array_equal(FeatureStore(workspace.features).read("tiny", ["a#0"])[0], before)


def test_nothing_but_bad_files_is_an_error(loaded: Any, folder: Path) -> None:
    (folder / "zero.mp4").touch()
    (folder / "text.mp4").write_text("no video")
    with pytest.raises(DataError, match=r"not a video.*\(and 1 more files\)"):
        loaded(folder)


def test_metadata_from_a_table_beside_the_files(
    write_video: Write, loaded: Any, store: GraphStore, folder: Path
) -> None:
    write_video("clips/a.mp4", seconds=2)
    write_video("clips/b.mp4", seconds=2)
    (folder / "metadata.csv").write_text(
        "file,id,title,genres,uploader,year,views\na.mp4,first,A film,Drama|War,ann,1999,7\n"
    )
    (folder / "b.json").write_text(json.dumps({"title": "B", "genres": ["War"], "uploader": "bob"}))
    loaded(folder)
    items = _nodes(store, "Item")
    assert (items["first"]["title"], items["first"]["uploader"], items["first"]["year"]) == (
        "A film",
        "ann",
        1999,
    )
    assert (items["b"]["title"], items["b"]["uploader"]) == ("B", "bob")
    genres = _pairs(store, "IN_GENRE", "Item", "Genre")
    assert genres == {("first", "Drama"), ("first", "War"), ("b", "War")}


def test_a_list_names_the_files(write_video: Write, loaded: Any, store: GraphStore, tmp_path: Path) -> None:
    write_video("a.mp4", seconds=2)
    write_video("b.mp4", seconds=2)
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps([{"file": "a.mp4", "id": 7, "title": "seven"}]))
    loaded(listed)
    assert [(key, row["title"]) for key, row in _nodes(store, "Item").items()] == [("7", "seven")]


def test_trailers_become_trailers_of_their_film(
    write_video: Write, loaded: Any, store: GraphStore, workspace: Workspace, tmp_path: Path
) -> None:
    write_video("t.mp4", seconds=2)
    listed = tmp_path / "list.csv"
    listed.write_text("file,trailer_of\nt.mp4,film\n")
    loaded(listed)
    assert list(_nodes(store, "Trailer")) == ["t"]
    assert _pairs(store, "HAS_TRAILER", "Item", "Trailer") == {("film", "t")}
    assert len(_pairs(store, "HAS_FRAME", "Trailer", "Frame")) == 1
    assert FeatureStore(workspace.features).info("descriptor-trailer").label == "Trailer"
    assert store.counts()["Segment"] == 0


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("list.csv", "name\na.mp4\n", "row 1 names no file"),
        ("list.csv", "file,year\na.mp4,long ago\n", r"row 1 \(a\.mp4\): year"),
        ("list.json", '{"file": 1}', "no JSON array"),
        ("list.json", "[", "cannot be read as JSON"),
    ],
)
def test_a_list_that_cannot_be_read_is_named(
    loaded: Any, tmp_path: Path, name: str, text: str, reason: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=rf"{name}.*{reason}"):
        loaded(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[1]", "no JSON object"), ('{"title": "\\ud83d"}', "no Unicode"), ('{"year": "unknown"}', "year")],
)
def test_a_broken_sidecar_costs_only_its_file(
    write_video: Write, loaded: Any, store: GraphStore, folder: Path, text: str, reason: str
) -> None:
    write_video("clips/a.mp4", seconds=2)
    write_video("clips/b.mp4", seconds=2)
    (folder / "a.json").write_text(text)
    (failure,) = loaded(folder).failures
    assert (Path(failure.file).name, reason in failure.reason) == ("a.mp4", True)
    assert list(_nodes(store, "Item")) == ["b"]


def test_metadata_elsewhere_are_found_by_any_spelling_of_the_path(
    write_video: Write, loaded: Any, store: GraphStore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_video("clips/a.mp4", seconds=2)
    told = folder.parent / "about" / "list.csv"
    told.parent.mkdir()
    told.write_text("file,title\n../clips/a.mp4,A\n../clips/gone.mp4,Gone\n")
    loaded(folder, metadata=told)
    assert _nodes(store, "Item")["a"]["title"] == "A"
    assert "1 of its rows are about other files" in caplog.text


def test_an_empty_and_a_missing_folder_are_named(loaded: Any, folder: Path) -> None:
    with pytest.raises(DataError, match="no video files there"):
        loaded(folder)
    with pytest.raises(DataError, match=r"nothing\.mp4: no such file"):
        loaded(folder / "nothing.mp4")


def test_settings_that_mean_nothing_are_told_first(loaded: Any, folder: Path) -> None:
    for options in ({"segments": "fix"}, {"frames": "often"}):
        with pytest.raises(ConfigError, match="is meant"):
            loaded(folder, **options)


def test_shots_as_segments(write_shots: Write, loaded: Any, store: GraphStore) -> None:
    loaded(write_shots(lengths=(30, 40, 25)), segments="shots", frames="per-shot")
    rows = sorted((row["start_s"], row["end_s"]) for row in _nodes(store, "Segment").values())
    np.testing.assert_allclose(rows, [(0, 1.2), (1.2, 2.8), (2.8, 3.8)], atol=1e-6)
    assert store.counts()["Frame"] == 3


def test_equal_parts_have_a_key_frame_each(write_video: Write, loaded: Any, store: GraphStore) -> None:
    for pick, times in (("first", [0.25, 1.75]), ("middle", [0.75, 2.25])):
        loaded(write_video(f"{pick}.mp4", seconds=3), segments="equal:2", pick=pick)
        rows = {key: row for key, row in _nodes(store, "Segment").items() if key.startswith(pick)}
        assert [rows[f"{pick}#{n}"]["end_s"] for n in range(2)] == pytest.approx([1.5, 3], abs=0.05)
        frames = sorted(row["time_s"] for key, row in _nodes(store, "Frame").items() if key.startswith(pick))
        assert frames == times


def test_real_films(loaded: Any, store: GraphStore, data_set: Callable[[str], Path]) -> None:
    report = loaded(data_set("videos"), segments="shots", frames="1/s")
    assert report.failures == []
    items = _nodes(store, "Item")
    assert {name: row["audio"] for name, row in items.items()} == dict.fromkeys(items, True)
    assert items["sintel_trailer_480p_52s"]["duration_s"] == pytest.approx(52.2, abs=0.1)
    assert len(items) == 4
