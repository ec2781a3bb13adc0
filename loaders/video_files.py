"""Which video files a folder, a file or a list names, and what is told about them beside them."""

from __future__ import annotations

import csv
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from graphrec.errors import DataError
from graphrec.files import require_regular
from graphrec.media.video_file import Metadata, VideoFile

log = logging.getLogger(__name__)

SUFFIXES = {".mp4", ".webm", ".mkv", ".mov", ".avi"}
LISTS = {".csv", ".json"}
SIDECAR = "metadata"


def find(paths: Sequence[Path], metadata: Path | None) -> list[VideoFile]:
    """Return all files that ``paths`` name: files, folders with all that is below them, and lists.

    Args:
        paths: a list is a CSV or JSON file with a column, or key, ``file``; relative to where the list is.
        metadata: another such list with metadata only, for files named like those.

    Raises ``DataError`` for what does not exist, an empty folder, or a list that cannot be read.
    """
    told = dict(_read_list(metadata)) if metadata else {}
    found: dict[Path, VideoFile] = {}
    for path in paths:
        for file in _files(path):
            try:
                about = told.get(file.path) or _beside(file.path)
            except DataError as error:
                file, about = replace(file, fault=str(error)), None
            found.setdefault(file.path, replace(file, metadata=about) if about else file)
    if unused := sorted(set(told) - set(found)):
        log.warning(
            "%s: %d of its rows are about other files, %s for example", metadata, len(unused), unused[0]
        )
    return list(found.values())


def _files(path: Path) -> Iterator[VideoFile]:
    if path.suffix.lower() in LISTS and path.is_file():
        for file, metadata in _read_list(path):
            yield VideoFile(file, metadata)
        return
    if not path.is_dir():
        if not os.path.lexists(path):
            raise DataError(f"{path}: no such file or folder", str(path))
        files = [Path(os.path.normpath(path.absolute()))]
    else:
        files = sorted(_below(Path(os.path.normpath(path.absolute())), set()))
        if not files:
            raise DataError(f"{path}: no video files there ({', '.join(sorted(SUFFIXES))})", str(path))
    told: dict[Path, Metadata] = {}
    for folder in {file.parent for file in files}:
        for suffix in sorted(LISTS):
            sidecar = folder / f"{SIDECAR}{suffix}"
            if sidecar.is_file():
                told.update(_read_list(sidecar))
    yield from (VideoFile(file, told.get(file, Metadata())) for file in files)


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
    """Return what ``clip.json`` says of ``clip.mp4``, if there is one."""
    sidecar = path.with_suffix(".json")
    if not sidecar.is_file():
        return None
    value = _json(sidecar)
    if not isinstance(value, Mapping):
        raise DataError(f'{sidecar}: no JSON object; write {{"title": ..}} about {path.name}', str(sidecar))
    return _metadata(value, str(sidecar))


def _read_list(path: Path) -> Iterator[tuple[Path, Metadata]]:
    where = path.absolute().parent
    for number, row in enumerate(_rows(path), start=1):
        name = row.get("file")
        if not name or not isinstance(name, str):
            raise DataError(f"{path}: row {number} names no file; a column 'file' is needed", str(path))
        yield Path(os.path.normpath(where / name)), _metadata(row, f"{path}: row {number} ({name})")


def _rows(path: Path) -> list[Mapping[str, Any]]:
    require_regular(path)
    if path.suffix.lower() == ".json":
        value = _json(path)
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise DataError(f"{path}: no JSON array of objects", str(path))
        return value
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV: {error}", str(path)) from error
    return [{key: value for key, value in row.items() if key and value not in (None, "")} for row in rows]


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
