"""The folder that holds everything: database, features, snapshots, runs; and who is using it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from graphrec.errors import StoreBusy, StoreError

WRITER_WAITS_S = 1.5
"""So long a writer waits for readers: an explorer lets go of the graph half a second after a click."""


@dataclass(frozen=True)
class Workspace:
    """Paths inside a workspace folder."""

    root: Path

    @property
    def database(self) -> Path:
        """The embedded database's file."""
        return self.root / "graph.lbug"

    @property
    def features(self) -> Path:
        """One folder per feature matrix."""
        return self.root / "features"

    @property
    def encoders(self) -> Path:
        """The encoder that was fitted for each feature matrix that `describe` has made, by the matrix' name."""
        return self.root / "encoders"

    @property
    def snapshots(self) -> Path:
        """One folder per snapshot fingerprint."""
        return self.root / "snapshots"

    @property
    def runs(self) -> Path:
        """One folder per training run."""
        return self.root / "runs"

    @property
    def maps(self) -> Path:
        """Two-dimensional maps of embeddings, one file each, which can be made anew."""
        return self.root / "maps"

    @property
    def media(self) -> Path:
        """Thumbnails and cached descriptions of video files."""
        return self.root / "media"

    def create(self) -> None:
        """Make the folder; raises ``StoreError`` where it cannot be made."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the workspace {self.root}: {error.strerror}; choose another with --workspace"
            ) from error

    def drop_graph(self) -> None:
        """Remove the embedded database, and the folder if nothing else is in it."""
        for path in (
            *self.root.glob(f"{self.database.name}*"),
            self.root / "versions.json",
            self.root / "lock",
        ):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.root.rmdir()

    @contextmanager
    def hold(self, *, write: bool) -> Iterator[None]:
        """Hold the workspace: one writer alone, or any number of readers.

        Raises ``StoreBusy`` naming the process that holds it, a writer after ``WRITER_WAITS_S``.
        """
        try:
            lock = (self.root / "lock").open("a+b", buffering=0)
        except OSError as error:
            raise StoreError(
                f"{self.root / 'lock'} cannot be opened: {error.strerror}; a workspace must be writable"
            ) from error
        try:
            deadline = time.monotonic() + (WRITER_WAITS_S if write else 0)
            while not _locked(lock, fcntl.LOCK_EX if write else fcntl.LOCK_SH):
                if time.monotonic() >= deadline:
                    raise StoreBusy(self._holder(write))
                time.sleep(0.05)
            # Readers do not overwrite one another's entry on purpose: the first of them is named.
            if write or not _alive(_entry(self.root / "lock")):
                lock.truncate(0)
                # Not its command: what stands there is nobody else's business.
                entry = {"pid": os.getpid(), "since": time.strftime("%H:%M:%S")}
                # A full disk must not keep readers out; the entry only names who holds the workspace.
                with suppress(OSError):
                    lock.write(json.dumps(entry).encode())
            yield
            if write:
                # The next reader would take this process, still alive, for the one that holds the workspace.
                lock.truncate(0)
        finally:
            lock.close()

    def _holder(self, write: bool) -> str:
        entry = _entry(self.root / "lock")
        who = (
            f"process {entry['pid']} (since {entry['since']})"
            if _alive(entry)
            else "another process"
        )
        verb = "used" if write else "written to"
        return f"the workspace {self.root} is being {verb} by {who}; wait until it ends, or stop it, and try again"


def _locked(lock: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _entry(path: Path) -> dict[str, object]:
    with suppress(OSError, ValueError):
        value = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(value, dict):
            return value
    return {}


def _alive(entry: dict[str, object]) -> bool:
    pid = entry.get("pid")
    if not isinstance(pid, int):
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, 0)
        return True
    return False
