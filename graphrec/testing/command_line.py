"""The command line as a user runs it, less the seconds that a process takes to import torch and its like."""

from __future__ import annotations

import json
import multiprocessing
import os
import runpy
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

LIBRARIES = (
    "torch", "dgl", "pandas", "pyarrow.compute", "pydantic", "rich.markdown", "typer", "neo4j", "networkx", "ladybug",
)  # fmt: skip
"""What takes long to import, and starts no thread by being imported."""

SECONDS = 300


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


def graphrec(
    *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> CommandResult:
    """Run ``graphrec`` in a process of its own, forked from one that has imported ``LIBRARIES`` and no more.

    What ``LIBRARIES`` read from the environment when they are imported is this process's, and what would be done at
    exit (``atexit``) is not done.

    Args:
        arguments: of the command line.
        cwd: the folder to run it in; this one by default.
        env: all environment variables; this process's by default.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        given = (
            list(map(str, arguments)),
            str(cwd or Path.cwd()),
            dict(os.environ if env is None else env),
            out,
            err,
        )
        process = _prepared().Process(target=_run, args=given)
        process.start()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"graphrec {' '.join(given[0])} took more than {SECONDS} s")
        return CommandResult(
            process.exitcode, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        )


@cache
def _prepared() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([name for name in LIBRARIES if find_spec(name.partition(".")[0])])
    return context


def _run(arguments: list[str], cwd: str, env: dict[str, str], out: Path, err: Path) -> None:
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = filter(None, env.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv[1:] = arguments
    runpy.run_module("graphrec", run_name="__main__", alter_sys=True)
