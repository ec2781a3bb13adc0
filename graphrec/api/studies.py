"""Studies on disk: several trainings that belong together, what is planned of them and what has come of it."""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from graphrec.errors import ConfigError, StoreBusy, unknown
from graphrec.files import read_json, write_json
from graphrec.workspace import Workspace

FILE = "study.json"


@dataclass(frozen=True)
class StudyFolder:
    """The folder of a study, below ``studies``."""

    path: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.path.name

    def read(self) -> dict[str, Any]:
        """Return what is planned and what is done."""
        told: dict[str, Any] = read_json(self.path / FILE)
        return told

    def write(self, told: dict[str, Any]) -> None:
        """Write what ``read`` returns, atomically."""
        write_json(self.path / FILE, told)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the study; raises ``StoreBusy`` where another process does."""
        with (self.path / "lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StoreBusy(f"another process works on the study {self.id}; wait until it ends") from error
            yield


@contextmanager
def beginning(workspace: Workspace, kind: str, name: str, told: dict[str, Any]) -> Iterator[StudyFolder]:
    """Make the folder of a study that begins now; no two get the same, and an error within the block leaves none.

    Args:
        workspace: where.
        kind: the command that goes on with it.
        name: what its id begins with.
        told: what its file says first.
    """
    stem = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    for again in count(1):
        folder = workspace.root / "studies" / (stem if again == 1 else f"{stem}-{again}")
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
            break
    try:
        made = StudyFolder(folder)
        made.write({"kind": kind, **told})
        yield made
    except BaseException:
        shutil.rmtree(folder)
        raise


def find_study(workspace: Workspace, name: str, kind: str) -> StudyFolder:
    """Return the study called ``name``.

    Raises ``NotFoundError`` for an unknown one, ``ConfigError`` for one of another command.
    """
    found = {path.parent.name: read_json(path).get("kind") for path in workspace.root.glob(f"studies/*/{FILE}")}
    if name not in found:
        raise unknown("study", name, [one for one, its in found.items() if its == kind])
    if found[name] != kind:
        other = f"`graphrec {found[name]} --resume {name}` goes on with it" if found[name] else "begin it anew"
        raise ConfigError(f"{name} was not begun by `graphrec {kind}`; {other}")
    return StudyFolder(workspace.root / "studies" / name)
