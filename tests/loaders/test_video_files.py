"""Which files a folder or a list names, and what is told about them: without a look into the videos."""

from __future__ import annotations

import json
from pathlib import Path
from unicodedata import normalize

import pytest

from graphrec.errors import DataError
from graphrec.loaders.video_files import find, passed_over
from graphrec.media.video_file import VideoFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    return tmp_path


def found(*paths: Path, metadata: Path | None = None) -> dict[str, VideoFile]:
    return {file.item: file for file in find(paths, metadata)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_metadata_of_any_dialect(folder: Path, separator: str, encoding: str) -> None:
    rows = [("file", "title", "year", "own"), ("a.mp4", "Ä", "1999", "-"), ("b.mp4", "", "", "-")]
    (folder / "metadata.csv").write_text("\n".join(map(separator.join, rows)), encoding=encoding)
    files = found(folder)
    assert (files["a"].metadata.title, files["a"].metadata.year) == ("Ä", 1999)
    assert (files["b"].metadata.title, files["b"].fault) == (None, "")


@pytest.mark.parametrize("name", ["metadata.csv", "more.csv"])
def test_a_row_that_cannot_be_read_costs_only_its_file(folder: Path, name: str) -> None:
    (folder / name).write_text("file,title,year\na.mp4,Film A,nan\nb.mp4,Film B,2019\n")
    for files in (found(folder, metadata=folder / name), found(folder / name)):
        assert "row 1 (a.mp4): year" in files["a"].fault
        assert (files["b"].fault, files["b"].metadata.title) == ("", "Film B")


def test_a_list_without_names_or_with_ragged_lines(folder: Path) -> None:
    path = folder / "list.csv"
    path.write_text("name,title\na.mp4,A\n")
    with pytest.raises(DataError, match=r"list\.csv: row 1 names no file; a column 'file'"):
        find([path], None)
    path.write_text("file,title\na.mp4,A,more\n")
    with pytest.raises(DataError, match=r"list\.csv: line 2: 3 columns instead of 2"):
        find([path], None)


def test_names_are_one_whether_their_accents_are_composed_or_not(folder: Path) -> None:
    typed = "Café Zürich"
    (folder / f"{normalize('NFD', typed)}.mp4").touch()
    (folder / "metadata.csv").write_text(f"file,title\n{typed}.mp4,Kaffeehaus\n", encoding="utf-8")
    (folder / "list.csv").write_text(f"file\n{typed}.mp4\n", encoding="utf-8")
    files = found(folder, folder / "list.csv")
    assert set(files) == {"a", "b", typed}
    assert files[typed].metadata.title == "Kaffeehaus"
    assert files[typed].path.is_file()
    assert found(folder / "list.csv")[typed].path.is_file()


def test_what_yt_dlp_tells(folder: Path) -> None:
    (folder / "talk [d-o3.x].mp4").touch()
    told = {"id": "d-o3.x", "title": "Talk: all of it", "channel": "C", "upload_date": "20240131", "genres": 3}
    (folder / "talk [d-o3.x].info.json").write_text(json.dumps(told))
    (folder / "b.info.json").write_text(json.dumps({"title": "not this"}))
    (folder / "b.json").write_text(json.dumps({"title": "B"}))
    files = found(folder)
    about = files["talk [d-o3.x]"].metadata
    assert (about.title, about.uploader, about.year, about.genres) == ("Talk: all of it", "C", None, ())
    assert files["b"].metadata.title == "B"


def test_what_is_passed_over(folder: Path) -> None:
    (folder / "sub" / ".cache").mkdir(parents=True)
    for name in ("c.m4v", "sub/d.ts", "sub/.cache/e.ts", ".hidden.mpg", "metadata.csv", "a.json"):
        (folder / name).touch()
    assert [path.name for path in passed_over([folder])] == ["c.m4v", "d.ts"]
    assert passed_over([folder / "a.mp4"]) == []


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_columns_that_are_not_used_are_named(
    suffix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    rows = {"csv": "file,title,tags,lang\na.mp4,A,x|y,de\n", "json": '[{"file": "a.mp4", "tags": "x", "lang": "de"}]'}
    (tmp_path / f"metadata.{suffix}").write_text(rows[suffix])
    find([tmp_path], None)
    (said,) = caplog.messages
    assert f"metadata.{suffix}: not used: tags, lang (used are file, id, title, " in said
    assert "--nodes Item:id --property tags" in said
