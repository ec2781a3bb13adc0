"""The command line as a user runs it, less the seconds that a process takes to import torch and its like."""

from __future__ import annotations

import json
import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from graphrec.testing.limits import WAIT_S

LIBRARIES = (
    "torch", "dgl", "pandas", "pyarrow.compute", "pydantic", "rich.markdown", "typer", "neo4j", "networkx", "ladybug",
    "scipy.stats", "sklearn.feature_extraction.text", "torch._dynamo",
)  # fmt: skip
"""What takes long to import, and starts no thread by being imported; an optimiser of torch's imports the last."""


@dataclass(frozen=True)
class CommandResult:
    """What a command has ended with and said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output, read as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Running:
    """A command that runs in a process of its own."""

    arguments: list[str]
    process: ForkServerProcess
    out: Path
    err: Path

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        """Return its exit status, or None while it runs."""
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal; raises ``AssertionError`` where it has ended before."""
        assert self.poll() is None, self.end()
        os.kill(self.pid, number)

    def end(self) -> CommandResult:
        """Wait for its end; raises ``TimeoutError`` where it does not come."""
        self.process.join(WAIT_S)
        code = self.poll()
        if code is None:
            raise TimeoutError(f"graphrec {' '.join(self.arguments)} took more than {WAIT_S:g} s")
        return CommandResult(code, self.out.read_text(encoding="utf-8"), self.err.read_text(encoding="utf-8"))


@contextmanager
def begin(
    *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None, before: str = ""
) -> Iterator[Running]:
    """Run ``graphrec`` beside the block, and kill it where it goes on longer; arguments as of ``graphrec``."""
    with tempfile.TemporaryDirectory() as folder:
        words, out, err = list(map(str, arguments)), Path(folder, "out"), Path(folder, "err")
        for path in (out, err):
            path.touch(0o600)
        told = dict(os.environ if env is None else env)
        given = (words, str(cwd or Path.cwd()), told, out, err, before)
        process = _prepared().Process(target=_run, args=given)
        with _without_main():
            process.start()
        try:
            yield Running(words, process, out, err)
        finally:
            if process.exitcode is None:
                process.kill()
                process.join()


def graphrec(
    *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None, before: str = ""
) -> CommandResult:
    """Run ``graphrec`` in a process of its own, forked from one that has imported ``LIBRARIES`` and no more.

    What ``LIBRARIES`` read from the environment when they are imported is this process's, and what would be done at
    exit (``atexit``) is not done.

    Args:
        arguments: of the command line.
        cwd: the folder to run it in; this one by default.
        env: all environment variables; this process's by default.
        before: Python that is run in the process first: it may change what the command would do.
    """
    with begin(*arguments, cwd=cwd, env=env, before=before) as running:
        return running.end()


@contextmanager
def _without_main() -> Iterator[None]:
    """Have a process begin without running this one's ``__main__``: a test of the explorer leaves a page there."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@cache
def _prepared() -> ForkServerContext:
    # Without it DGL writes into the user's home the first time, and says so in front of what every command says.
    os.environ.setdefault("DGLBACKEND", "pytorch")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([name for name in LIBRARIES if find_spec(name.partition(".")[0])])
    return context


def _run(arguments: list[str], cwd: str, env: dict[str, str], out: Path, err: Path, before: str = "") -> None:
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = filter(None, env.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv[1:] = arguments
    exec(before, {"__name__": "before"})
    runpy.run_module("graphrec", run_name="__main__", alter_sys=True)
