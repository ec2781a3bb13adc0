"""The verb ``load``: a loader's blocks, checked at the door and written, a file at a time."""

from __future__ import annotations

import csv
import io
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.api.contradictions import Contradictions
from graphrec.api.intervals import resolve
from graphrec.api.moments import place
from graphrec.api.trailers import of_known_items
from graphrec.api.videos import StoredVideos
from graphrec.errors import BadRows, DataError
from graphrec.features import FeatureStore
from graphrec.files import replacing
from graphrec.loaders.base import (
    Block,
    FeatureBlock,
    FileBlock,
    IntervalBlock,
    Loader,
    MomentBlock,
    NodeBlock,
    RelationshipBlock,
    Rows,
    TrailerBlock,
    VideosBlock,
)
from graphrec.loaders.video_blocks import blocks_of
from graphrec.media.journal import Journal
from graphrec.rows import Checked, check
from graphrec.store.base import GraphStore, Written
from graphrec.store.upsert import positions
from graphrec.workspace import Workspace

OnBadRow = Literal["stop", "skip"]

log = logging.getLogger(__name__)

LEAST_SECONDS = 10**8
LEAST_MILLISECONDS = 10**11
"""Both are in 1973: what lies between them is no likely date in milliseconds, and a likely one in seconds."""
SECONDS = (
    "its times, read as epoch milliseconds, all lie before 1974; if they are seconds, say so "
    "(`graphrec load table --time-unit s`) and load it again"
)


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
    """What became of the rows of one label, relationship type or feature matrix."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def add(self, block: NodeBlock | RelationshipBlock, checked: Checked, written: Written) -> None:
        """Count one block."""
        refused = len(checked.refused) + len(block.refused)
        self.read += checked.table.num_rows + checked.repeated + refused
        self.created += written.created
        self.updated += written.updated
        self.unchanged += written.unchanged + checked.repeated
        self.rejected += refused


@dataclass
class LoadReport:
    """What a load did, per label, relationship type and feature matrix.

    Attributes:
        tallies: by name, in the order in which they came.
        failures: files that could not be read, while the others went on.
        rejects: the file that holds the refused rows, if any.
        seconds: how long it took.
    """

    tallies: dict[str, Tally] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    rejects: Path | None = None
    seconds: float = 0.0

    def tally(self, name: str) -> Tally:
        """Return the tally called ``name``, new if need be."""
        return self.tallies.setdefault(name, Tally())


def load(
    store: GraphStore | None,
    loader: Loader,
    paths: Sequence[Path],
    options: Any,
    workspace: Workspace,
    *,
    on_bad_row: OnBadRow = "stop",
    dry_run: bool = False,
    progress: Progress = show_nothing,
) -> LoadReport:
    """Load ``paths`` with ``loader``.

    Args:
        store: where to write, opened for writing; for a dry run opened for reading, or None where there is none.
        loader: what reads the files.
        paths: the files or folders.
        options: the loader's own options.
        workspace: where feature matrices and rejected rows go.
        on_bad_row: ``"stop"`` refuses a file with a bad row whole; ``"skip"`` keeps bad rows in a rejects file.
        dry_run: check the rows and write nothing.
        progress: is told of each block, and of each file where there are many.

    Raises ``BadRows`` (``stop``), ``DataError`` and ``StoreError``; files before the one at fault stay loaded.
    """
    started = time.monotonic()
    known, store = store, None if dry_run else store
    report = LoadReport()
    rejects = _Rejects(workspace.root / "rejects" / time.strftime(f"{loader.name}-%Y%m%d-%H%M%S.csv"))
    features: list[FeatureBlock] = []
    matrices = FeatureStore(workspace.features)
    current: str | None = None
    doubted: str | None = None
    said = Contradictions()
    writing = _Writing(store, report, progress)
    with ExitStack() as held:
        held.callback(rejects.finish, store is not None)
        file = held.enter_context(ExitStack())
        if store is not None:
            store.initialise()
        try:
            for block in _rows(
                loader.blocks(paths, options, workspace.root), known, workspace, report, progress
            ):
                if store is not None and block.source != current:
                    writing.finish()
                    file.close()
                    _write_features(features, matrices, report)
                    file.enter_context(store.transaction())
                if block.source != current:
                    said = Contradictions()
                current = block.source
                if isinstance(block, FeatureBlock):
                    matrices.check(block.name, block.label, block.ids, block.matrix, block.version)
                    features.append(block)
                    progress(block.name, len(block.ids))
                    continue
                if isinstance(block, IntervalBlock):
                    # What they cover may have come just before.
                    writing.finish()
                for rows, checked in _resolved(block, known, said):
                    if rows.source != doubted and _perhaps_seconds(checked.table):
                        doubted = rows.source
                        log.warning("%s: %s", doubted, SECONDS)
                    reasons = _reasons(rows, checked)
                    if reasons and on_bad_row == "stop":
                        raise BadRows(rows.source, reasons, len(reasons))
                    rejects.add(rows, checked)
                    if known is not None and isinstance(rows, NodeBlock):
                        _check_fixed(known, rows, checked.table)
                    writing.take(rows, checked)
        except DataError as error:
            if error.source not in (None, current):
                # The file that cannot be read is the next one: the one before it is whole.
                writing.finish()
                file.close()
                _write_features(features, matrices, report)
            raise
        writing.finish()
        file.close()
        if store is not None:
            _write_features(features, matrices, report)
    if not report.tallies:
        if report.failures:
            others = f" (and {len(report.failures) - 1} more files)" if len(report.failures) > 1 else ""
            raise DataError(f"{report.failures[0].reason}{others}")
        raise DataError(f"{', '.join(map(str, paths))}: nothing to load was found there")
    report.rejects = rejects.path if rejects.rows and store is not None else None
    report.seconds = time.monotonic() - started
    return report


def _rows(
    blocks: Iterable[Block],
    known: GraphStore | None,
    workspace: Workspace,
    report: LoadReport,
    progress: Progress,
) -> Iterator[Rows]:
    """Yield what is to be stored; keep account of files, and of videos that cannot be stored."""
    stored = StoredVideos(known)
    for block in blocks:
        if isinstance(block, FileBlock):
            progress("files", 1, of=block.of)
            if block.reason:
                report.failures.append(Failure(block.source, block.reason))
        elif isinstance(block, VideosBlock):
            kept, refused = stored.compare(block.videos)
            for video, reason in refused:
                Journal(workspace.media).failed(video.file.path, video.file.item, reason)
                report.failures.append(Failure(str(video.file.path), reason))
            yield from blocks_of(kept)
        else:
            yield block


def _resolved(
    block: NodeBlock | RelationshipBlock | IntervalBlock | MomentBlock | TrailerBlock,
    known: GraphStore | None,
    said: Contradictions,
) -> Iterable[tuple[NodeBlock | RelationshipBlock, Checked]]:
    """Return a block's rows, checked; those that depend on the stored graph as what they become by it."""
    if isinstance(block, MomentBlock):
        return place(block, known)
    if isinstance(block, TrailerBlock):
        return of_known_items(block, known)
    if isinstance(block, IntervalBlock):
        if known is None:
            raise DataError("highlights given by start and end need their videos; load those first")
        return [resolve(block, known)]
    names = {key: block.columns.get(key, key) for key in _keys(block)}
    return [(block, said.check(_kind(block), names, _checked(block)))]


