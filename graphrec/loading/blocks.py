"""What a loader gives to be stored: rows of one label or type, features, and what the graph is asked about first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.rows import Checked
from graphrec.schema import Property
from graphrec.store.base import GraphStore

T = TypeVar("T")


class Refusal(NamedTuple):
    """A line that is no row, why, and its text where the reader gives it."""

    line: int
    reason: str
    text: str = ""


Refused = tuple[Refusal, ...]
Lines: TypeAlias = npt.NDArray[np.int64]


def no_lines() -> Lines:
    """Return int64 [0]."""
    return np.empty(0, np.int64)


def lines_of_rows(first: int, rows: int, refused: Refused, left_out: Lines) -> Lines:
    """Return int64 [rows]: the line of each row of a block whose first line is ``first``, past what is none of them."""
    gone = np.concatenate([np.array([line.line for line in refused], np.int64), left_out])
    lines = np.arange(first, first + rows + len(gone))
    return lines[~np.isin(lines, gone)][:rows] if len(gone) else lines


@dataclass(frozen=True)
class Need:
    """What a row's node is nothing without: a node that its relationships lead to.

    Attributes:
        label: of that node.
        ids: its id for each row.
        said: what the file calls the column of the ids.
    """

    label: str
    ids: pa.ChunkedArray
    said: str


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
        needs: where ends must exist, a row without one of these is refused, and with it what else is said of its node.
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
    needs: tuple[Need, ...] = ()

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

    @property
    def kind(self) -> str:
        """Type of the relationships."""
        return self.name


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
Resolved: TypeAlias = tuple[Rows, Checked]
"""Rows that have been checked; the places of refused ones are those of the block that they come from."""


class Known:
    """What the graph holds when a load begins.

    Args:
        store: the graph; None where there is none, as in a dry run without one.
        workspace: the folder beside it.
    """

    def __init__(self, store: GraphStore | None, workspace: Path) -> None:
        self.store, self.workspace = store, workspace
        self._made: dict[Any, Any] = {}

    def once(self, make: Callable[[GraphStore | None], T]) -> T:
        """Return what ``make`` makes of the graph, the same for the whole load."""
        if make not in self._made:
            self._made[make] = make(self.store)
        made: T = self._made[make]
        return made


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


Block: TypeAlias = Rows | FeatureBlock | FileBlock | Pending
