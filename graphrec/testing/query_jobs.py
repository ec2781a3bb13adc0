"""Jobs for queries' processes that no person can type: one tries the walls, one asks the database how it would run."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ladybug

from graphrec.store import ladybug_answers
from graphrec.store.console.job import Ask

MODULE = __name__


def warm_up() -> None:
    """Have everything imported that the jobs need."""
    ladybug_answers.warm_up()


@dataclass(frozen=True)
class Prying:
    """Tries to get out of a query's process; its answer says, of each way, what came of it.

    Attributes:
        file: one that is there, and which anybody may read.
        memory: so many bytes are asked for.
    """

    file: str
    memory: int = 0
    closes_files = True

    def begin(self) -> Ask:
        """Begin with nothing."""
        return self._pry

    def _pry(self) -> bytes:
        ways: dict[str, Callable[[], object]] = {
            "read": lambda: Path(self.file).read_bytes(),
            "write": lambda: Path(self.file).write_bytes(b"x"),
            "create": lambda: os.open(f"{self.file}.new", os.O_CREAT | os.O_WRONLY),
            "list": lambda: list(Path("/").iterdir()),
            "rename": lambda: Path(self.file).rename(f"{self.file}.new"),
            "remove": Path(self.file).unlink,
            "link": lambda: os.link(self.file, f"{self.file}.new"),
            "folder": Path(f"{self.file}.d").mkdir,
            "program": lambda: subprocess.run(["/bin/true"], check=True),
            "fork": os.fork,
            "connect": lambda: socket.create_connection(("127.0.0.1", 1), 1),
            "kill": lambda: os.kill(os.getppid(), signal.SIGTERM),
            "more memory": lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 45, 1 << 45)),
            "memory": lambda: bytearray(self.memory) and None,
        }
        return json.dumps({name: _tried(way) for name, way in ways.items()}).encode()


def _tried(way: Callable[[], object]) -> str:
    try:
        way()
    except (OSError, MemoryError, ValueError) as error:
        return type(error).__name__
    return "done"


@dataclass(frozen=True)
class Plans:
    """Asks the database how it would run texts that nobody has looked at; it runs none of them.

    Attributes:
        path: the database's file.
        texts: Cypher, perhaps.
    """

    path: str
    texts: tuple[str, ...]
    # Else a file that a plan would read could not be looked at.
    closes_files = False

    def begin(self) -> Ask:
        """Open the database."""
        database = ladybug.Database(
            self.path,
            read_only=True,
            buffer_pool_size=1 << 27,
            max_db_size=1 << 30,
        )
        connection = ladybug.Connection(database)
        return lambda: json.dumps([_plan(connection, text) for text in self.texts]).encode()


def _plan(connection: ladybug.Connection, text: str) -> str | None:
    try:
        told = ladybug_answers.run(connection, f"EXPLAIN {text}", {"rows": [], "x": 1})
        return str(told.get_next()[0])
    except (RuntimeError, UnicodeEncodeError):
        return None
