"""What runs in a process of its own: one file at a time, within limits of time and memory."""

from __future__ import annotations

import errno
import logging
import os
import pickle
import resource
import signal
import sys
from pathlib import Path

from graphrec.errors import ConfigError, DataError, GraphrecError, StoreError
from graphrec.media.describe import describe
from graphrec.media.described import DescribedFiles, content_digest
from graphrec.media.encoders.registry import make_encoders
from graphrec.media.settings import Job
from graphrec.media.thumbnails import spooling

log = logging.getLogger(__name__)


class Worker:
    """Describes files, one after the other."""

    def __init__(self, job: Job) -> None:
        self._job = job
        # The others decode meanwhile.
        self._encoders = make_encoders(job.encoders, max(1, job.threads // 2))
        self._kept = DescribedFiles(job.media, job.settings, self._encoders)

    def describe(self, path: Path) -> str:
        """Describe a file unless its content has been, keep the result, and return the content's digest.

        Raises:
            DataError: the file cannot be used.
            StoreError: the result cannot be written.
        """
        try:
            before = path.stat()
            digest = content_digest(path)
            if self._kept.read(digest) is None:
                self._describe(path, digest, before)
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

    def _describe(self, path: Path, digest: str, before: os.stat_result) -> None:
        job = self._job
        with spooling(job.media / "described") as spool:
            described, frames = describe(path, job.settings, self._encoders, spool, threads=job.threads)
            after = path.stat()
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise DataError(f"{path}: changed while it was read; load it when it is complete")
            try:
                spool.keep(frames, job.media, digest)
                self._kept.write(digest, described)
            except DataError as error:
                # It is the workspace that is at fault, and would be with the next file.
                raise StoreError(str(error)) from error


def main() -> None:
    """Serve the process that started this one: a ``Job``, then paths with time limits; what became of each goes out."""
    answers = os.fdopen(os.dup(1), "wb")
    # What libraries print must not get between the answers.
    os.dup2(2, 1)
    job: Job = pickle.load(sys.stdin.buffer)
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
            answer = worker.describe(path)
        except GraphrecError as error:
            answer = error
        signal.alarm(0)
        try:
            pickle.dump(answer, answers)
            answers.flush()
        except BrokenPipeError:
            os._exit(1)


def _made(job: Job) -> Worker:
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
