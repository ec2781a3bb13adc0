"""Many files, described by worker processes: one that is hostile to its reader costs that file alone."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from graphrec.errors import DataError
from graphrec.media.description import Description
from graphrec.media.encoders.registry import make_encoders
from graphrec.media.journal import Journal
from graphrec.media.kept_descriptions import KeptDescriptions
from graphrec.media.settings import DescribeJob
from graphrec.media.worker_process import Watch, WorkerProcess, see_nothing

_Describe = Callable[[Path, float], Future[str]]

_AHEAD = 4
"""Files for each worker that are described before they are asked for."""
_LEAST_S = 120.0
_S_PER_MB = 2.0


@dataclass(frozen=True)
class Outcome:
    """What became of a file: its description, or the reason why there is none.

    Attributes:
        path: the file.
        digest: of its content.
        described: None where it could not be described.
        reason: why.
        next_is_ready: whether the next file's outcome can be had without waiting.
    """

    path: Path
    digest: str = ""
    described: Description | None = None
    reason: str = ""
    next_is_ready: bool = False


def describe_all(
    files: Sequence[tuple[Path, str]],
    job: DescribeJob,
    *,
    workers: int | None = None,
    limit_s: float | None = None,
    watch: Watch = see_nothing,
) -> Iterator[Outcome]:
    """Describe files, several at a time; yield what became of them, in their order, and keep the journal.

    Content that has been described before is not decoded again, a file that has not changed since is not even read.

    Args:
        files: paths, and the id of what each becomes.
        job: what they have in common. One file alone gets all cores, else each worker is one thread.
        workers: how many processes; None for as many as there are cores.
        limit_s: how long one file may take; None for two minutes and two seconds per megabyte.
        watch: is told, by other threads, how many seconds of a file have been seen.

    Raises:
        ConfigError: an encoder cannot be had.
        StoreError: a result cannot be written.
    """
    kept = KeptDescriptions(job.media, job.settings, make_encoders(job.encoders))
    journal = Journal(job.media)
    known = journal.digests()
    asked = [_Asked.about(path, item, known, kept) for path, item in files]
    cores, unknown = os.cpu_count() or 1, sum(not file.digest for file in asked)
    count = min(workers or cores, max(1, len(asked)))
    with _pool(replace(job, threads=cores if unknown == 1 else 1), count, watch) as describe:

        def begun(file: _Asked) -> Future[str]:
            return describe(file.path, limit_s or _LEAST_S + _S_PER_MB * file.size / 1e6)

        running: deque[tuple[_Asked, Future[str] | None]] = deque()
        remaining = iter(asked)
        while True:
            while len(running) <= _AHEAD * count and (file := next(remaining, None)):
                running.append((file, None if file.digest else begun(file)))
            if not running:
                return
            file, future = running.popleft()
            described = None if future else kept.read(file.digest)
            if described is not None:
                outcome = Outcome(file.path, file.digest, described)
            else:
                outcome = _outcome(file, future or begun(file), kept, journal)
            ready = bool(running) and (running[0][1] is None or running[0][1].done())
            yield replace(outcome, next_is_ready=ready)


@dataclass(frozen=True)
class _Asked:
    """A file, with the digest of its content where that is known and there is a description of it."""

    path: Path
    item: str
    size: int = 0
    modified: int = 0
    digest: str = ""

    @classmethod
    def about(
        cls, path: Path, item: str, known: dict[tuple[str, int, int], str], kept: KeptDescriptions
    ) -> _Asked:
        try:
            status = path.stat()
        except OSError:
            # A worker will meet the same and say what it is.
            return cls(path, item)
        digest = known.get((str(path), status.st_size, status.st_mtime_ns), "")
        if not kept.path(digest).exists():
            digest = ""
        return cls(path, item, status.st_size, status.st_mtime_ns, digest)


def _outcome(file: _Asked, future: Future[str], kept: KeptDescriptions, journal: Journal) -> Outcome:
    try:
        digest = future.result()
    except DataError as error:
        journal.failed(file.path, file.item, str(error))
        return Outcome(file.path, reason=str(error))
    described = kept.read(digest)
    if described is None:
        raise DataError(f"{kept.path(digest)}: just written, and cannot be read; is the disk failing?")
    journal.described(file.path, file.size, file.modified, digest, file.item)
    return Outcome(file.path, digest, described)


@contextmanager
def _pool(job: DescribeJob, count: int, watch: Watch) -> Iterator[_Describe]:
    """Start ``count`` workers; when the block ends, whatever they still do is ended too."""
    processes = [WorkerProcess(job) for _ in range(count)]
    free: SimpleQueue[WorkerProcess] = SimpleQueue()
    for process in processes:
        free.put(process)

    def describe(path: Path, limit_s: float) -> str:
        process = free.get()
        try:
            return process.describe(path, limit_s, watch)
        finally:
            free.put(process)

    threads = ThreadPoolExecutor(count, "describe")
    try:
        yield lambda path, limit_s: threads.submit(describe, path, limit_s)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.close()
        threads.shutdown()
