"""New files to recommended segments, by the commands that people type."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from graphrec.testing.command_line import begin
from graphrec.testing.limits import until
from graphrec.worlds.highlights import HighlightWorld, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> HighlightWorld:
    return make_world(tmp_path_factory.mktemp("world"), seed=1, videos=8, users=30, topics=3, segments=(3, 4))


@pytest.fixture(scope="module")
def trained(graphrec, world: HighlightWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run published, trained on all videos but the new ones."""
    folder = tmp_path_factory.mktemp("trained")
    old, workspace = folder / "old", folder / "w"
    old.mkdir()
    for path in world.videos.iterdir():
        if path.stem not in world.new_videos:
            shutil.copy(path, old)
    for command in (
        ("load", "videos", old),
        ("load", "highlights", world.highlights),
        ("train", "--model", "transgrec", "--set", "epochs=3", "--set", "dimension=16"),
    ):
        done = graphrec(*command, "-w", workspace)
        assert done.code == 0, done.err
    return workspace


@pytest.fixture
def workspace(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "w")


@pytest.fixture
def new(world: HighlightWorld, tmp_path: Path) -> Path:
    """A folder with the new videos."""
    folder = tmp_path / "new"
    folder.mkdir()
    for video in world.new_videos:
        shutil.copy(world.videos / f"{video}.mp4", folder)
    return folder


def _states(graphrec, workspace: Path, path: Path) -> dict[str, str]:
    found = graphrec("ingest", path, "--status", "-w", workspace, "--json")
    assert found.code == 0, found.err
    return {Path(entry["file"]).name: entry["state"] for entry in found.json}


def test_new_videos_are_recommended_at_once(graphrec, workspace: Path, new: Path, world: HighlightWorld) -> None:
    (new / "broken.mp4").write_text("no video")
    done = graphrec("ingest", new, "-w", workspace, "--json")
    assert done.code == 0, done.err
    assert done.json["loaded"]["Item"]["created"] == len(world.new_videos)
    assert [Path(failure["file"]).name for failure in done.json["failures"]] == ["broken.mp4"]
    embedded = done.json["embedded"]
    assert embedded["label"] == "Segment"
    assert embedded["embedded"] == done.json["loaded"]["Segment"]["created"]
    assert {one["label"]: one["embedded"] > 0 for one in embedded["siblings"]} == {
        "Frame": True,
        "Item": True,
    }
    users = [line.split(",")[0] for line in world.highlights.read_text().splitlines()[1:]]
    found = graphrec("recommend", users[0], "--new-only", "-w", workspace, "--json")
    assert {item["video"] for item in found.json["items"]} == set(world.new_videos)
    wanted = graphrec("audience", world.new_videos[0], "-w", workspace, "--json")
    assert wanted.code == 0, wanted.err
    expected = {f"{video}.mp4": "embedded" for video in world.new_videos} | {"broken.mp4": "failed"}
    assert _states(graphrec, workspace, new) == expected


def test_states_follow_the_graph(graphrec, workspace: Path, new: Path, world: HighlightWorld) -> None:
    assert graphrec("load", "videos", new, "-w", workspace).code == 0
    assert set(_states(graphrec, workspace, new).values()) == {"loaded"}
    assert graphrec("embed", "-w", workspace).code == 0
    assert set(_states(graphrec, workspace, new).values()) == {"embedded"}
    (workspace / "graph.lbug").unlink()
    assert graphrec("init", "-w", workspace).code == 0
    assert set(_states(graphrec, workspace, new).values()) == {"described"}
    assert graphrec("ingest", new, "-w", workspace).code == 0
    assert set(_states(graphrec, workspace, new).values()) == {"loaded"}


def test_without_a_run_it_says_what_is_missing(graphrec, tmp_path: Path, new: Path) -> None:
    done = graphrec("ingest", new, "-w", tmp_path / "fresh")
    assert done.code == 0
    assert "no run is published yet" in done.out


def test_other_features_than_the_run_was_trained_on_are_told(graphrec, tmp_path: Path, new: Path) -> None:
    done = graphrec("ingest", new, "--encoder", "descripter", "-w", tmp_path / "fresh")
    assert done.code == 1
    assert "did you mean 'descriptor'" in done.err


SLOWLY = """
import time
from pathlib import Path
from types import SimpleNamespace

import graphrec.loaders.watching as watching

late, coming, content = Path({late!r}), Path({coming!r}), None

def sleep(_):
    time.sleep(0.1)
    global content
    if content is None and late.exists():
        content = late.read_bytes()
    if content:
        with coming.open("ab") as file:
            file.write(content[:size])
        content = content[size:]

size = {size}
watching.time = SimpleNamespace(sleep=sleep)
"""
"""Between each two looks of a watch some more of a file comes."""


def test_watch_goes_on_with_what_appears(graphrec, workspace: Path, new: Path, world: HighlightWorld) -> None:
    first, second = (new / f"{video}.mp4" for video in world.new_videos)
    content = second.read_bytes()
    second.unlink()
    late = new.parent / "late"
    slowly = SLOWLY.format(late=str(late), coming=str(second), size=len(content) // 4 + 1)
    with begin("ingest", new, "--watch", "-w", workspace, before=slowly) as watching:

        def said() -> str:
            return watching.out.read_text() + watching.err.read_text()

        until(lambda: "watching" in said(), watching)
        (new / "text.mp4").write_text("no video")
        until(lambda: "text.mp4: not a video" in said(), watching)
        late.with_suffix(".part").write_bytes(content)
        late.with_suffix(".part").rename(late)
        until(lambda: said().count("watching") == 3, watching)
        watching.send_signal(signal.SIGINT)
        assert watching.end().code == 130
        assert f"{second.name}: " not in said(), "it was read when it was whole"
    assert second.read_bytes() == content
    expected = {first.name: "embedded", second.name: "embedded", "text.mp4": "failed"}
    assert _states(graphrec, workspace, new) == expected


def test_a_killed_run_is_finished_by_repeating_it(
    graphrec, workspace: Path, new: Path, long_video: Path
) -> None:
    shutil.copy(long_video, new / "a long one.mkv")
    described = set((workspace / "media" / "described").iterdir())
    with begin("ingest", new, "-w", workspace, "--workers", "1") as running:
        until(lambda: set((workspace / "media" / "described").glob("*.npz")) - described, running)
        running.send_signal(signal.SIGKILL)
        assert running.end().code == -signal.SIGKILL
    assert set(_states(graphrec, workspace, new).values()) != {"embedded"}
    done = graphrec("ingest", new, "-w", workspace)
    assert done.code == 0, done.err
    assert set(_states(graphrec, workspace, new).values()) == {"embedded"}
