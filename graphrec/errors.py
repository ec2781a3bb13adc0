"""Every error that graphrec raises on purpose.

    GraphrecError
    ├── ConfigError        a setting is missing, unknown or out of range
    │   └── UsageError     a command line that cannot be meant so
    ├── DataError          a file, row or feature matrix cannot be used
    │   └── BadRows        rows of one file were refused (carries them)
    ├── NotFoundError      an id, run, model, query or setting does not exist
    ├── StoreError         the database refused or failed
    │   ├── StoreBusy      another process holds the workspace
    │   └── QueryError     a Cypher query is wrong or not allowed
    └── TrainingError      training cannot start or go on

The message is one line that names file, row or id and says what to do; the command line prints it and exits with 1, or
with 2 for a ``UsageError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class GraphrecError(Exception):
    """Root of the tree: catch it to catch everything graphrec says on purpose."""


class ConfigError(GraphrecError):
    """A setting is missing, unknown or out of range."""


class UsageError(ConfigError):
    """A command line that cannot be meant so."""


class DataError(GraphrecError):
    """A file, row or feature matrix cannot be used.

    Args:
        message: one line.
        source: the file or folder at fault, where it is known.
    """

    def __init__(self, message: str, source: str | None = None) -> None:
        super().__init__(message)
        self.source = source


class NotFoundError(GraphrecError):
    """An id, run, model, query or setting does not exist."""


class StoreError(GraphrecError):
    """The database refused or failed."""


class StoreBusy(StoreError):
    """Another process holds the workspace."""


class QueryError(StoreError):
    """A Cypher query is wrong or not allowed."""


class TrainingError(GraphrecError):
    """Training cannot start or go on."""


class NotFiniteError(TrainingError):
    """A model's scores are NaN or infinite."""


class BadRows(DataError):
    """Rows of one file were refused; ``reasons`` holds the first of them as ``(line, reason)``."""

    def __init__(self, source: str, reasons: list[tuple[int, str]], total: int) -> None:
        self.reasons, self.total = reasons, total
        shown = "; ".join(f"line {line}: {reason}" for line, reason in reasons[:3])
        more = f" (and {total - 3} more)" if total > 3 else ""
        super().__init__(
            f"{source}: {shown}{more}; nothing of this file was stored. Mend the rows or use --on-bad-row skip",
            source,
        )


def unknown(kind: str, name: str, known: Iterable[str]) -> NotFoundError:
    """Build the error for a misspelt name: the nearest right one, or all there are.

    Args:
        kind: what the name should have been, for example ``"model"``.
        name: what was given.
        known: the names that exist.
    """
    choices = sorted(known)
    best = nearest(name, choices)
    if best is not None:
        return NotFoundError(f"no {kind} named {name!r}; did you mean {best!r}?")
    listed = ", ".join(choices[:20]) or "none yet"
    return NotFoundError(f"no {kind} named {name!r}; there are: {listed}")


def nearest(name: str, choices: Iterable[str], cutoff: float = 0.5) -> str | None:
    """Return which of ``choices`` somebody may have meant by ``name``; None where none is alike."""
    near = get_close_matches(name, list(choices), cutoff=cutoff)
    # Few slips hit the first letter.
    return max(near, key=lambda choice: choice[:1] == name[:1]) if near else None
