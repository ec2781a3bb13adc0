"""What may go of a workspace, and what never does."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from graphrec.api.prune import OLD_REJECTS_S, prunable, remove
from graphrec.errors import ConfigError
from graphrec.media.journal import Journal
from graphrec.workspace import Workspace

DAY = 86400.0


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Six runs, of which ``pub`` is published, and one of everything that may go."""
    folder = Workspace(tmp_path / "w")
    for n, (name, snapshot, finished) in enumerate(
        [("pub", "s-pub", True), ("old", "s-old", True), ("studied", "s-new", True), ("gone", "no", True),
         ("half", "s-half", False), ("new", "s-new", True)]
    ):  # fmt: skip
        told = {"model": "gone" if name == "gone" else "m", "snapshot": snapshot, "started": f"{n}"}
        _write(folder.runs / name / "manifest.json", json.dumps(told | ({"test": {}} if finished else {})))
        if snapshot != "no":
            _write(folder.snapshots / snapshot / "meta.json", "{}")
    (folder.runs / "begun").mkdir()
    _write(folder.root / "studies" / "s" / "study.json", '{"runs": ["studied"]}')
    for name in ("s-old", "s-new"):
        _write(folder.snapshots / "known" / f"{name}.json", json.dumps({"fingerprint": name}))
    _write(folder.snapshots / "copies" / "c-1" / "edges.arrow", "xyz")
    _write(folder.snapshots / ".0a1b2c3d" / "ids" / ".User.arrow.0a1b2c3d", "half")
    _write(folder.features / "looks" / ".meta.json.0a1b2c3d", "half")
    _write(folder.features / "looks" / "meta.json", "{}")
    _write(folder.maps / "m.npy", "x")
    _write(folder.root / "film.mp4", "film")
    journal = Journal(folder.media)
    journal.described(folder.root / "film.mp4", 1, 1, "here", "film")
    journal.described(folder.root / "gone.mp4", 1, 1, "gone", "gone")
    for digest in ("here", "gone", "nobodys"):
        _write(folder.media / "described" / f"{digest}-1.npz", "x")
    for name in ("new.csv", "old.csv"):
        _write(folder.root / "rejects" / name, "x")
    for path in folder.root.rglob("*"):
        _touch(path, time.time() - 2 * DAY)
    _touch(folder.root / "rejects" / "old.csv", time.time() - OLD_REJECTS_S - DAY)
    return folder


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _touch(path: Path, when: float) -> None:
    os.utime(path, (when, when))


GOES = {
    "runs/old", "runs/half", "runs/gone", "runs/begun", "snapshots/s-old", "snapshots/s-half",
    "snapshots/known/s-old.json",
    "snapshots/copies/c-1", "snapshots/.0a1b2c3d", "features/looks/.meta.json.0a1b2c3d", "maps/m.npy",
    "media/described/gone-1.npz", "rejects/old.csv",
}  # fmt: skip


def paths(workspace: Workspace, keep: int = 1) -> set[str]:
    return {str(one.path.relative_to(workspace.root)) for one in prunable(workspace, {"pub"}, keep)}


def test_only_what_nobody_needs_goes(workspace: Workspace) -> None:
    before = {path for path in workspace.root.rglob("*") if path.is_file()}
    assert paths(workspace) == GOES
    remove(prunable(workspace, {"pub"}))
    after = {path for path in workspace.root.rglob("*") if path.is_file()}
    gone = {str(path.relative_to(workspace.root)) for path in before - after}
    assert all(any(path == one or path.startswith(f"{one}/") for one in GOES) for path in gone)
    assert paths(workspace) == set()


def test_bytes_are_those_of_the_files(workspace: Workspace) -> None:
    sizes = {one.kind: one.bytes for one in prunable(workspace, {"pub"})}
    assert (sizes["copy"], sizes["map"]) == (3, 1)


def test_more_of_each_model_stay(workspace: Workspace) -> None:
    assert "runs/old" in paths(workspace, keep=2)
    assert "runs/old" not in paths(workspace, keep=3)
    with pytest.raises(ConfigError, match="at least 1"):
        paths(workspace, keep=0)


def test_what_may_be_in_the_making_is_left_alone(workspace: Workspace) -> None:
    for name in ("runs/half/manifest.json", "runs/begun", "snapshots/s-old", "snapshots/.0a1b2c3d"):
        _touch(workspace.root / name, time.time())
    left = {"runs/half", "runs/begun", "snapshots/s-old", "snapshots/.0a1b2c3d", "snapshots/s-half"}
    assert paths(workspace) == GOES - left - {"snapshots/known/s-old.json"}
