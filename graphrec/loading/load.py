"""The verb ``load``: a loader's blocks, checked at the door and written, a file at a time."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from graphrec.errors import BadRows, DataError
from graphrec.features import FeatureStore
from graphrec.loading.blocks import (
    Block,
    FeatureBlock,
    FileBlock,
    Known,
    NodeBlock,
    Pending,
    Resolved,
    RestBlock,
    Rows,
)  # fmt: skip
from graphrec.loading.checking import check_fixed, reasons_of
from graphrec.loading.contradictions import Contradictions
from graphrec.loading.ends import KnownEnds
from graphrec.loading.loader import Loader
from graphrec.loading.planned import Planned
from graphrec.loading.rejects import Rejects
from graphrec.loading.report import Failure, LoadReport, Progress, show_nothing
from graphrec.loading.writing import Writing, write_features
from graphrec.store.base import GraphStore
from graphrec.store.checks import check_owned
from graphrec.workspace import Workspace

OnBadRow = Literal["stop", "skip"]

log = logging.getLogger(__name__)


def load(
    store: GraphStore | None,
    loader: Loader,
    paths: Sequence[Path],
    options: Any,
    workspace: Workspace,
    *,
    on_bad_row: OnBadRow = "stop",
    dry_run: bool = False,
    must_exist: bool = False,
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
        dry_run: check the rows, tell what would be written, and write nothing.
        must_exist: refuse relationships whose ends nobody knows, instead of making nodes of them.
        progress: is told of each block, and of each file where there are many.

    Raises ``BadRows`` (``stop``), ``DataError`` and ``StoreError``; files before the one at fault stay loaded. A graph
    that is somebody else's is refused before anything is read.
    """
    if store is not None:
        check_owned(store)
    started = time.monotonic()
    ends = KnownEnds(store) if must_exist else None
    known = Known(store, workspace.root, ends.refused if ends else None)
    store = None if dry_run else store
    report = LoadReport()
    rejects = Rejects(workspace.root / "rejects" / time.strftime(f"{loader.name}-%Y%m%d-%H%M%S.csv"))
    features: list[FeatureBlock] = []
    matrices = FeatureStore(workspace.features)
    current: str | None = None
    said = Contradictions()
    writing = Writing(store or Planned(known.store), report, progress)
    mended, assumed = Counter[str](), dict[str, None]()
    with ExitStack() as held:
        held.callback(rejects.finish, store is not None)
        file = held.enter_context(ExitStack())
        if store is not None:
            store.initialise()

        def begin(source: str) -> None:
            """Finish the file before, where another begins."""
            nonlocal current, said
            if source == current:
                return
            end()
            if store is not None:
                file.enter_context(store.transaction())
            current, said = source, Contradictions()

        def end() -> None:
            """Finish a file."""
            writing.finish()
            file.close()
            write_features(features, matrices, report, dry_run=dry_run)
            _tell(current, mended, assumed)

        try:
            for block in _unpacked(loader.blocks(paths, options, workspace.root), known, writing, begin):
                if isinstance(block, FileBlock):
                    _note(block, report, progress)
                    continue
                begin(block[0].source if isinstance(block, tuple) else block.source)
                if isinstance(block, FeatureBlock):
                    matrices.check(block.name, block.label, block.ids, block.matrix, block.version)
                    features.append(block)
                    progress(block.name, len(block.ids))
                    continue
                if isinstance(block, RestBlock):
                    if block.refused and on_bad_row == "stop":
                        raise BadRows(
                            block.source, [(line.line, line.reason) for line in block.refused], len(block.refused)
                        )
                    rejects.add_lines(block.source, block.refused)
                    report.tally(block.name).rest(len(block.refused), len(block.left_out))
                    continue
                if isinstance(block, tuple):
                    rows, checked = block
                    checked = ends.check(rows, checked) if ends else checked
                else:
                    rows, checked = block, said.of(block, ends.refuse(block) if ends else None)
                if ends:
                    ends.remember(rows, checked)
                assumed |= dict.fromkeys(checked.assumed)
                mended.update(trimmed=checked.trimmed, composed=checked.composed)
                reasons = reasons_of(rows, checked)
                if reasons and on_bad_row == "stop":
                    raise BadRows(rows.source, reasons, len(reasons))
                rejects.add(rows, checked)
                if known.store is not None and isinstance(rows, NodeBlock):
                    check_fixed(known.store, rows, checked.table)
                writing.take(rows, checked)
        except DataError as error:
            if error.source not in (None, current):
                # The file that cannot be read is the next one: the one before it is whole.
                end()
            raise
        end()
    if not report.tallies:
        if report.failures:
            others = f" (and {len(report.failures) - 1} more files)" if len(report.failures) > 1 else ""
            raise DataError(f"{report.failures[0].reason}{others}")
        raise DataError(f"{', '.join(map(str, paths))}: nothing to load was found there")
    report.rejects = rejects.path if rejects.rows and store is not None else None
    report.seconds = time.monotonic() - started
    return report


def _unpacked(
    blocks: Iterable[Block], known: Known, writing: Writing, begin: Callable[[str], None]
) -> Iterator[Rows | RestBlock | Resolved | FeatureBlock | FileBlock]:
    """Yield what comes, and what becomes of that which only the graph can tell."""
    for block in blocks:
        if not isinstance(block, Pending):
            yield block
            continue
        # What it raises is no fault of the file before.
        begin(block.source)
        if block.after_its_file:
            writing.finish()
        yield from block.resolve(known)


def _tell(source: str | None, mended: Counter[str], assumed: dict[str, None]) -> None:
    """Say once what was mended in the ids of a file, and what was assumed of its columns."""
    for what in assumed:
        log.info("%s: %s", source, what)
    assumed.clear()
    if mended["trimmed"]:
        log.info("%s: blanks around ids are left out, %d times", source, mended["trimmed"])
    if mended["composed"]:
        log.info("%s: decomposed accents of ids are composed (NFC), %d times", source, mended["composed"])
    mended.clear()


def _note(block: FileBlock, report: LoadReport, progress: Progress) -> None:
    """Keep account of a file."""
    if block.of:
        progress("files", 1, of=block.of)
    if block.reason:
        report.failures.append(Failure(block.source, block.reason))
