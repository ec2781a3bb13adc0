"""The contract of every loader: paths and typed options in, blocks of rows out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from graphrec.errors import DataError
from graphrec.loading.blocks import Block


class Options(BaseModel):
    """Base of a loader's options; the command line makes one flag of each field."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Loader(Protocol):
    """Reads one kind of source. Register it under the entry point group ``graphrec.loaders``."""

    name: ClassVar[str]
    title: ClassVar[str]
    """One line for lists and ``--help``."""
    example: ClassVar[str]
    """A command that a user could type."""
    Options: ClassVar[type[Options]]

    def blocks(self, paths: Sequence[Path], options: Any, workspace: Path) -> Iterator[Block]:
        """Yield the rows of ``paths``; blocks of one source follow one another.

        Raises ``DataError`` naming the file when it is missing or of the wrong kind.
        """
        ...


def require_folder(path: Path, cure: str) -> None:
    """Raise ``DataError`` unless ``path`` is a folder."""
    if path.is_file():
        raise DataError(f"{path}: a file; give the folder it is in", str(path))
    if not path.is_dir():
        raise DataError(f"{path}: no such folder; {cure}", str(path))
