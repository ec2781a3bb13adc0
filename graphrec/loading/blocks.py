"""What a loader gives to be stored: rows of one label or type, features, and what the graph is asked about first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.rows import Checked
from graphrec.schema import Property
from graphrec.store.base import GraphStore

T = TypeVar("T")


class Refusal(NamedTuple):
    """A line that is no row, why, and its text, or its cells by the file's columns, where the reader gives them."""

    line: int
    reason: str
    text: str = ""
    cells: Mapping[str, Any] = MappingProxyType({})


Refused = tuple[Refusal, ...]
Lines: TypeAlias = npt.NDArray[np.int64]


def by_line(refusal: Refusal) -> int:
    """Return the line of a refusal, to sort by."""
    return refusal.line


def no_lines() -> Lines:
    """Return int64 [0]."""
    return np.empty(0, np.int64)


def lines_of_rows(first: int, rows: int, refused: Refused, left_out: Lines) -> Lines:
    """Return int64 [rows]: the line of each row of a block whose first line is ``first``, past what is none of them."""
    gone = np.concatenate([np.array([line.line for line in refused], np.int64), left_out])
    lines = np.arange(first, first + rows + len(gone))
    return lines[~np.isin(lines, gone)][:rows] if len(gone) else lines


@dataclass(frozen=True)
class NodeBlock:
    """Nodes of one label.

    Attributes:
        label: a label of the schema.
        table: ``id`` and properties; strings are converted to the schema's types and refused where they cannot be.
        source: the file the rows come from; its rows are stored together or not at all.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
        columns: what the file calls the columns of ``table``, where it differs.
        left_out: lines of rows that nobody asked for.
        fixed: properties of which a stored node must not have another value.
        own: the properties in ``table`` that are the graph's own, beside the schema's.
        cells: the rows as the file has them, by its names, for reasons and rejects; None where that is ``table``.
    """

    label: str
    table: pa.Table
    source: str
    line: int = 1
    refused: Refused = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    left_out: Lines = field(default_factory=no_lines)
    fixed: tuple[str, ...] = ()
    own: tuple[Property, ...] = ()
    cells: pa.Table | None = None

    @property
    def kind(self) -> str:
        """Label of the nodes."""
        return self.label


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
        columns: what the file calls the columns of ``table``, where it differs.
        left_out: lines of rows that nobody asked for.
        existing: labels whose nodes are known to exist, so that nobody needs to look.
        own: the properties in ``table`` that are the graph's own, beside the schema's.
        elsewhere: lines between the rows that another block accounts for.
        cells: the rows as the file has them, by its names, for reasons and rejects; None where that is ``table``.
    """

    name: str
    start: str
    end: str
    table: pa.Table
    source: str
    line: int = 1
    refused: Refused = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    left_out: Lines = field(default_factory=no_lines)
    existing: tuple[str, ...] = ()
    own: tuple[Property, ...] = ()
    elsewhere: Lines = field(default_factory=no_lines)
    cells: pa.Table | None = None

    @property
    def kind(self) -> str:
        """Type of the relationships."""
        return self.name


@dataclass(frozen=True)
class RestBlock:
    """Lines of a file that are rows of nothing, where its other lines are of several types.

    Attributes:
        name: what they are, as the report of the load calls them.
        source: the file.
        refused: those that could not be read as a row, or cannot be of any type.
        left_out: those that nobody asked for.
    """

    name: str
    source: str
    refused: Refused
    left_out: Lines


@dataclass(frozen=True)
class FeatureBlock:
    """Feature vectors of nodes.

    Attributes:
        name: name of the feature matrix.
        label: label of the nodes.
        ids: string [n].
        matrix: float32 [n, F].
        source: the file they come from.
        version: of what made them; vectors of two versions are not kept in one matrix. Empty where nobody knows.
    """

    name: str
    label: str
    ids: Sequence[str]
    matrix: npt.NDArray[np.float32]
    source: str
    version: str = ""


@dataclass(frozen=True)
class FileBlock:
    """A file of several has been read, or could not be, and the others go on.

    Attributes:
        source: the file.
        of: how many files there are; 0 for one that has been counted.
        reason: why it could not be read; empty for one that could.
    """

    source: str
    of: int
    reason: str = ""


Rows: TypeAlias = NodeBlock | RelationshipBlock
RefusedIds: TypeAlias = Callable[[str, pa.ChunkedArray, str], dict[int, str]]
Resolved: TypeAlias = tuple[Rows, Checked]
"""Rows that have been checked; the places of refused ones are those of the block that they come from."""


class Known:
    """What the graph holds when a load begins.

    Args:
        store: the graph; None where there is none, as in a dry run without one.
        workspace: the folder beside it.
        refused: tells of ids of a label which the load refuses, by their places, and why.
    """

    def __init__(self, store: GraphStore | None, workspace: Path, refused: RefusedIds | None = None) -> None:
        self.store, self.workspace = store, workspace
        self._refused = refused
        self._made: dict[Any, Any] = {}

    def once(self, make: Callable[[GraphStore | None], T]) -> T:
        """Return what ``make`` makes of the graph, the same for the whole load."""
        if make not in self._made:
            self._made[make] = make(self.store)
        made: T = self._made[make]
        return made

    def refused(self, label: str, ids: pa.ChunkedArray, said: str) -> dict[int, str]:
        """Return which of ``ids``, which the file calls ``said``, the load refuses since they must exist, and why."""
        return {} if self._refused is None else self._refused(label, ids, said)


@runtime_checkable
class Pending(Protocol):
    """What becomes rows only by what the graph holds."""

    after_its_file: ClassVar[bool]
    """Whether what came before it in its file must be stored first."""

    @property
    def source(self) -> str:
        """The file that it comes from."""
        ...

    def resolve(
        self, known: Known
    ) -> Iterator[Resolved | NodeBlock | RelationshipBlock | FeatureBlock | FileBlock]:
        """Yield what it becomes; raises ``DataError`` where it cannot become anything."""
        ...


Block: TypeAlias = Rows | RestBlock | FeatureBlock | FileBlock | Pending
