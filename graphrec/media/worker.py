"""What runs in a process of its own: one file at a time, within limits of time and memory."""

from __future__ import annotations

import errno
import logging
import os
import pickle
import resource
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from av.video.frame import VideoFrame

from graphrec.errors import ConfigError, DataError, GraphrecError, StoreError
from graphrec.media.describe_file import describe
from graphrec.media.encoders.registry import make_encoders
from graphrec.media.kept_descriptions import KeptDescriptions, content_digest
from graphrec.media.one_pass import PictureSink
from graphrec.media.settings import DescribeJob
from graphrec.media.thumbnails import spooling

log = logging.getLogger(__name__)

WATCH_S = 0.25


class Worker:
    """Describes files, one after the other."""

    def __init__(self, job: DescribeJob) -> None:
        self._job = job
        # The others decode meanwhile.
        self._encoders = make_encoders(job.encoders, max(1, job.threads // 2))
        self._kept = KeptDescriptions(job.media, job.settings, self._encoders)

    def describe(self, path: Path, watch: PictureSink | None = None) -> str:
        """Describe a file unless its content has been, keep the result, and return the content's digest.

        Raises:
            DataError: the file cannot be used.
            StoreError: the result cannot be written.
        """
        try:
            before = path.stat()
            digest = content_digest(path)
            if self._kept.read(digest) is None:
                self._describe(path, digest, before, watch)
            return digest
        except GraphrecError:
            raise
        except FileNotFoundError as error:
            raise DataError(f"{path}: no such file any more; it vanished while it was read") from error
        except MemoryError as error:
            raise DataError(f"{path}: needs more than the {self._job.memory_mb} MB of --memory-mb") from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise StoreError(
                    f"{self._job.media}: cannot be written: {error.strerror}; free some space"
                ) from error
            raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
        except Exception as error:
            # Whatever one file makes a decoder or encoder raise, the others go on.
            log.debug("%s", path, exc_info=True)
            raise DataError(f"{path}: cannot be described ({type(error).__name__}: {error})") from error

    def _describe(self, path: Path, digest: str, before: os.stat_result, watch: PictureSink | None) -> None:
        job = self._job
        with spooling(job.media / "described") as spool:
            described, frames = describe(
                path, job.settings, self._encoders, spool, threads=job.threads, watch=watch
            )
            after = path.stat()
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise DataError(f"{path}: changed while it was read; load it when it is complete")
            try:
                spool.keep(frames, job.media, digest)
                self._kept.write(digest, described)
            except DataError as error:
                # It is the workspace that is at fault, and would be with the next file.
                raise StoreError(str(error)) from error


class _Watch:
    """Tells the other process, now and then, how many seconds of a file have been seen."""

    def __init__(self, answers: Connection[object, object]) -> None:
        self._answers = answers
        self._next = time.monotonic() + WATCH_S

    def picture(self, start_s: float, end_s: float, frame: VideoFrame) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + WATCH_S
            self._answers.send(end_s)


def main() -> None:
    """Serve the process that started this one.

    It sends a ``DescribeJob``, then paths with time limits; for each go out the seconds that have been seen, as floats,
    and at last what became of it.
    """
    answers: Connection[object, object] = Connection(os.dup(1), readable=False)
    # What libraries print must not get between the answers.
    os.dup2(2, 1)
    job: DescribeJob = pickle.load(sys.stdin.buffer)
    _limit_memory(job.memory_mb)
    worker: Worker | None = None
    while True:
        try:
            path, limit_s = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        # Whoever gave the work ends what takes too long; should they be gone, the alarm does.
        signal.alarm(int(limit_s) + 10)
        answer: str | GraphrecError
        try:
            worker = worker or _made(job)
            answer = worker.describe(path, _Watch(answers))
        except GraphrecError as error:
            answer = error
        signal.alarm(0)
        try:
            answers.send(answer)
        except BrokenPipeError:
            os._exit(1)


def _made(job: DescribeJob) -> Worker:
    try:
        return Worker(job)
    except GraphrecError:
        raise
    except Exception as error:
        raise ConfigError(
            f"what describes videos cannot start ({type(error).__name__}: {error}); it may need more than the "
            f"{job.memory_mb} MB of --memory-mb"
        ) from error


def _limit_memory(megabytes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = megabytes << 20
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == "__main__":
    main()
