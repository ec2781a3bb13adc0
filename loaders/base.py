"""The contract of every loader: paths and typed options in, blocks of rows out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Base of a loader's options; the command line makes one flag of each field."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Refused = tuple[tuple[int, str], ...]
"""Lines and the reasons why they are no rows."""


@dataclass(frozen=True)
class NodeBlock:
    """Nodes of one label.

    Attributes:
        label: a label of the schema.
        table: ``id`` and properties; strings are converted to the schema's types and refused where they cannot be.
        source: the file the rows come from; its rows are stored together or not at all.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
    """

    label: str
    table: pa.Table
    source: str
    line: int = 1
    refused: Refused = ()


@dataclass(frozen=True)
class RelationshipBlock:
    """Relationships of one type between two labels; ends that do not exist are created.

    Attributes:
        name: a relationship type of the schema.
        start: label of the start nodes.
        end: label of the end nodes.
        table: ``from``, ``to`` and properties.
        source: the file the rows come from.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
    """

    name: str
    start: str
    end: str
    table: pa.Table
    source: str
    line: int = 1
    refused: Refused = ()


@dataclass(frozen=True)
class IntervalBlock:
    """Highlights as stretches of videos; they become HIGHLIGHTED segments by what the store knows of each video.

    Attributes:
        table: ``from`` (user), ``video`` (item), ``start_s``, ``end_s`` and properties of HIGHLIGHTED.
        theta: the share of a segment that a highlight must cover by more than this.
        source: the file the rows come from.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
    """

    table: pa.Table
    theta: float
    source: str
    line: int = 1
    refused: Refused = ()


@dataclass(frozen=True)
class FeatureBlock:
    """Feature vectors of nodes.

    Attributes:
        name: name of the feature matrix.
        label: label of the nodes.
        ids: string [n].
        matrix: float32 [n, F].
        source: the file they come from.
    """

    name: str
    label: str
    ids: Sequence[str]
    matrix: npt.NDArray[np.float32]
    source: str


Block = NodeBlock | RelationshipBlock | IntervalBlock | FeatureBlock


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
