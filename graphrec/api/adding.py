"""New videos, one after the other and in the background: from an uploaded file to whom it would please."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from threading import Event, Lock
from typing import IO
from uuid import uuid4

from graphrec.api.ingest import Ingested, place
from graphrec.errors import DataError, GraphrecError, NotFoundError, StoreBusy, TrainingError
from graphrec.features import FeatureStore
from graphrec.files import replacing, write_json
from graphrec.loaders.video_files import SUFFIXES, find
from graphrec.loaders.videos import VideoLoader, VideoOptions
from graphrec.loading.load import load
from graphrec.media.describe_files import describe_all
from graphrec.media.description import Description
from graphrec.media.probe import duration_s
from graphrec.media.settings import DescribeJob
from graphrec.store.base import GraphStore
from graphrec.training.runs import find_run, snapshot_of
from graphrec.workspace import Workspace

log = logging.getLogger(__name__)

UPLOADS = "uploads"
ENCODERS = ("descriptor", "mobilenet_v2")
SOUND = "logmel"
CHUNK = 1 << 20
REMEMBERED = 100
PATIENCE_S = 900.0
"""So long a described video waits for the graph."""
AGAIN_S = 0.5

Writing = Callable[[], AbstractContextManager[GraphStore]]


class Stage(StrEnum):
    """What is being done to a video."""

    WAITING = "waiting"
    DESCRIBING = "describing"
    """It is decoded once: shots are found, and what it looks and sounds like is put in numbers."""
    STORING = "storing"
    """Its nodes come into the graph."""
    PLACING = "placing"
    """The model gives them embeddings."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass
class Adding:
    """A video on its way; another thread writes what others read.

    Attributes:
        id: of this work.
        path: the file.
        item: the id that the video has in the graph.
        stage: how far it is.
        length_s: seconds of the video.
        wanted: how it is to be described.
        seen_s: how many of its seconds have been decoded.
        described: what was found in it, once that is known.
        begun: when each stage began, by ``time.monotonic``.
        ingested: what became of it, once it is done.
        reason: why it failed, if it did.
        uploaded: whether its file was made for it alone.
        unwanted: set by who cancels it.
    """

    id: str
    path: Path
    item: str
    length_s: float
    wanted: VideoOptions
    stage: Stage = Stage.WAITING
    seen_s: float = 0.0
    described: Description | None = None
    begun: dict[Stage, float] = field(default_factory=dict)
    ingested: Ingested | None = None
    reason: str = ""
    uploaded: bool = False
    unwanted: Event = field(default_factory=Event)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.stage in (Stage.DONE, Stage.FAILED, Stage.CANCELLED)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether nothing of it is in the graph yet."""
        return self.stage in (Stage.WAITING, Stage.DESCRIBING) and not self.unwanted.is_set()

    def enter(self, stage: Stage) -> None:
        """Begin with ``stage``."""
        self.begun[stage] = time.monotonic()
        self.stage = stage


class _Unwanted(Exception):
    """Someone has cancelled the work."""


class Adder:
    """Adds videos to a graph, one at a time, in the order in which they came.

    Args:
        workspace: where files, pictures and features are.
        writing: gives the store to write into; it is asked for only when a video is described, and soon given back.
    """

    def __init__(self, workspace: Workspace, writing: Writing) -> None:
        self._workspace, self._writing = workspace, writing
        self._works: dict[str, Adding] = {}
        self._lock = Lock()
        self._stopping = False
        self._thread = ThreadPoolExecutor(1, "add-video")

    def add(self, path: Path, options: VideoOptions, *, uploaded: bool = False) -> Adding:
        """Begin to add a file; raises ``DataError`` for one that is no video.

        An ``uploaded`` file is removed where the work is cancelled.
        """
        length = duration_s(path)
        (file,) = find([path], options.metadata)
        work = Adding(uuid4().hex[:12], path, file.item, length, options, uploaded=uploaded)
        with self._lock:
            self._works[work.id] = work
            for old in list(self._works)[:-REMEMBERED]:
                del self._works[old]
        work.enter(Stage.WAITING)
        self._thread.submit(self._run, work)
        return work

    def again(self, work: Adding) -> Adding:
        """Begin anew what has failed; what may be in the graph by now keeps its file."""
        return self.add(work.path, work.wanted, uploaded=work.uploaded and Stage.STORING not in work.begun)

    def cancel(self, work: Adding) -> None:
        """Give up what is not in the graph yet; an uploaded file is removed. What is being stored goes on."""
        with self._lock:
            if work.can_be_cancelled:
                work.unwanted.set()
                if work.stage is Stage.WAITING:
                    self._cancelled(work)

    def find(self, work: str) -> Adding | None:
        """Return the work with this id, unless it is forgotten."""
        return self._works.get(work)

    def ahead(self, work: Adding) -> int:
        """Return how many others must be done before this one."""
        earlier = takewhile(lambda other: other is not work, self.latest()[::-1])
        return sum(not other.ended for other in earlier)

    def latest(self) -> list[Adding]:
        """Return what is remembered, the newest first."""
        with self._lock:
            return list(self._works.values())[::-1]

    def stop(self) -> list[Adding]:
        """Begin nothing more, let what is being stored be stored, and return what is not in the graph yet."""
        self._stopping = True
        self._thread.shutdown(wait=False, cancel_futures=True)
        while any(work.stage in (Stage.STORING, Stage.PLACING) for work in self.latest()):
            time.sleep(0.05)
        return [work for work in self.latest() if not work.ended]

    def _run(self, work: Adding) -> None:
        try:
            with self._lock:
                if work.ended:
                    return
                work.enter(Stage.DESCRIBING)
            self._describe(work)
            # What places takes seconds to import, which nobody should wait for who wants to read the graph.
            import_module("graphrec.serving.load_model")
            with self._lock:
                if work.unwanted.is_set():
                    raise _Unwanted
                work.enter(Stage.STORING)
            with ExitStack() as held:
                store = self._patiently(held)
                loaded = load(store, VideoLoader(), [work.path], work.wanted, self._workspace)
                for failure in loaded.failures:
                    raise DataError(failure.reason, failure.file)
                work.enter(Stage.PLACING)
                work.ingested = Ingested(loaded, place(store, self._workspace))
            work.enter(Stage.DONE)
        except _Unwanted:
            self._cancelled(work)
        except GraphrecError as error:
            self._fail(work, str(error))
        except Exception as error:
            log.exception("%s", work.path)
            self._fail(work, f"{type(error).__name__}: {error}")

    def _patiently(self, held: ExitStack) -> GraphStore:
        """Return the store until ``held`` ends; to describe the video took long, so others may take long as well."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return held.enter_context(self._writing())
            except StoreBusy:
                if self._stopping or time.monotonic() > until:
                    raise
                time.sleep(AGAIN_S)

    def _describe(self, work: Adding) -> None:
        def watch(path: Path, seconds: float) -> None:
            work.seen_s = seconds
            if work.unwanted.is_set():
                # It ends the process that decodes.
                raise DataError("cancelled", str(path))

        how = work.wanted
        job = DescribeJob(self._workspace.media, how.settings, how.encoders, memory_mb=how.memory_mb)
        for outcome in describe_all([(work.path, work.item)], job, watch=watch):
            if work.unwanted.is_set():
                raise _Unwanted
            if outcome.reason:
                raise DataError(outcome.reason, str(work.path))
            work.described = outcome.described
        work.seen_s = work.length_s

    def _cancelled(self, work: Adding) -> None:
        others = [other for other in self._works.values() if other is not work and other.path == work.path]
        if work.uploaded and all(other.stage is Stage.CANCELLED for other in others):
            for path in (work.path, work.path.with_suffix(".json")):
                path.unlink(missing_ok=True)
        work.enter(Stage.CANCELLED)

    def _fail(self, work: Adding, reason: str) -> None:
        work.reason = f"{reason}; the video is in the graph, but not placed" if Stage.PLACING in work.begun else reason
        work.enter(Stage.FAILED)


