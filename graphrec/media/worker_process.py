"""The other end of ``graphrec.media.worker``: a process that describes files, and is ended when it takes too long."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from graphrec.errors import DataError, GraphrecError
from graphrec.media.settings import DescribeJob

Answers: TypeAlias = "Connection[Any, Any]"
Watch = Callable[[Path, float], None]
"""Is told how many seconds of a video have been seen."""


def see_nothing(path: Path, seconds: float) -> None:
    """Watch nothing."""


class WorkerProcess:
    """One worker; it starts with its first file, and again after a file that has cost it its life."""

    def __init__(self, job: DescribeJob) -> None:
        self._job = job
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: Answers | None = None
        self._ending = Lock()
        self._closed = False

    def describe(self, path: Path, limit_s: float, watch: Watch = see_nothing) -> str:
        """Return the digest of a file that is now described.

        Args:
            path: the file.
            limit_s: seconds that it may take.
            watch: is told how many seconds of the video have been seen.

        Raises:
            DataError: the file cannot be used, takes too long or ends the process.
            StoreError: the result cannot be written.
        """
        process, answers = self._given(path, limit_s)
        deadline = time.monotonic() + limit_s
        try:
            answer: object = 0.0
            while isinstance(answer, float):
                left = max(0.0, deadline - time.monotonic())
                if not answers.poll(left):
                    self._end()
                    raise DataError(
                        f"{path}: takes longer than {limit_s:.0f} s; raise --limit-s if it is no hostile file"
                    )
                answer = answers.recv()
                if isinstance(answer, float):
                    watch(path, answer)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            # ValueError: the pipes were closed by ``close`` meanwhile.
            self._end()
            raise DataError(f"{path}: {self._death(process)}") from error
        if isinstance(answer, GraphrecError):
            raise answer
        return str(answer)

    def _given(self, path: Path, limit_s: float) -> tuple[subprocess.Popen[bytes], Answers]:
        """Hand a file to the process; one that has died since its last file is none of this one's fault."""
        for last in (False, True):
            process, answers = self._running()
            assert process.stdin is not None
            try:
                pickle.dump((path, limit_s), process.stdin)
                process.stdin.flush()
                return process, answers
            except (OSError, ValueError) as error:
                self._end()
                if last:
                    raise DataError(f"{path}: {self._death(process)}") from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the process, in the middle of a file if need be, for good."""
        with self._ending:
            self._closed = True
        self._end()

    def _running(self) -> tuple[subprocess.Popen[bytes], Answers]:
        with self._ending:
            if self._closed:
                raise DataError("the workers have been ended")
            if self._process is None:
                self._process = subprocess.Popen(
                    # -P: a folder called graphrec where the user happens to be is not this package.
                    [sys.executable, "-P", "-m", "graphrec.media.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    # Ctrl-C is for the process that gave the work; it ends this one.
                    process_group=0,
                )
                assert self._process.stdin is not None
                assert self._process.stdout is not None
                self._answers = Connection(os.dup(self._process.stdout.fileno()), writable=False)
                pickle.dump(self._job, self._process.stdin)
            assert self._answers is not None
            return self._process, self._answers

    def _end(self) -> None:
        with self._ending:
            process, self._process = self._process, None
            answers, self._answers = self._answers, None
        if process is not None and answers is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, answers):
                if pipe is not None:
                    # What is still in the buffer goes nowhere.
                    with suppress(OSError):
                        pipe.close()

    def _death(self, process: subprocess.Popen[bytes]) -> str:
        code = process.wait()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        return (
            f"reading it ended its process ({how}): it is damaged or hostile, or needs more than the "
            f"{self._job.memory_mb} MB of --memory-mb"
        )
