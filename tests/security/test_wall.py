"""What the operating system keeps a query's process from, tried in such a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from graphrec.errors import QueryError, StoreBusy
from graphrec.store.answers import Limits
from graphrec.store.console import processes, wall
from graphrec.store.console.processes import Queries, queries
from graphrec.store.console.store import ConsoleStore
from graphrec.testing import query_jobs
from graphrec.testing.query_jobs import Prying
from graphrec.testing.store_contract import ENDLESS
from graphrec.workspace import Workspace

LIMITS = Limits(seconds=30.0, memory=256 << 20)


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


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _ends(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("how", ["time", "stop"])
def test_an_ended_querys_process_is_gone(embedded: ConsoleStore, how: str) -> None:
    embedded.ask("RETURN 1", {}, LIMITS)
    server = queries("graphrec.store.ladybug_answers")._server
    assert server is not None
    stop, seen = Event(), list[int]()
    if how == "stop":
        Timer(0.5, stop.set).start()
    watcher = Timer(0.3, lambda: seen.extend(_children(server._process.pid)))
    watcher.start()
    with pytest.raises(QueryError, match="stopped" if how == "stop" else "ended after 0.6 s"):
        embedded.ask(ENDLESS[0], {}, Limits(seconds=60 if how == "stop" else 0.6, stop=stop))
    watcher.join()
    assert seen
    assert all(_ends(pid) for pid in seen)


def test_a_killed_process_costs_its_query_alone(embedded: ConsoleStore) -> None:
    embedded.ask("RETURN 1", {}, LIMITS)
    server = queries("graphrec.store.ladybug_answers")._server
    assert server is not None
    Timer(0.5, lambda: [os.kill(pid, signal.SIGKILL) for pid in _children(server._process.pid)]).start()
    with pytest.raises(QueryError, match="ended by the operating system"):
        embedded.ask(ENDLESS[0], {}, LIMITS)
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
        "import os, sys, time, threading\n"
        "from graphrec import open_store\n"
        "from graphrec.store.console.processes import queries\n"
        f"store = open_store({str(workspace.root)!r})\n"
        "store.query('RETURN 1')\n"
        f"threading.Thread(target=store.query, args=({ENDLESS[0]!r},), daemon=True).start()\n"
        "time.sleep(1)\n"
        "print(queries('graphrec.store.ladybug_answers')._server._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        server = int(asking.stdout.readline())
        running = [server, *_children(server)]
        asking.kill()
    assert len(running) >= 2
    assert all(_ends(pid) for pid in running)


def test_too_many_queries_wait_for_their_turn(
    embedded: ConsoleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "BEGIN_S", 1.0)
    monkeypatch.setattr(processes, "queries", lambda module: Queries(module))
    stop = Event()

    def endless() -> None:
        with pytest.raises(QueryError):
            embedded.ask(ENDLESS[0], {}, Limits(seconds=60, stop=stop))

    threads = [Thread(target=endless) for _ in range(processes.AT_ONCE)]
    for thread in threads:
        thread.start()
    try:
        deadline = time.monotonic() + 20
        while queries("graphrec.store.ladybug_answers")._turns._value and time.monotonic() < deadline:
            time.sleep(0.05)
        with pytest.raises(StoreBusy, match="other queries are running"):
            embedded.ask("RETURN 1", {}, LIMITS)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert embedded.ask("RETURN 1 AS one", {}, LIMITS).rows == [(1,)]


def test_a_visitor_clicks_while_others_ask_for_too_much(embedded: ConsoleStore) -> None:
    """Heavy queries run on all cores; what the pages ask goes first."""
    stop = Event()
    heavy = (ENDLESS[0], ENDLESS[1], "RETURN lpad('x', 2000000000, 'y')", ENDLESS[0])

    def ask(text: str) -> None:
        with pytest.raises(QueryError):
            embedded.ask(text, {}, Limits(rows=1 << 60, seconds=60, memory=512 << 20, stop=stop))

    threads = [Thread(target=ask, args=(text,)) for text in heavy]
    for thread in threads:
        thread.start()
    took = []
    try:
        for _ in range(20):
            started = time.monotonic()
            assert (
                embedded.read("MATCH (u:User)-[e:RATED]->(i:Item) RETURN count(e) AS n")["n"][0].as_py() == 40
            )
            took.append(time.monotonic() - started)
            time.sleep(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert sorted(took)[-3] < 1
