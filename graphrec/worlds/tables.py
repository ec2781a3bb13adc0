"""CSV tables of made worlds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from graphrec.errors import DataError


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file, the same bytes everywhere; raises ``OSError`` where it cannot be written."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


@contextmanager
def into(folder: Path) -> Iterator[None]:
    """Make a folder, into which the block writes a world; raises ``DataError`` where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(
            f"{folder}: the made world cannot be written ({error.strerror}); free some space or name another folder"
        ) from error