def _perhaps_seconds(table: pa.Table) -> bool:
    times = [table[name] for name in table.column_names if schema.is_time(name)]
    return any(LEAST_SECONDS <= (pc.max(column).as_py() or 0) < LEAST_MILLISECONDS for column in times)


def _checked(block: NodeBlock | RelationshipBlock) -> Checked:
    if isinstance(block, NodeBlock):
        return check(block.table, _keys(block), schema.label(block.label).properties, block.columns)
    return check(block.table, _keys(block), schema.relationship(block.name).properties, block.columns)


def _keys(block: NodeBlock | RelationshipBlock) -> list[str]:
    return [schema.KEY] if isinstance(block, NodeBlock) else ["from", "to"]


def _kind(block: NodeBlock | RelationshipBlock) -> tuple[str, ...]:
    return (block.label,) if isinstance(block, NodeBlock) else (block.name, block.start, block.end)


def _reasons(block: NodeBlock | RelationshipBlock, checked: Checked) -> list[tuple[int, str]]:
    """Return line and reason of everything that a block holds and cannot be stored."""
    refused = [(line.line, line.reason) for line in block.refused]
    return sorted([*refused, *((_line(block, row), reason) for row, reason in checked.refused)])


def _line(block: NodeBlock | RelationshipBlock, row: int) -> int:
    line = block.line + row
    for refused in block.refused:
        line += refused.line <= line
    return line


