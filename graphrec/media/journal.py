"""Which video files have been described, and which could not be: a small database that a killed run leaves whole."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from graphrec.errors import StoreError

FILE = "journal.sqlite"

_TABLE = """\
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, digest TEXT,
    item TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID"""


@dataclass(frozen=True)
class Entry:
    """What is known of a file.

    Attributes:
        path: of the file.
        item: the item, or trailer, that it becomes.
        reason: why it could not be described; empty for one that has been.
        at: when this was noted, epoch milliseconds.
    """

    path: str
    item: str
    reason: str
    at: int


class Journal:
    """The journal in a media folder.

    Raises ``StoreError`` where it cannot be read or written.
    """

    def __init__(self, media: Path) -> None:
        self._path = media / FILE

    def digests(self) -> dict[tuple[str, int, int], str]:
        """Return the digests of contents by path, size and modification time (ns)."""
        if not self._path.exists():
            return {}
        with self._opened() as database:
            rows = database.execute("SELECT path, size, modified, digest FROM files WHERE digest IS NOT NULL")
            return {(path, size, modified): digest for path, size, modified, digest in rows}

    def entries(self) -> list[Entry]:
        """Return all entries, by path."""
        if not self._path.exists():
            return []
        with self._opened() as database:
            rows = database.execute("SELECT path, item, reason, at FROM files ORDER BY path")
            return [Entry(*row) for row in rows]

    def latest(self, most: int) -> list[Entry]:
        """Return the entries that were noted last, the newest first."""
        return sorted(self.entries(), key=lambda entry: (-entry.at, entry.path))[:most]

    def described(self, path: Path, size: int, modified: int, digest: str, item: str) -> None:
        """Note that a file of this size, in bytes, and modification time, in ns, has been described."""
        self._note(path, size, modified, digest, shown(item), "")

    def failed(self, path: Path, item: str, reason: str) -> None:
        """Note that a file could not be described, and why."""
        self._note(path, None, None, None, shown(item), shown(reason))

    def forget(self, items: Iterable[str]) -> None:
        """Remove the entries of items or trailers; their bytes in the file are overwritten."""
        if not self._path.exists():
            return
        with self._opened() as database:
            database.execute("PRAGMA secure_delete = ON")
            database.executemany("DELETE FROM files WHERE item = ?", [(shown(item),) for item in items])

    def _note(self, path: Path, *values: str | int | None) -> None:
        with self._opened() as database:
            database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                (shown(path), *values, time.time_ns() // 1_000_000),
            )

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path)) as database, database:
                database.execute(_TABLE)
                yield database
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{self._path}: the journal cannot be used: {error}") from error


def shown(path: Path | str) -> str:
    """Return a path, or text with one in it, such that it can be stored, whatever bytes the name is made of."""
    return str(path).encode("utf-8", "backslashreplace").decode()
