"""What a query's process is told to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Ask = Callable[[], bytes]

TOO_MUCH_MEMORY = "the query failed: it needs more memory than a query may take; ask for less"
TOO_MUCH_OUTPUT = "the query failed: its answer is larger than a query's may be; ask for less"


class Job(Protocol):
    """One query of one database; it travels to its process by pickle, its answer comes back as plain bytes."""

    @property
    def closes_files(self) -> bool:
        """Whether nothing may be opened once it has begun: the database is in the process itself."""
        ...

    def begin(self) -> Ask:
        """Open the database, and return what asks it; raises ``GraphrecError``."""
        ...
