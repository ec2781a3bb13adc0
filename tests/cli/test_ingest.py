"""New files to recommended segments, by the commands that people type."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from graphrec.worlds.highlights import World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"), seed=1, videos=8, users=30, topics=3, segments=(3, 4))


@pytest.fixture(scope="module")
def trained(graphrec, world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
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
def new(world: World, tmp_path: Path) -> Path:
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


def test_new_videos_are_recommended_at_once(graphrec, workspace: Path, new: Path, world: World) -> None:
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


def test_states_follow_the_graph(graphrec, workspace: Path, new: Path, world: World) -> None:
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


def _until(answered: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not answered():
        assert time.monotonic() < end
        time.sleep(0.3)


def test_watch_goes_on_with_what_appears(graphrec, workspace: Path, new: Path, world: World) -> None:
    first, second = (new / f"{video}.mp4" for video in world.new_videos)
    late = second.rename(new.parent / second.name)
    command = [sys.executable, "-m", "graphrec", "ingest", str(new), "--watch", "-w", str(workspace)]
    log = new.parent / "log"
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as watching:
        try:
            _until(lambda: b"watching" in log.read_bytes())
            (new / "text.mp4").write_text("no video")
            _until(lambda: b"text.mp4: not a video" in log.read_bytes())
            with (new / late.name).open("wb") as growing:
                content = late.read_bytes()
                for start in range(0, len(content), len(content) // 4):
                    growing.write(content[start : start + len(content) // 4])
                    growing.flush()
                    time.sleep(0.7)
            _until(lambda: log.read_bytes().count(b"watching") == 3)
            watching.send_signal(signal.SIGINT)
            assert watching.wait(30) == 130
        finally:
            watching.kill()
    expected = {first.name: "embedded", second.name: "embedded", "text.mp4": "failed"}
    assert _states(graphrec, workspace, new) == expected
    assert f"{late.name}: an mp4" not in log.read_text()


def test_a_killed_run_is_finished_by_repeating_it(
    graphrec, workspace: Path, new: Path, long_video: Path
) -> None:
    shutil.copy(long_video, new / "a long one.mkv")
    command = [sys.executable, "-m", "graphrec", "ingest", str(new), "-w", str(workspace), "--workers", "1"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    described = workspace / "media" / "described"
    _until(lambda: any(described.iterdir()) and bool(list(described.parent.glob("journal.sqlite"))))
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    done = graphrec("ingest", new, "-w", workspace)
    assert done.code == 0, done.err
    assert set(_states(graphrec, workspace, new).values()) == {"embedded"}
