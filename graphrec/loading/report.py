"""What a load did, and how it tells of it as it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from graphrec.loading.blocks import Rows
from graphrec.rows import Checked
from graphrec.store.base import Written


class Progress(Protocol):
    """Is told how far a load has come."""

    def __call__(self, name: str, rows: int, *, of: int | None = None) -> None:
        """Take what was read: ``rows`` more of a label or type, or one more file where it is known of how many."""
        ...


def show_nothing(name: str, rows: int, *, of: int | None = None) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Failure:
    """A file that could not be read, and why."""

    file: str
    reason: str


@dataclass
class Tally:
    """What became of the rows of one label, relationship type or feature matrix.

    ``read`` is the sum of the others; those left out are the ones that nobody asked for.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    left_out: int = 0

    def add(self, block: Rows, checked: Checked, written: Written) -> None:
        """Count one block."""
        refused = len(checked.refused) + len(block.refused)
        left_out = len(block.left_out) + checked.nothing
        self.read += checked.table.num_rows + checked.repeated + refused + left_out
        self.created += written.created
        self.updated += written.updated
        self.unchanged += written.unchanged + checked.repeated
        self.rejected += refused
        self.left_out += left_out

    def rest(self, refused: int, left_out: int) -> None:
        """Count lines that are rows of nothing."""
        self.read += refused + left_out
        self.rejected += refused
        self.left_out += left_out


@dataclass
class LoadReport:
    """What a load did, per label, relationship type and feature matrix.

    Attributes:
        tallies: by name, in the order in which they came.
        failures: files that could not be read, while the others went on.
        rejects: the file that holds the refused rows, if any.
        own: type of each property that is none of the schema, by its name, such as ``User.country``.
        seconds: how long it took.
    """

    tallies: dict[str, Tally] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    rejects: Path | None = None
    own: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def tally(self, name: str) -> Tally:
        """Return the tally called ``name``, new if need be."""
        return self.tallies.setdefault(name, Tally())
