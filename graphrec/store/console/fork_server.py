"""The process that has everything imported, and splits off one process for each query.

    python -m graphrec.store.console.fork_server MODULE

Its standard input is a socket. With each byte there come a line, another socket, on which it is told how a query fares,
and a file that holds the query and then takes its answer. Who closes a line ends its query, at once; who closes the
standard input ends them all. One process is split off ahead: it has run a query of its own already, since the first one
of a process takes twice as long.
"""

from __future__ import annotations

import errno
import json
import os
import pickle
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

from graphrec.errors import GraphrecError, QueryError
from graphrec.store.console import wall
from graphrec.store.console.job import TOO_MUCH_MEMORY, TOO_MUCH_OUTPUT, Job


@dataclass(frozen=True)
class Spare:
    """A process that waits for its query, which is handed to it by ``way``."""

    pid: int
    way: socket.socket


def main() -> None:
    """Serve until the standard input closes."""
    warm_up: Callable[[], None] = import_module(sys.argv[1]).warm_up
    warm_up()
    asked = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    ended, wake = socket.socketpair()
    for end in (ended, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kept = [asked, ended, wake]
    lines: dict[socket.socket, int] = {}
    spare: Spare | None = _split_off(warm_up, kept)
    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                line: Any = key.fileobj
                if line is ended:
                    with suppress(BlockingIOError):
                        ended.recv(4096)
                elif line is asked:
                    spare = spare or _split_off(warm_up, [*kept, *lines])
                    line = _hand_on(asked, spare)
                    if line is None:
                        for pid in (*lines.values(), spare.pid):
                            os.kill(pid, signal.SIGKILL)
                        return
                    lines[line], spare = spare.pid, None
                    selector.register(line, selectors.EVENT_READ)
                elif line in lines:
                    # Nothing is ever said on it from the other end: it is closed there.
                    os.kill(lines[line], signal.SIGKILL)
                    selector.unregister(line)
            _bury(lines, selector)
            if spare is None and not lines:
                # While a query runs it has the processors for itself.
                spare = _split_off(warm_up, kept)


def _split_off(warm_up: Callable[[], None], others: Iterable[socket.socket]) -> Spare:
    way, theirs = socket.socketpair()
    pid = os.fork()
    if not pid:
        for other in (way, *others):
            other.close()
        _query(theirs, warm_up)
    theirs.close()
    return Spare(pid, way)


def _hand_on(asked: socket.socket, spare: Spare) -> socket.socket | None:
    """Give the next query to the process that waits; return the line to it, or None where no more will come."""
    byte, files, _, _ = socket.recv_fds(asked, 1, 2)
    if not byte:
        return None
    with spare.way as way, suppress(BrokenPipeError):
        socket.send_fds(way, [byte], files)
    os.close(files[1])
    return socket.socket(fileno=files[0])


def _bury(lines: dict[socket.socket, int], selector: selectors.BaseSelector) -> None:
    """Tell of each process that has ended how it did."""
    for line, pid in list(lines.items()):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            del lines[line]
            with suppress(KeyError):
                selector.unregister(line)
            _tell(line, ended=os.waitstatus_to_exitcode(status))
            line.close()


def _query(way: socket.socket, warm_up: Callable[[], None]) -> NoReturn:
    """Be the process of one query."""
    line = None
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        wall.end_with_parent()
        warm_up()
        with way:
            _, (line_file, file), _, _ = socket.recv_fds(way, 1, 2)
        line = socket.socket(fileno=line_file)
        job, (memory, seconds, output) = _taken(file)
        ask = job.begin()
        wall.limit(memory, seconds, output)
        _tell(line, began=True, closed=wall.close_files() if job.closes_files else None)
        content = memoryview(ask())
        while content:
            content = content[os.write(file, content) :]
        _tell(line, done=True)
    except MemoryError:
        _tell(line, failed=QueryError.__name__, words=TOO_MUCH_MEMORY)
    except OSError as error:
        words = (
            TOO_MUCH_OUTPUT if error.errno == errno.EFBIG else f"the query failed: {error.strerror or error}"
        )
        _tell(line, failed=QueryError.__name__, words=words)
    except GraphrecError as error:
        _tell(line, failed=type(error).__name__, words=str(error))
    except BaseException as error:
        _tell(line, failed=QueryError.__name__, words=f"the query failed: {type(error).__name__}: {error}")
    finally:
        # Databases take their time to close, and nobody waits for this one.
        os._exit(0)


def _taken(file: int) -> tuple[Job, tuple[int, float, int]]:
    """Read what is to be done, and leave the file empty."""
    with os.fdopen(os.dup(file), "rb") as told:
        told.seek(0)
        found: tuple[Job, tuple[int, float, int]] = pickle.load(told)
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    return found


def _tell(line: socket.socket | None, **told: Any) -> None:
    with suppress(OSError):
        if line is not None:
            line.sendall(json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    main()
