"""What the operating system keeps a query's process from, tried in such a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from threading import Event, Semaphore, Thread
from typing import Any

import pytest

from graphrec.errors import QueryError, StoreBusy
from graphrec.store.answers import Limits
from graphrec.store.console import processes, wall
from graphrec.store.console.processes import Queries, queries
from graphrec.store.console.store import ConsoleStore
from graphrec.testing import query_jobs
from graphrec.testing.limits import ENDLESS_S, WAIT_S, until
from graphrec.testing.query_jobs import Prying
from graphrec.testing.store_contract import ENDLESS
from graphrec.workspace import Workspace

LIMITS = Limits(seconds=WAIT_S, memory=256 << 20)


@pytest.fixture
def at_begin(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What is done whenever a query has begun in its process, before its answer is waited for."""
    acts, real = list[Callable[[], object]](), processes._Wait._next

    def told(wait: processes._Wait) -> dict[str, Any]:
        said = real(wait)
        if "began" in said:
            for act in acts:
                act()
        return said

    monkeypatch.setattr(processes._Wait, "_next", told)
    return acts


def test_this_system_has_the_wall() -> None:
    assert wall.missing() is None


def test_nothing_gets_out_of_a_querys_process(secret_file: Path) -> None:
    before = secret_file.read_bytes()
    told = json.loads(queries(query_jobs.MODULE).run(Prying(str(secret_file), 1 << 30), LIMITS, 1 << 20))
    assert told.pop("memory") == "MemoryError"
    assert told.pop("more memory") == "ValueError"
    assert set(told.values()) == {"PermissionError"}, told
    assert secret_file.read_bytes() == before
    assert len(list(secret_file.parent.iterdir())) == 1


def test_within_the_limits_memory_is_had(secret_file: Path) -> None:
    told = json.loads(queries(query_jobs.MODULE).run(Prying(str(secret_file), 100 << 20), LIMITS, 1 << 20))
    assert told["memory"] == "done"


def test_an_answer_that_is_too_large_is_none(secret_file: Path) -> None:
    with pytest.raises(QueryError, match="its answer is larger"):
        queries(query_jobs.MODULE).run(Prying(str(secret_file)), LIMITS, 10)


def _split_off() -> list[int]:
    """Return the processes of the queries that run now; where there are none, one that waits for the next."""
    server = queries("graphrec.store.ladybug_answers")._server
    assert server is not None
    return _children(server._process.pid)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("how", ["time", "stop"])
def test_an_ended_querys_process_is_gone(
    embedded: ConsoleStore, at_begin: list[Callable[[], object]], how: str
) -> None:
    stop, seen = Event(), list[int]()
    at_begin.append(lambda: seen.extend(_split_off()))
    if how == "stop":
        at_begin.append(stop.set)
    seconds, told = (ENDLESS_S, "stopped") if how == "stop" else (0.6, "ended after 0.6 s")
    with pytest.raises(QueryError, match=told):
        embedded.ask(ENDLESS[0], {}, Limits(seconds=seconds, stop=stop))
    assert len(seen) == 1
    until(lambda: _ended(seen[0]))


def test_a_killed_process_costs_its_query_alone(
    embedded: ConsoleStore, at_begin: list[Callable[[], object]]
) -> None:
    def kill() -> None:
        (pid,) = _split_off()
        os.kill(pid, signal.SIGKILL)

    at_begin.append(kill)
    with pytest.raises(QueryError, match="ended by the operating system"):
        embedded.ask(ENDLESS[0], {}, LIMITS)
    at_begin.clear()
    assert embedded.ask("RETURN 1 AS one", {}, LIMITS).rows == [(1,)]


def test_a_killed_server_of_processes_is_started_again(embedded: ConsoleStore) -> None:
    embedded.ask("RETURN 1", {}, LIMITS)
    server = queries("graphrec.store.ladybug_answers")._server
    assert server is not None
    server._process.kill()
    server._process.wait()
    assert embedded.ask("RETURN 1 AS one", {}, LIMITS).rows == [(1,)]


def test_processes_end_with_the_program_that_asked(workspace: Workspace) -> None:
    script = (
        "from graphrec import open_store\n"
        "from graphrec.store.console import processes\n"
        "real = processes._Wait._next\n"
        "def told(wait):\n"
        "    said = real(wait)\n"
        "    if 'began' in said:\n"
        "        server = processes.queries('graphrec.store.ladybug_answers')._server\n"
        "        print(server._process.pid, flush=True)\n"
        "    return said\n"
        "processes._Wait._next = told\n"
        f"open_store({str(workspace.root)!r}).query({ENDLESS[0]!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        server = int(asking.stdout.readline())
        running = [server, *_children(server)]
        asking.kill()
    assert len(running) == 2
    until(lambda: all(_ended(pid) for pid in running))


def test_too_many_queries_wait_for_their_turn(
    embedded: ConsoleStore, at_begin: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Semaphore(0)
    at_begin.append(begun.release)
    monkeypatch.setattr(processes, "queries", lambda module: Queries(module))
    stop = Event()

    def endless() -> None:
        with pytest.raises(QueryError):
            embedded.ask(ENDLESS[0], {}, Limits(seconds=ENDLESS_S, stop=stop))

    threads = [Thread(target=endless) for _ in range(processes.AT_ONCE)]
    for thread in threads:
        thread.start()
    try:
        assert all(begun.acquire(timeout=WAIT_S) for _ in threads)
        monkeypatch.setattr(processes, "BEGIN_S", 0.2)
        with pytest.raises(StoreBusy, match="other queries are running"):
            embedded.ask("RETURN 1", {}, LIMITS)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    monkeypatch.setattr(processes, "BEGIN_S", WAIT_S)
    assert embedded.ask("RETURN 1 AS one", {}, LIMITS).rows == [(1,)]


def test_a_visitor_clicks_while_others_ask_for_too_much(
    embedded: ConsoleStore, at_begin: list[Callable[[], object]]
) -> None:
    """Heavy queries run on all cores; what the pages ask goes first."""
    stop, begun, running = Event(), Semaphore(0), set[int]()
    at_begin += [lambda: running.update(_split_off()), begun.release]
    heavy = (ENDLESS[0], ENDLESS[1], "RETURN lpad('x', 2000000000, 'y')", ENDLESS[0])

    def ask(text: str) -> None:
        with pytest.raises(QueryError):
            embedded.ask(text, {}, Limits(rows=1 << 60, seconds=ENDLESS_S, memory=512 << 20, stop=stop))

    def click() -> float:
        started = time.monotonic()
        rated = embedded.read("MATCH (u:User)-[e:RATED]->(i:Item) RETURN count(e) AS n")
        assert rated["n"][0].as_py() == 40
        return time.monotonic() - started

    alone = median(click() for _ in range(20))
    threads = [Thread(target=ask, args=(text,)) for text in heavy]
    for thread in threads:
        thread.start()
    try:
        assert all(begun.acquire(timeout=WAIT_S) for _ in range(processes.AT_ONCE))
        beside = median(click() for _ in range(20))
        polite = []
        for pid in list(running):
            with suppress(ProcessLookupError):
                polite.append(os.getpriority(os.PRIO_PROCESS, pid))
        assert any(thread.is_alive() for thread in threads)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert polite
    assert set(polite) == {wall.NICENESS}
    # Where the whole machine is busy a click takes its time with nobody else here too.
    assert beside < max(1.0, 20 * alone)