def _check_fixed(store: GraphStore, block: NodeBlock, table: pa.Table) -> None:
    """Raise ``DataError`` where a stored node has another value of a property that stays as it is."""
    if not block.fixed:
        return
    stored = store.read_nodes(block.label, block.fixed)
    at = pa.array(positions(table[schema.KEY], stored[schema.KEY]))
    for name in block.fixed:
        before = stored[name].take(pc.if_else(pc.less(at, 0), None, at))
        other = pc.fill_null(pc.not_equal(before, table[name]), False).to_numpy()
        if other.any():
            row = int(np.argmax(other))
            raise DataError(
                f"{block.source}: {table[schema.KEY][row]} has the {name} {before[row]} in the graph and would "
                f"now get {table[name][row]}; use the --segment-s of before, or another workspace",
                block.source,
            )


@dataclass
class _Writing:
    """The blocks of a file on their way into the store.

    Where a long transaction is committed in parts, they wait until the whole file was found to be good.
    """

    store: GraphStore | None
    report: LoadReport
    progress: Progress
    waiting: list[tuple[NodeBlock | RelationshipBlock, Checked]] = field(default_factory=list)

    def take(self, block: NodeBlock | RelationshipBlock, checked: Checked) -> None:
        self.waiting.append((block, checked))
        if self.store is None or self.store.part_rows is None:
            self.finish()

    def finish(self) -> None:
        for block, checked in self.waiting:
            written = self._write(block, checked.table)
            name = block.label if isinstance(block, NodeBlock) else block.name
            self.report.tally(name).add(block, checked, written)
            self.progress(name, block.table.num_rows)
        self.waiting.clear()

    def _write(self, block: NodeBlock | RelationshipBlock, table: pa.Table) -> Written:
        if self.store is None:
            return Written()
        if isinstance(block, NodeBlock):
            return self.store.write_nodes(block.label, table)
        for label, column in ((block.start, "from"), (block.end, "to")):
            if label in block.existing:
                continue
            # An end that exists already is no news; only new ones are counted.
            written = self.store.write_nodes(label, pa.table({schema.KEY: pc.unique(table[column])}))
            if written.created:
                tally = self.report.tally(label)
                tally.read += written.created
                tally.created += written.created
        return self.store.write_relationships(block.name, block.start, block.end, table)


def _write_features(features: list[FeatureBlock], matrices: FeatureStore, report: LoadReport) -> None:
    for block in features:
        changed = matrices.write(block.name, block.label, block.ids, block.matrix, block.version)
        tally = report.tally(f"feature {block.name}")
        tally.read += len(block.ids)
        tally.created += changed
        tally.unchanged += len(block.ids) - changed
    features.clear()


@dataclass(frozen=True)
class _Reject:
    """A refused row: its values by what the file calls their columns, or the line's text where it is no row."""

    source: str
    line: int
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


class _Rejects:
    """The refused rows with their reasons, as a CSV file that appears when the load ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[_Reject] = []

    def add(self, block: NodeBlock | RelationshipBlock, checked: Checked) -> None:
        source, table = block.source, block.table
        self.rows += [_Reject(source, *line[:2], text=line.text) for line in block.refused]
        columns = [block.columns.get(name, name) for name in table.column_names]
        refused = table.take(pa.array([row for row, _ in checked.refused], pa.int64()))
        for (row, reason), values in zip(checked.refused, refused.to_pylist(), strict=True):
            named = dict(zip(columns, values.values(), strict=True))
            self.rows.append(_Reject(source, _line(block, row), reason, named))

    def finish(self, wanted: bool) -> None:
        """Write the file, unless nothing was refused."""
        if not self.rows or not wanted:
            return
        columns = list(dict.fromkeys(name for row in self.rows for name in row.values))
        files = {source: place for place, source in enumerate(dict.fromkeys(row.source for row in self.rows))}
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["source", "line", "reason", *columns, "text"])
        for row in sorted(self.rows, key=lambda row: (files[row.source], row.line)):
            values = [row.values.get(name) for name in columns]
            writer.writerow([row.source, row.line, row.reason, *values, row.text])
        with replacing(self.path) as file:
            file.write(text.getvalue().encode("utf-8", "surrogatepass"))
