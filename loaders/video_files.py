"""Which video files a folder, a file or a list names, and what is told about them beside them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from graphrec.errors import DataError
from graphrec.files import require_regular
from graphrec.loaders.tabular import column_names, read_parts
from graphrec.media.video_file import Metadata, VideoFile

log = logging.getLogger(__name__)

SUFFIXES = {".mp4", ".webm", ".mkv", ".mov", ".avi"}
LISTS = {".csv", ".json"}
SIDECAR = "metadata"
KNOWN = ("file", *Metadata.model_fields)
"""The columns of a list."""


def find(paths: Sequence[Path], metadata: Path | None) -> list[VideoFile]:
    """Return all files that ``paths`` name: files, folders with all that is below them, and lists.

    Args:
        paths: a list is a CSV or JSON file with a column, or key, ``file``; relative to where the list is.
        metadata: another such list with metadata only, for files named like those.

    Raises ``DataError`` for what does not exist, an empty folder, or a list that cannot be read.
    """
    told = _told(metadata) if metadata else {}
    found: dict[Path, VideoFile] = {}
    for path in paths:
        for file in _files(path):
            found.setdefault(_named(file.path), _with_metadata(file, told.get(_named(file.path))))
    if unused := sorted(set(told) - set(found)):
        log.warning(
            "%s: %d of its rows are about other files, %s for example", metadata, len(unused), unused[0]
        )
    return list(found.values())


def _files(path: Path) -> Iterator[VideoFile]:
    if path.suffix.lower() in LISTS and path.is_file():
        yield from _read_list(path)
        return
    if not path.is_dir():
        if not os.path.lexists(path):
            raise DataError(f"{path}: no such file or folder", str(path))
        files = [Path(os.path.normpath(path.absolute()))]
    else:
        files = sorted(_below(Path(os.path.normpath(path.absolute())), set()))
        if not files:
            raise DataError(f"{path}: no video files there ({', '.join(sorted(SUFFIXES))})", str(path))
    told: dict[Path, VideoFile] = {}
    for folder in {file.parent for file in files}:
        for suffix in sorted(LISTS):
            sidecar = folder / f"{SIDECAR}{suffix}"
            if sidecar.is_file():
                told |= _told(sidecar)
    yield from (replace(told.get(_named(file), VideoFile(file)), path=file) for file in files)


def _named(path: Path) -> Path:
    """Return a path as people type it: names from a Mac have their accents decomposed."""
    return Path(normalize("NFC", str(path)))


def _on_disk(path: Path) -> Path:
    """Return a path as the disk has it."""
    if not path.exists() and path.parent.is_dir():
        return next((other for other in path.parent.iterdir() if _named(other) == _named(path)), path)
    return path


def _told(path: Path) -> dict[Path, VideoFile]:
    """Return what a list says, by the names of its files."""
    return {_named(file.path): file for file in _read_list(path)}


def _with_metadata(file: VideoFile, told: VideoFile | None) -> VideoFile:
    """Return a file with what a list or its own sidecar says of it."""
    if told is not None:
        return replace(told, path=file.path)
    try:
        about = _beside(file.path)
    except DataError as error:
        return replace(file, fault=str(error))
    return replace(file, metadata=about) if about else file


def passed_over(paths: Sequence[Path]) -> list[Path]:
    """Return the files below the folders among ``paths`` that are no video files by their names, nor lists."""
    found: list[Path] = []
    for folder in filter(Path.is_dir, paths):
        for path in folder.rglob("*"):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if not hidden and path.suffix.lower() not in SUFFIXES | LISTS and path.is_file():
                found.append(path)
    return sorted(found)


def _below(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Yield the video files of a folder and of those in it, each folder once, however it is linked."""
    try:
        status, entries = folder.stat(), list(os.scandir(folder))
    except OSError as error:
        # It was moved meanwhile, or is not for us; the others are.
        log.warning("%s: left out, it cannot be read: %s", folder, error.strerror)
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if _is_folder(entry):
            yield from _below(path, seen)
        elif path.suffix.lower() in SUFFIXES:
            yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads to itself: whoever reads it as a file says so.
        return False


def _beside(path: Path) -> Metadata | None:
    """Return what ``clip.json`` says of ``clip.mp4``, or yt-dlp's ``clip.info.json``, if there is one."""
    sidecar = path.with_suffix(".json")
    if not sidecar.is_file():
        sidecar = path.with_suffix(".info.json")
    if not sidecar.is_file():
        return None
    value = _json(sidecar)
    if sidecar.suffixes[-2:] == [".info", ".json"] and isinstance(value, Mapping):
        # Its other keys have other meanings: its id is YouTube's.
        value = {"title": value.get("title"), "uploader": value.get("uploader") or value.get("channel")}
    if not isinstance(value, Mapping):
        raise DataError(f'{sidecar}: no JSON object; write {{"title": ..}} about {path.name}', str(sidecar))
    return _metadata(value, str(sidecar))


def _read_list(path: Path) -> Iterator[VideoFile]:
    """Yield the files that a list names; a row that cannot be read costs only its file."""
    where = path.absolute().parent
    for number, row in enumerate(_rows(path), start=1):
        name = row.get("file")
        if not name or not isinstance(name, str):
            raise DataError(f"{path}: row {number} names no file; a column 'file' is needed", str(path))
        file = VideoFile(_on_disk(Path(os.path.normpath(where / name))))
        try:
            yield replace(file, metadata=_metadata(row, f"{path}: row {number} ({name})"))
        except DataError as error:
            yield replace(file, fault=str(error))


def _rows(path: Path) -> list[Mapping[str, Any]]:
    require_regular(path)
    if path.suffix.lower() == ".json":
        value = _json(path)
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise DataError(f"{path}: no JSON array of objects", str(path))
        _tell_unused(path, [key for row in value for key in row])
        return value
    columns = column_names(path, columns=["file"])
    names = [name for name in columns if name in KNOWN]
    if "file" not in names:
        raise DataError(f"{path}: row 1 names no file; a column 'file' is needed", str(path))
    _tell_unused(path, columns)
    rows: list[Mapping[str, Any]] = []
    for part in read_parts(path, names):
        for line in part.refused:
            raise DataError(f"{path}: line {line.line}: {line.reason}", str(path))
        rows += [
            {name: value for name, value in row.items() if value is not None}
            for row in part.table.to_pylist()
        ]
    return rows


def _tell_unused(path: Path, columns: Sequence[str]) -> None:
    """Say which columns of a list nobody reads, and how they come into the graph."""
    unused = [name for name in dict.fromkeys(columns) if name and name not in KNOWN]
    if unused:
        table = path if path.suffix.lower() == ".csv" else "TABLE.csv"
        log.warning(
            "%s: not used: %s (used are %s); from a table with the videos' ids (their files' names without suffix, "
            "where no id is given) they become properties: graphrec load table %s --nodes Item:id --property %s",
            path, ", ".join(unused), ", ".join(KNOWN), table, unused[0],
        )  # fmt: skip


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON: {error}", str(path)) from error


def _metadata(values: Mapping[str, Any], where: str) -> Metadata:
    try:
        metadata = Metadata(**values)
        # Half of an emoji, as JSON can write it, is no text.
        metadata.model_dump_json()
        return metadata
    except PydanticSerializationError as error:
        raise DataError(f"{where}: its text is no Unicode: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{where}: {first['loc'][0]}: {first['msg']}") from error
