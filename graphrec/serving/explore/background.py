"""Long work in processes of its own: one at a time, told of as it goes, and ended when nobody wants it any more."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock, Semaphore, Thread
from typing import IO, Literal

from graphrec.serving.explore.errand import Errand

PATIENCE_S = 900.0
"""Work that nobody has asked for so long is given up: who looks at other pages meanwhile comes back."""

POLL_S = 0.1
WORDS = 2000


@dataclass(frozen=True)
class Standing:
    """How a piece of work stands.

    Attributes:
        state: whether it waits for other work, goes on, came to its end, or failed.
        share: how much is done, from 0 to 1.
        words: why it failed.
        seconds: since it was first asked for.
    """

    state: Literal["waiting", "working", "done", "failed"]
    share: float = 0.0
    words: str = ""
    seconds: float = 0.0


class Background:
    """The work of one process's visitors.

    Args:
        at_once: so many processes run at the same time.
        patience_s: how long unwanted work goes on.
    """

    def __init__(self, at_once: int = 1, patience_s: float = PATIENCE_S) -> None:
        self._turns, self._patience_s = Semaphore(at_once), patience_s
        self._lock = Lock()
        self._jobs: dict[str, _Job] = {}

    def want(self, key: str, errand: Errand) -> Standing:
        """Begin the work called ``key`` unless it goes on already, and tell how it stands.

        It is told as done, or failed, until ``forget``; who looks at the result asks no more.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.given_up:
                job = self._jobs[key] = _Job(errand, self._turns, self._patience_s)
                Thread(target=job.run, daemon=True, name=f"background {key}").start()
        return job.asked()

    @property
    def busy(self) -> bool:
        """Whether any work waits or goes on."""
        with self._lock:
            return any(not (job.ended or job.given_up) for job in self._jobs.values())

    def forget(self, key: str) -> None:
        """Let ``key`` begin anew when it is wanted next, unless it goes on."""
        with self._lock:
            if key in self._jobs and self._jobs[key].ended:
                del self._jobs[key]


class _Job:
    def __init__(self, errand: Errand, turns: Semaphore, patience_s: float) -> None:
        self._errand, self._turns, self._patience_s = errand, turns, patience_s
        self._began = self._wanted = time.monotonic()
        self._standing = Standing("waiting")
        self.given_up = False

    @property
    def ended(self) -> bool:
        return self._standing.state in ("done", "failed")

    def asked(self) -> Standing:
        self._wanted = time.monotonic()
        now = self._standing
        return Standing(now.state, now.share, now.words, self._wanted - self._began)

    def run(self) -> None:
        while not self._turns.acquire(timeout=POLL_S):
            if self._unwanted:
                self.given_up = True
                return
        try:
            self._work_on()
        except OSError as error:
            self._standing = Standing(
                "failed", 0.0, f"its process cannot be started: {error.strerror or error}"
            )
        finally:
            self._turns.release()

    @property
    def _unwanted(self) -> bool:
        return time.monotonic() - self._wanted > self._patience_s

    def _work_on(self) -> None:
        # -P: a folder called graphrec where the user happens to be is not this package.
        command = [sys.executable, "-P", "-m", "graphrec.serving.explore.errand"]
        pipe = subprocess.PIPE
        # Threads that wait for one another by going round and round would take the pages' share of the processor.
        environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            self._standing = Standing("working")
            said: list[str] = []
            readers = [
                Thread(target=self._listen, args=(process.stdout,), daemon=True),
                Thread(target=_remember, args=(process.stderr, said), daemon=True),
            ]
            for reader in readers:
                reader.start()
            self._give(process.stdin)
            self._watch(process)
            for reader in readers:
                reader.join()
        if not self.given_up and self._standing.state != "failed":
            self._standing = (
                Standing("done", 1.0)
                if process.returncode == 0
                else Standing("failed", 0.0, _last(said) or f"its process ended with {process.returncode}")
            )

    def _give(self, pipe: IO[bytes]) -> None:
        errand = self._errand
        # What it is made from may be large, and nobody needs it again.
        self._errand = replace(errand, arguments=())
        with suppress(BrokenPipeError):
            pickle.dump((errand.function, errand.arguments), pipe)
            pipe.flush()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
                return
            if self._unwanted:
                self.given_up = True
                process.kill()

    def _listen(self, told: IO[bytes]) -> None:
        for line in told:
            with suppress(ValueError):
                value = json.loads(line)
                if "failed" in value:
                    self._standing = Standing("failed", 0.0, value["failed"])
                else:
                    self._standing = Standing("working", value["share"])


def _remember(told: IO[bytes], said: list[str]) -> None:
    for line in told:
        said[:] = [*said, line.decode("utf-8", "replace")][-20:]


def _last(said: list[str]) -> str:
    lines = "".join(said).strip().splitlines()
    return lines[-1][:WORDS] if lines else ""
