"""What a watch tells, and when."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from graphrec.loaders.watching import arriving

SOON = 0.05


def test_what_comes_after_the_call_is_told_once_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "old.mp4").write_text("old")
    coming = arriving([tmp_path], SOON)
    # Between the call and the first question a whole load may run.
    (tmp_path / "new.mp4").write_text("new")
    assert next(coming) == [tmp_path / "new.mp4"]
    (tmp_path / "old.mp4").write_text("changed")
    assert next(coming) == [tmp_path / "old.mp4"]


def test_an_empty_folder_may_fill(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    coming = arriving([tmp_path / "later"], SOON)
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.mp4").write_text("a")
    assert next(coming) == [tmp_path / "later" / "a.mp4"]
    assert not caplog.text


def test_a_list_is_told_in_place_of_its_files(tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("file,title\na.mp4,A\nb.mp4,B\n")
    coming = arriving([listed], SOON)
    for name in "ab":
        (tmp_path / f"{name}.mp4").write_text(name)
    assert next(coming) == [listed]


def test_a_broken_list_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, write_video: Callable[..., Path]
) -> None:
    (tmp_path / "metadata.csv").write_text("name\nx\n")
    write_video("a.mp4", seconds=0.1)
    with caplog.at_level(logging.WARNING):
        coming = arriving([tmp_path], SOON)
        (tmp_path / "metadata.csv").unlink()
        assert next(coming) == [tmp_path / "a.mp4"]
    assert caplog.text.count("names no file") == 1
