"""Runs a query in a process of its own: waits for it, ends it at its limit or when nobody wants it, and says why."""

from __future__ import annotations

import atexit
import json
import logging
import math
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from threading import BoundedSemaphore, Lock
from typing import IO, Any

from graphrec.errors import QueryError, StoreBusy, StoreError
from graphrec.store.answers import Limits
from graphrec.store.console.job import Job

log = logging.getLogger(__name__)

AT_ONCE = max(2, os.cpu_count() or 1)
"""So many queries of one process run at the same time; others wait."""
BEGIN_S = 60.0
"""For so long a query may wait for its turn, and for its database to open."""
TICK_S = 0.05
FAILURES = {kind.__name__: kind for kind in (QueryError, StoreBusy, StoreError)}
SERVER = "graphrec.store.console.fork_server"


def queries(module: str) -> Queries:
    """Return this process's way to run queries whose jobs are defined in ``module``."""
    return _of_process(module, os.getpid())


@lru_cache
def _of_process(module: str, pid: int) -> Queries:
    return Queries(module)


@contextmanager
def turn(turns: BoundedSemaphore, limits: Limits, patience_s: float = math.inf) -> Iterator[None]:
    """Wait for one of the ``turns``, for the block.

    Raises ``QueryError`` for a query that is stopped meanwhile, ``StoreBusy`` after ``patience_s``.
    """
    deadline = time.monotonic() + patience_s
    while not turns.acquire(timeout=TICK_S):
        if limits.stop.is_set():
            raise _stopped()
        if time.monotonic() > deadline:
            raise StoreBusy(f"{AT_ONCE} other queries are running; try again when one has ended")
    try:
        yield
    finally:
        turns.release()


class Queries:
    """Queries in processes of their own, split off from one that waits with everything imported.

    Args:
        module: where the jobs are defined; its ``warm_up`` has everything imported that they need.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._turns = BoundedSemaphore(AT_ONCE)
        self._lock = Lock()
        self._server: _Server | None = None

    def warm_up(self) -> None:
        """Start the process that queries are split off from; it takes the time of its imports, beside this one."""
        with self._lock:
            self._running()

    def run(self, job: Job, limits: Limits, output: int, on_end: Callable[[], None] = lambda: None) -> bytes:
        """Return what the job answers.

        Args:
            job: the query.
            limits: how far it may go.
            output: its answer may have so many bytes.
            on_end: called where the process had to be ended, or ended itself.

        Raises ``QueryError`` where the query is wrong or comes to a limit, ``StoreBusy`` where its turn does not come,
        ``StoreError`` where no process can be had.
        """
        with turn(self._turns, limits, BEGIN_S), _answer_file() as file:
            told = pickle.dumps((job, (limits.memory, limits.seconds, output)), pickle.HIGHEST_PROTOCOL)
            file.write(told)
            file.flush()
            with self._split_off(file) as line:
                try:
                    _Wait(line, limits).for_answer()
                except _Ended as ended:
                    line.close()
                    on_end()
                    raise ended.reason from None
            # Not by a map: a file that shrinks under it would end this process.
            file.seek(0)
            return file.read()

    def _split_off(self, file: IO[bytes]) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            for _ in range(2):
                server = self._running()
                try:
                    server.send(theirs, file)
                    return ours
                except OSError:
                    server.end()
                    self._server = None
            ours.close()
            raise StoreError("no process can be started for a query; `graphrec doctor` tells what is missing")

    def _running(self) -> _Server:
        if self._server is None:
            self._server = _Server(self._module)
        return self._server


class _Server:
    """The process that others are split off from."""

    def __init__(self, module: str) -> None:
        self._line, theirs = socket.socketpair()
        # One thread each: a process that splits off others must have no second one.
        alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        # Memory is limited by address space, so that nothing may take more of it than it uses.
        small = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
        kept = {name: value for name, value in os.environ.items() if "PASSWORD" not in name}
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", SERVER, module],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=kept | alone | small,
                    # No session of its own: among sessions the system shares alike, whoever would go first.
                    process_group=0,
                )
            except OSError as error:
                raise StoreError(
                    f"no process can be started for a query: {error.strerror or error}"
                ) from error
        self._owner = os.getpid()
        atexit.register(self.end)

    def send(self, line: socket.socket, file: IO[bytes]) -> None:
        """Have it split off a process that talks on ``line`` and answers into ``file``."""
        socket.send_fds(self._line, [b"q"], [line.fileno(), file.fileno()])

    def end(self) -> None:
        """End it and all that it has split off."""
        atexit.unregister(self.end)
        if self._owner != os.getpid():
            return  # A fork's end is not its parent's.
        self._line.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()


class _Ended(Exception):
    """The process of a query was ended, or has ended, before its answer was there; ``reason`` says why."""

    def __init__(self, reason: StoreError) -> None:
        self.reason = reason


class _Wait:
    """Waits for what the process of a query says."""

    def __init__(self, line: socket.socket, limits: Limits) -> None:
        self._line, self._limits = line, limits
        self._deadline, self._began = time.monotonic() + BEGIN_S, False
        self._said = b""

    def for_answer(self) -> None:
        """Return when the answer is there; raises ``StoreError`` as the process says, ``_Ended`` where it cannot."""
        while True:
            told = self._next()
            if "began" in told:
                self._deadline, self._began = time.monotonic() + self._limits.seconds, True
                if told["closed"] is False:
                    _warn_once()
            elif "done" in told:
                return
            elif "failed" in told:
                # Whatever the database says of a query that was stopped: it was stopped.
                if self._limits.stop.is_set():
                    raise _Ended(_stopped())
                raise FAILURES.get(told["failed"], QueryError)(told["words"])
            else:
                raise _Ended(_crashed(told.get("ended")))

    def _next(self) -> dict[str, Any]:
        while b"\n" not in self._said:
            if self._limits.stop.is_set():
                raise _Ended(_stopped())
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise _Ended(self._late())
            self._line.settimeout(min(left, TICK_S))
            with suppress(TimeoutError):
                more = self._line.recv(1 << 16)
                if not more:
                    return {"ended": None}
                self._said += more
        line, _, self._said = self._said.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        return told

    def _late(self) -> StoreError:
        if not self._began:
            return StoreBusy(f"the database did not open within {BEGIN_S:g} s; try again later")
        return QueryError(
            f"the query was ended after {self._limits.seconds:g} s, which is the time allowed; ask for less"
        )


@cache
def _warn_once() -> None:
    log.warning(
        "typed queries run where this system would let them open files; `graphrec doctor` says what is missing"
    )


def _stopped() -> QueryError:
    return QueryError("the query was stopped")


def _crashed(code: int | None) -> StoreError:
    """Return the error for a process that ended with ``code``, which is negative for a signal."""
    if code is None or code >= 0:
        return StoreError("the query's process is gone; nothing else is affected; try again")
    if -code == signal.SIGXCPU:
        return QueryError("the query was ended: it used all the processor time allowed; ask for less")
    if -code == signal.SIGKILL:
        return QueryError("the query was ended by the operating system, perhaps for its memory; ask for less")
    return QueryError(
        f"the query failed: the database could not stand it ({signal.Signals(-code).name}), which has ended this query "
        "alone; ask in a simpler or shorter way"
    )


@contextmanager
def _answer_file() -> Iterator[IO[bytes]]:
    """A file in memory where the system has such, else a temporary one."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("graphrec-query", os.MFD_CLOEXEC), "w+b") as file:
            yield file
    else:
        with tempfile.TemporaryFile() as file:
            yield file
