"""How long tests wait, all in one place.

What must happen is waited for by its condition, as ``until`` does, and never for a fixed time. A limit only ends what
hangs: it lies far beyond what a busy machine takes, makes nothing slower, and nothing that works ever comes to it.
Where a machine is slower still, ``GRAPHREC_TEST_PATIENCE=3`` makes each limit three times as long.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")

PATIENCE = float(os.environ.get("GRAPHREC_TEST_PATIENCE", "1"))
"""The factor of all limits."""

WAIT_S = 240.0 * PATIENCE
"""For whatever must happen: an answer, a line in a log, the end of a process, a page that is drawn."""

PROMPT_S = 60.0 * PATIENCE
"""For what is stopped, cut or refused, and would go on for ``ENDLESS_S`` else."""

ENDLESS_S = 3600.0 * PATIENCE
"""What may go on for so long in a test, which ends it by something else."""

TEST_S = 900.0 * PATIENCE
"""For one test with all that it is the first to need; pytest-timeout ends it then."""

EVERY_S = 0.02
"""Between two looks at a condition."""


class Ending(Protocol):
    """A process, of whichever kind."""

    def poll(self) -> int | None:
        """Return its exit status, or None while it runs."""


def until(find: Callable[[], T], running: Ending | None = None) -> T:
    """Wait until ``find`` returns something true, and return it.

    Args:
        find: looks.
        running: a process without which it would never be found.

    Raises ``AssertionError`` when that process has ended before, or after ``WAIT_S``.
    """
    deadline = time.monotonic() + WAIT_S
    while True:
        ended = running is not None and running.poll() is not None
        found = find()
        if found:
            return found
        assert not ended, "the process ended before it came so far"
        assert time.monotonic() < deadline, f"it did not come in {WAIT_S:g} s"
        time.sleep(EVERY_S)
