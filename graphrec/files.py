"""Files that are either whole or absent: written under a temporary name, synced, then renamed."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from graphrec.errors import DataError


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that takes the place of ``path`` when the block ends without an error.

    Raises ``DataError`` when it cannot be written; ``path`` is then as it was.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


@dataclass
class Making:
    """A folder that is being made.

    Attributes:
        path: where, for now.
        name: what it will be called, to be set before the block ends.
    """

    path: Path
    name: str = ""


@contextmanager
def making_folder(parent: Path) -> Iterator[Making]:
    """Make a folder below ``parent`` whose name is known at the end; an existing one of that name stays.

    Raises ``DataError`` when it cannot be written; there is then none.
    """
    made = Making(parent / f".{uuid4().hex[:8]}")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        made.path.mkdir()
        yield made
        if not (parent / made.name).exists():
            made.path.rename(parent / made.name)
    except OSError as error:
        raise _unwritten(parent / (made.name or made.path.name), error) from error
    finally:
        shutil.rmtree(made.path, ignore_errors=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Make a folder that appears as ``path`` when the block ends without an error; an existing one stays.

    Raises ``DataError`` when it cannot be written; there is then no ``path``.
    """
    with making_folder(path.parent) as made:
        made.name = path.name
        yield made.path


def require_regular(path: Path) -> None:
    """Raise ``DataError`` for a pipe, a device or a socket: to read one may take for ever. A missing file passes."""
    with suppress(OSError):
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise DataError(f"{path}: is no regular file; name a file", str(path))


def refuse_existing(path: Path) -> None:
    """Raise ``DataError`` where there is a ``path`` already."""
    if path.exists():
        raise DataError(f"{path} exists already; name a new one")


def _unwritten(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path} cannot be written: {error.strerror or error}; free some space or choose another folder"
    )


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically."""
    with replacing(path) as file:
        file.write((json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def size_and_time(path: Path) -> tuple[int, int]:
    """Return the size of a file in bytes and when it was changed, in nanoseconds; zeros where there is none."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return 0, 0
    return told.st_size, told.st_mtime_ns


def read_json(path: Path) -> Any:
    """Return the JSON value in ``path``."""
    return json.loads(path.read_text(encoding="utf-8"))
