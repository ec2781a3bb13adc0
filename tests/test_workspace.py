"""Who holds a workspace, and files that are whole or absent."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from graphrec.errors import DataError, StoreBusy, StoreError
from graphrec.files import read_json, replacing, replacing_folder, write_json
from graphrec.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_readers_share(workspace: Workspace) -> None:
    refused = pytest.raises(StoreBusy, match=f"used by process {os.getpid()} ")
    with workspace.hold(write=False), workspace.hold(write=False), refused, workspace.hold(write=True):
        pass
    with workspace.hold(write=True):
        pass


def test_a_writer_is_alone(workspace: Workspace) -> None:
    with workspace.hold(write=True):
        for write in (True, False):
            with (
                pytest.raises(StoreBusy, match=rf"process {os.getpid()} \(since [\d:]+\)") as busy,
                workspace.hold(write=write),
            ):
                pass
            # What the other process was asked to do may hold what is not for everybody.
            assert not [word for word in sys.argv if word in str(busy.value)]
            assert sys.argv[-1] not in (workspace.root / "lock").read_text()


def test_an_error_lets_go(workspace: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), workspace.hold(write=True):
        raise ZeroDivisionError
    with workspace.hold(write=True):
        pass


@pytest.mark.parametrize(
    "entry", ["", "nonsense", "[]", '{"pid": "x"}', '{"pid": 99999999, "since": ""}']
)
def test_a_stale_entry_names_nobody(workspace: Workspace, entry: str) -> None:
    with workspace.hold(write=True):
        (workspace.root / "lock").write_text(entry)
        with pytest.raises(StoreBusy, match="by another process; wait"), workspace.hold(write=True):
            pass
    (workspace.root / "lock").write_text(entry)
    with workspace.hold(write=False):
        assert json.loads((workspace.root / "lock").read_text())["pid"] == os.getpid()


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"), Workspace(tmp_path / "gone").hold(write=False):
        pass


def test_a_file_is_replaced_whole_or_not(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    with replacing(path) as file:
        file.write(b"one")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(b"two")
        raise ZeroDivisionError
    assert path.read_bytes() == b"one"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"), replacing(tmp_path / "file" / "below"):
        pass


def test_a_folder_appears_whole_or_not(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    with pytest.raises(ZeroDivisionError), replacing_folder(path) as part:
        (part / "a").write_text("1")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    for text in ("1", "2"):
        with replacing_folder(path) as part:
            (part / "a").write_text(text)
    assert (path / "a").read_text() == "1"
    assert list(tmp_path.iterdir()) == [path]


def test_json_comes_back(tmp_path: Path) -> None:
    value = {"ä": [1, 2.5, None, "🎬"]}
    write_json(tmp_path / "v.json", value)
    assert read_json(tmp_path / "v.json") == value
