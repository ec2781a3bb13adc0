"""The contract of every loader: paths and typed options in, blocks of rows out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from graphrec.errors import DataError

if TYPE_CHECKING:
    from graphrec.loaders.video_blocks import Loaded


class Options(BaseModel):
    """Base of a loader's options; the command line makes one flag of each field."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Refusal(NamedTuple):
    """A line that is no row, why, and its text where the reader gives it."""

    line: int
    reason: str
    text: str = ""


Refused = tuple[Refusal, ...]


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
        fixed: properties of which a stored node must not have another value.
    """

    label: str
    table: pa.Table
    source: str
    line: int = 1
    refused: Refused = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()


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
        existing: labels whose nodes are known to exist, so that nobody needs to look.
    """

    name: str
    start: str
    end: str
    table: pa.Table
    source: str
    line: int = 1
    refused: Refused = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    existing: tuple[str, ...] = ()


@dataclass(frozen=True)
class IntervalBlock:
    """Highlights as stretches of videos; they become HIGHLIGHTED segments by what the store knows of each video.

    Attributes:
        table: ``from`` (user), ``video`` (item), ``start_s``, ``end_s`` and properties of HIGHLIGHTED.
        theta: the share of a segment that a highlight must cover by more than this.
        source: the file the rows come from.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
        columns: what the file calls the columns of ``table``, where it differs.
    """

    table: pa.Table
    theta: float
    source: str
    line: int = 1
    refused: Refused = ()
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MomentBlock:
    """Comments by their time in a video; they become ON a segment or frame by what the store knows of each video.

    Attributes:
        table: ``comment``, ``video`` (item) and ``time_s`` (float64), without nulls.
        label: ``"Segment"`` for the one that the time is in, ``"Frame"`` for the last one before; where a video has
            none, a comment is ON the video.
        source: the file the rows come from.
        line: the line of the first row in that file.
    """

    table: pa.Table
    label: str
    source: str
    line: int = 1


@dataclass(frozen=True)
class TrailerBlock:
    """Trailers of items; those of items that the store does not know are left out.

    Attributes:
        table: ``id``, ``item``, ``title`` (of the trailer, to be compared with the item's), ``uri`` and ``duration_s``.
        source: the file the rows come from.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
    """

    table: pa.Table
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
        of: how many files there are.
        reason: why it could not be read; empty for one that could.
    """

    source: str
    of: int
    reason: str = ""


@dataclass(frozen=True)
class VideosBlock:
    """Described videos that are stored together; those that contradict what the graph holds of them are left out."""

    videos: Sequence[Loaded]


Rows: TypeAlias = NodeBlock | RelationshipBlock | IntervalBlock | MomentBlock | TrailerBlock | FeatureBlock
Block: TypeAlias = Rows | FileBlock | VideosBlock


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
