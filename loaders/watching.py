"""Which files have come or changed, and are whole: for loads that go on as long as somebody lets them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from graphrec.errors import DataError
from graphrec.loaders.video_files import LISTS, find

log = logging.getLogger(__name__)

EVERY_S = 2.0
"""Between two looks. A file whose size or time has changed in between is still being written."""

_State = tuple[int, int]


def arriving(paths: Sequence[Path], every_s: float = EVERY_S) -> Iterator[list[Path]]:
    """Return an endless iterator over what is new or has changed since this call, each time there is something.

    Args:
        paths: files, folders, or lists, which are told themselves in place of the files that they name.
        every_s: between two looks.
    """
    looking = _Looking(paths)
    return _arriving(looking, looking.look(), every_s)


def _arriving(looking: _Looking, told: dict[Path, _State], every_s: float) -> Iterator[list[Path]]:
    before = dict(told)
    while True:
        time.sleep(every_s)
        now = looking.look()
        settled = [path for path, state in now.items() if before.get(path) == state != told.get(path)]
        told |= {path: now[path] for path in settled}
        before = now
        if settled:
            yield list(dict.fromkeys(looking.named_by.get(path, path) for path in settled))


class _Looking:
    """Looks for files, and remembers by which list they are named."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._said: set[str] = set()
        self.named_by: dict[Path, Path] = {}

    def look(self) -> dict[Path, _State]:
        """Return size and modification time (ns) of each file there."""
        found: dict[Path, _State] = {}
        for path in self._paths:
            try:
                files = [file.path for file in find([path], None)] if path.exists() else []
            except DataError as error:
                # An empty folder is what a watch may well begin with; a broken list is not.
                if path.is_file() or "no video files" not in str(error):
                    self._say(str(error))
                continue
            for file in files:
                try:
                    status = file.stat()
                except OSError:
                    continue
                found[file] = (status.st_size, status.st_mtime_ns)
                if path.suffix.lower() in LISTS and path.is_file():
                    self.named_by[file] = path
        return found

    def _say(self, what: str) -> None:
        if what not in self._said:
            self._said.add(what)
            log.warning("%s", what)