def usual_options(workspace: Workspace, run: str | None) -> VideoOptions:
    """Return how a video is to be described so that ``run`` can place it, or else as the others were."""
    present = _trained_on(workspace, run) or FeatureStore(workspace.features).names()
    encoder = next((name for name in ENCODERS if name in present), ENCODERS[0])
    return VideoOptions.model_validate({"encoder": encoder, "audio": SOUND if SOUND in present else None})


def _trained_on(workspace: Workspace, run: str | None) -> list[str]:
    try:
        found = find_run(workspace, run) if run else None
        return list(snapshot_of(workspace, found).projection["features"]) if found else []
    except (NotFoundError, TrainingError):
        # Its files are on another machine.
        return []


def keep_upload(workspace: Workspace, name: str, content: IO[bytes], about: dict[str, object]) -> Path:
    """Write an uploaded video into the workspace and return where it is.

    Args:
        workspace: the file comes into its folder ``uploads``.
        name: as the visitor's machine calls it; only letters, digits, dots, dashes and underscores of it are kept.
        content: the file.
        about: what is known of the video: title, genres, year, uploader; written beside it.

    Raises ``DataError`` for a name of no video, a file that is none, or one that cannot be written.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{name}: not one of {', '.join(sorted(SUFFIXES))}")
    path = _reserved(workspace.root / UPLOADS, _plain(Path(name).stem), suffix)
    try:
        with replacing(path) as file:
            content.seek(0)
            while chunk := content.read(CHUNK):
                file.write(chunk)
        duration_s(path)
        if known := {key: value for key, value in about.items() if value}:
            write_json(path.with_suffix(".json"), known)
    except DataError as error:
        path.unlink()
        raise DataError(str(error).replace(str(path), name)) from error
    return path


def keep_told(workspace: Workspace, path: Path, about: dict[str, object]) -> Path | None:
    """Write what a visitor knows of a file that stays where it is, and what is told beside it, into the workspace.

    Returns:
        the list, for ``VideoOptions.metadata``; None where the visitor knows nothing.

    Raises ``DataError`` for a file that is no video.
    """
    known = {key: value for key, value in about.items() if value}
    if not known:
        return None
    duration_s(path)
    (file,) = find([path], None)
    if file.fault:
        raise DataError(file.fault, str(path))
    beside = file.metadata.model_dump(exclude_defaults=True)
    told = workspace.root / UPLOADS / f"about-{uuid4().hex[:12]}.json"
    write_json(told, [{**beside, **known, "file": str(file.path)}])
    return told


def _plain(stem: str) -> str:
    return re.sub(r"[^\w.-]+", "-", stem, flags=re.ASCII).strip(".-")[:80] or "video"


_reserving = Lock()


def _reserved(folder: Path, stem: str, suffix: str) -> Path:
    """Make an empty file of a name that no video there has, so that nobody else takes it meanwhile."""
    with _reserving:
        for candidate in _numbered(stem):
            if not any((folder / f"{candidate}{end}").exists() for end in SUFFIXES):
                path = folder / f"{candidate}{suffix}"
                with replacing(path):
                    pass
                return path
    raise AssertionError("unreachable")


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1
