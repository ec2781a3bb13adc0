"""The verb ``ingest``: new video files, loaded and placed by the published model, and how far each file has come."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from graphrec.errors import GraphrecError
from graphrec.loaders.videos import VideoLoader, VideoOptions
from graphrec.loading.load import load
from graphrec.loading.report import LoadReport, Progress, show_nothing
from graphrec.media.journal import Entry, Journal
from graphrec.store.base import GraphStore
from graphrec.store.checks import check_owned
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.serving.placed import Embedded


@dataclass(frozen=True)
class Ingested:
    """What ``ingest`` did.

    Attributes:
        loaded: what became of the files.
        embedded: what the published run placed; None where no run is published yet, or where that failed.
        failure: why it failed, if it did.
    """

    loaded: LoadReport
    embedded: Embedded | None
    failure: str = ""


class State(StrEnum):
    """How far a file has come."""

    FAILED = "failed"
    """It cannot be used; the entry says why."""
    DESCRIBED = "described"
    """It is decoded and described, but not in the graph."""
    LOADED = "loaded"
    """Its nodes are in the graph."""
    EMBEDDED = "embedded"
    """They have embeddings of the run published last: it is recommended."""


@dataclass(frozen=True)
class FileState:
    """A file in the journal, and how far it has come by what the graph holds now."""

    file: str
    item: str
    state: State
    reason: str
    at: int


def ingest(
    store: GraphStore,
    workspace: Workspace,
    paths: Sequence[Path],
    options: VideoOptions,
    *,
    progress: Progress = show_nothing,
) -> Ingested:
    """Load video files and give them the embeddings of the run published last.

    Args:
        store: opened for writing.
        workspace: for features, pictures and runs.
        paths: files, folders and lists.
        options: how videos are described; as those were on which the run was trained.
        progress: is told of each file.

    What is loaded stays, and is told, where placing it fails. Raises ``DataError`` where no file can be used.
    """
    check_owned(store)
    with ThreadPoolExecutor(1) as beside:
        if workspace.runs.exists():
            # What places takes seconds to import: meanwhile other processes decode.
            beside.submit(import_module, "graphrec.serving.load_model")
        report = load(store, VideoLoader(), paths, options, workspace, progress=progress)
    try:
        return Ingested(report, place(store, workspace))
    except GraphrecError as error:
        return Ingested(report, None, str(error))


def place(store: GraphStore, workspace: Workspace, run: str | None = None) -> Embedded | None:
    """Give all that has features but no embedding one of a run, which must be published.

    Args:
        store: opened for writing.
        workspace: of features and runs.
        run: its id; by default the run published last. Where there is none, None is returned.
    """
    # What trains and places takes seconds to import; a workspace without a run needs none of it.
    from graphrec.serving.published import current_run

    if run is None and (published := current_run(store, describing=True)) is not None:
        run = published.id
    if run is None:
        return None
    from graphrec.serving.embed import embed
    from graphrec.serving.load_model import load_run
    from graphrec.training.runs import find_run

    return embed(store, load_run(workspace, find_run(workspace, run)), workspace)


def states(store: GraphStore, workspace: Workspace, paths: Sequence[Path] = ()) -> list[FileState]:
    """Return the files that were ever met, by path, and how far each has come.

    Args:
        store: the graph.
        workspace: whose journal.
        paths: only these files, and those below these folders.
    """
    from graphrec.serving.published import current_run

    wanted = [path.absolute() for path in paths]
    entries = [
        entry
        for entry in Journal(workspace.media).entries()
        if not wanted or any(Path(entry.path).is_relative_to(path) for path in wanted)
    ]
    known = {key for label in ("Item", "Trailer") for key in store.read_nodes(label)["id"].to_pylist()}
    placed: set[str] = set()
    run = current_run(store)
    if run is not None and entries:
        label = run.label
        nodes = {entry.item if label == "Item" else f"{entry.item}#0": entry.item for entry in entries}
        found, _ = store.read_embeddings(label, run.property, list(nodes))
        placed = {nodes[key] for key in found.to_pylist()}
    return [
        FileState(entry.path, entry.item, _state(entry, known, placed), entry.reason, entry.at)
        for entry in entries
    ]


def _state(entry: Entry, known: set[str], placed: set[str]) -> State:
    if entry.reason:
        return State.FAILED
    if entry.item not in known:
        return State.DESCRIBED
    return State.EMBEDDED if entry.item in placed else State.LOADED
