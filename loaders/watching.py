"""Which files have come or changed, and are whole: for loads that go on as long as somebody lets them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from graphrec.errors import DataError
from graphrec.loaders.video_files import find

EVERY_S = 2.0
"""Between two looks. A file whose size or time has changed in between is still being written."""

_Look = dict[Path, tuple[int, int]]


def arriving(paths: Sequence[Path], every_s: float = EVERY_S) -> Iterator[list[Path]]:
    """Yield the video files that are new or changed since, at each look at which there are any; never end.

    The first look is the present: what is there when this is called is not told.
    """
    told = before = _look(paths)
    while True:
        time.sleep(every_s)
        now = _look(paths)
        settled = [path for path, state in now.items() if before.get(path) == state != told.get(path)]
        told |= {path: now[path] for path in settled}
        before = now
        if settled:
            yield settled


def _look(paths: Sequence[Path]) -> _Look:
    """Return size and modification time (ns) of each file there."""
    found: _Look = {}
    for path in paths:
        # An empty folder is what a watch may well begin with.
        with suppress(DataError):
            for file in find([path], None):
                with suppress(OSError):
                    status = file.path.stat()
                    found[file.path] = (status.st_size, status.st_mtime_ns)
    return found
