"""A real server that is killed, missing, locked or slow under the command line: one line, and repeating finishes it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.login import login
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.store.open import open_store
from graphrec.testing.command_line import Running, begin
from graphrec.testing.limits import ENDLESS_S, WAIT_S, until
from graphrec.testing.neo4j_server import Neo4jServer, free_port
from graphrec.testing.store_contract import nodes, stored_edges, stored_nodes
from graphrec.workspace import Workspace

pytestmark = pytest.mark.neo4j

Environment = dict[str, str]

GATED = """
import importlib, time
from pathlib import Path
import neo4j

for name, value in {settings!r}.items():
    module, _, constant = name.rpartition(".")
    setattr(importlib.import_module(module), constant, value)
seen = 0

def gated(real):
    def run(self, text, *given, **named):
        global seen
        seen += {text!r} in str(getattr(text, "text", text))
        if seen == {count} and not Path({reached!r}).exists():
            Path({reached!r}).touch()
            while not Path({go!r}).exists():
                time.sleep(0.01)
        return real(self, text, *given, **named)
    return run

for kind in (neo4j.Transaction, neo4j.Session):
    kind.run = gated(kind.run)
"""
"""Has a command stop before it sends a statement until it is told to go on; with settings of modules."""

PATIENT = {"graphrec.store.neo4j.server.WAIT_SECONDS": WAIT_S}
IMPATIENT = {"graphrec.store.neo4j.server.WAIT_SECONDS": 1}
SMALL_BATCHES = {"graphrec.store.neo4j.write.BATCH_ROWS": 100}
IN_PARTS = {"graphrec.store.neo4j.store.PART_ROWS": 150}
WRITES_RATINGS, WRITES_VECTORS, READS = "CREATE (a)-[:`RATED` {", "setNodeVectorProperty", "collect("


@dataclass(frozen=True)
class Gated:
    """A command in a process of its own, which has come to its gate."""

    running: Running
    go: Path

    def end(self) -> tuple[int, str]:
        """Let it go on, and return its status and what it told."""
        self.go.touch()
        done = self.running.end()
        assert "Traceback" not in done.err
        return done.code, done.err.strip()


@contextmanager
def gated(text: str, count: int, env: Environment, settings: dict[str, Any], *arguments: Any) -> Iterator[Gated]:
    """Run a command during the block, which begins when it is about to send a text for the ``count``th time."""
    folder = Path(env["GRAPHREC_WORKSPACE"]).parent
    reached, go = folder / "reached", folder / "go"
    for path in (reached, go):
        path.unlink(missing_ok=True)
    before = GATED.format(settings=settings, text=text, count=count, reached=str(reached), go=str(go))
    with begin(*arguments, env=env, before=before) as running:
        try:
            until(reached.exists, running)
        except AssertionError as error:
            raise AssertionError(f"{error}: {running.err.read_text(encoding='utf-8')}") from None
        yield Gated(running, go)


@pytest.fixture(scope="module")
def mortal(neo4j_running) -> Iterator[Neo4jServer]:
    """A server that may be killed."""
    with neo4j_running() as server:
        yield server


@pytest.fixture
def own(mortal: Neo4jServer) -> Neo4jServer:
    """The same, running whatever the test before has left."""
    if mortal.pid is None:
        mortal.start()
    return mortal


def asking(server: Neo4jServer, tmp_path: Path, **more: str) -> Environment:
    own = {"GRAPHREC_STORE": server.uri, "NEO4J_PASSWORD_FILE": str(server.password_file),
           "GRAPHREC_WORKSPACE": str(tmp_path / "w")}  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    return kept | own | more


@pytest.fixture
def env(own: Neo4jServer, tmp_path: Path) -> Environment:
    """What names the server, now empty, and a workspace."""
    own.empty()
    return asking(own, tmp_path)


def opened(server: Neo4jServer) -> closing:
    return closing(Neo4jStore(server.uri, server.login, write=True))


@pytest.fixture
def load(load_command, ratings: Path, env: Environment) -> tuple[object, ...]:
    return load_command(ratings, Path(env["GRAPHREC_WORKSPACE"]))


def content(store: Any) -> dict[str, Any]:
    rated = stored_edges(store, "RATED", "User", "Item", "rating", "at")
    return {"counts": store.counts()} | {
        "User": stored_nodes(store, "User"), "Item": stored_nodes(store, "Item", "title"), "RATED": rated
    }  # fmt: skip


@pytest.fixture(scope="session")
def undisturbed(
    graphrec, load_command, ratings: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the ratings are in a graph whose load nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "w"
    assert graphrec(*load_command(ratings, folder)).code == 0
    with closing(LadybugStore(Workspace(folder))) as store:
        return content(store)


def vectors(store: Neo4jStore) -> dict[str, dict[str, list[float]]]:
    found = {}
    for label in ("User", "Item"):
        ids, values = store.read_embeddings(label, "transgrec")
        found[label] = dict(zip(ids.to_pylist(), values.tolist(), strict=True))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("parts", [False, True])
def test_a_load_whose_server_is_killed_is_finished_by_repeating_it(
    graphrec,
    own: Neo4jServer,
    env: Environment,
    load: tuple[object, ...],
    undisturbed: dict[str, Any],
    parts: bool,
) -> None:
    settings = IMPATIENT | SMALL_BATCHES | (IN_PARTS if parts else {})
    with gated(WRITES_RATINGS, 4, env, settings, *load) as running:
        own.stop(kill=True)
        status, told = running.end()
    own.start()
    assert status == 1
    assert f"error: {own.uri} cannot be reached" in told.splitlines()[-1]
    stored = "rows were stored before this failed; repeating the command finishes it"
    assert (stored in " ".join(told.split())) == parts
    with opened(own) as store:
        left = store.counts()["RATED"]
    assert 0 < left < 480 if parts else left == 0
    repeated = graphrec(*load, "--json", env=env)
    assert repeated.code == 0, repeated.err
    assert repeated.json["loaded"]["RATED"]["created"] == 480 - left
    with opened(own) as store:
        assert content(store) == undisturbed


@pytest.mark.slow
def test_a_load_goes_on_when_its_server_comes_back(
    own: Neo4jServer, env: Environment, load: tuple[object, ...], undisturbed: dict[str, Any]
) -> None:
    with gated(WRITES_RATINGS, 4, env, PATIENT | SMALL_BATCHES | IN_PARTS, *load) as running:
        own.stop(kill=True)
        own.start()
        status, told = running.end()
    assert status == 0, told
    with opened(own) as store:
        assert content(store) == undisturbed


@pytest.fixture
def trained(graphrec, env: Environment, load: tuple[object, ...]) -> str:
    """The ratings on the server, and a run that is not published."""
    assert graphrec(*load, env=env).code == 0
    done = graphrec("train", "--model", "transgrec", "--set", "epochs=1", "--set", "dimension=8", "--no-publish",
                    "--json", env=env)  # fmt: skip
    assert done.code == 0, done.err
    return str(done.json["run"])


@pytest.mark.slow
def test_a_publish_whose_server_is_killed_leaves_what_was_published(
    graphrec, own: Neo4jServer, env: Environment, trained: str
) -> None:
    small = {"graphrec.store.neo4j.vectors.FLOATS_PER_BATCH": 160}
    told, published = [], dict[str, dict[str, list[float]]]()
    for count in (1, 4):  # into an empty graph, and over what the repeat had published
        with gated(WRITES_VECTORS, count, env, IMPATIENT | small, "publish", trained) as running:
            own.stop(kill=True)
            told.append(running.end())
        own.start()
        with opened(own) as store:
            assert {label: len(found) for label, found in vectors(store).items()} == (
                {"User": 0, "Item": 0}
                if count == 1
                else {label: len(found) for label, found in published.items()}
            )
        repeated = graphrec("publish", trained, "--json", env=env)
        assert repeated.code == 0, repeated.err
        with opened(own) as store:
            published = published or vectors(store)
            assert set(published["User"]) == {f"u{n}" for n in range(60)}
            assert vectors(store) == published
            assert store.counts()["GraphrecRun"] == 1
            states = store.read("SHOW VECTOR INDEXES YIELD name, state RETURN name, state ORDER BY name")
            assert states.to_pylist() == [
                {"name": f"graphrec_{label}_transgrec", "state": "ONLINE"} for label in ("Item", "User")
            ]
    for status, lines in told:
        assert status == 1
        assert f"error: {own.uri} cannot be reached" in lines.splitlines()[-1]


@pytest.mark.slow
def test_training_whose_server_is_killed_while_it_reads_leaves_nothing(
    graphrec, own: Neo4jServer, env: Environment, load: tuple[object, ...]
) -> None:
    assert graphrec(*load, env=env).code == 0
    train = ("train", "--model", "transgrec", "--set", "epochs=1", "--set", "dimension=8", "--no-publish")
    with gated(READS, 2, env, IMPATIENT, *train) as running:
        own.stop(kill=True)
        status, told = running.end()
    own.start()
    assert (status, told.count("\n")) == (1, 0)
    assert f"{own.uri} cannot be reached" in told
    workspace = Path(env["GRAPHREC_WORKSPACE"])
    assert not [path for folder in ("runs", "snapshots") for path in workspace.glob(f"{folder}/*")]
    repeated = graphrec(*train, "--json", env=env)
    assert repeated.code == 0, repeated.err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"GRAPHREC_STORE": "free"}, "cannot be reached"),
        (
            {"NEO4J_PASSWORD": "s3cret-and-wrong"},
            "refused the login of 'neo4j'; set NEO4J_USERNAME and NEO4J_PASSWORD",
        ),
        ({"NEO4J_USERNAME": "nobody"}, "refused the login of 'nobody'"),
        ({"NEO4J_PASSWORD_FILE": ""}, "refused the login of 'neo4j' without a password"),
        ({"NEO4J_DATABASE": "nowhere"}, "there is no database 'nowhere'; set NEO4J_DATABASE"),
    ],
)
def test_what_is_wrong_with_server_or_login_is_one_line(
    graphrec, own: Neo4jServer, tmp_path: Path, load_command, ratings: Path, more: Environment, told: str
) -> None:
    if more.get("GRAPHREC_STORE") == "free":
        more = {"GRAPHREC_STORE": f"neo4j://127.0.0.1:{free_port()}"}
    env = asking(own, tmp_path, **more)
    # In one process each way of opening the store: for reading, for writing.
    for arguments in (["stats"], load_command(ratings, tmp_path / "w")):
        asked = graphrec(*arguments, env=env)
        assert (asked.code, asked.out, asked.err.count("\n")) == (1, "", 1), asked
        assert told in asked.err
        assert "s3cret" not in asked.err
    assert not (tmp_path / "w").exists()


def still_running(server: Neo4jServer, what: str) -> bool:
    with opened(server) as store:
        text = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS $what RETURN currentQuery"
        return any(row[0] != text for row in store._server.rows(text, what=what))


LONG = "UNWIND range(1, 100000000) AS a UNWIND range(1, 100000) AS b RETURN count(*) AS n"


def test_ctrl_c_ends_a_query_here_and_on_the_server(
    own: Neo4jServer, env: Environment, tmp_path: Path
) -> None:
    (tmp_path / "long.cypher").write_text(LONG, encoding="utf-8")
    # By itself it would end after an hour.
    with begin("query", tmp_path / "long.cypher", "--seconds", f"{ENDLESS_S:g}", env=env) as running:
        until(lambda: still_running(own, "100000000"), running)
        running.send_signal(signal.SIGINT)
        asked = running.end()
    told = "stopped; what was finished is kept, repeat the command to go on\n"
    assert (asked.code, asked.out, asked.err) == (130, "", told)
    until(lambda: not still_running(own, "100000000"))


def test_a_query_that_takes_too_long_is_ended_with_one_line(
    graphrec, own: Neo4jServer, env: Environment, tmp_path: Path
) -> None:
    (tmp_path / "long.cypher").write_text(LONG, encoding="utf-8")
    asked = graphrec("query", tmp_path / "long.cypher", "--seconds", "1", env=env)
    told = "error: the query was ended after 1 s, which is the time allowed; ask for less\n"
    assert (asked.code, asked.out, asked.err) == (1, "", told)
    until(lambda: not still_running(own, "100000000"))


def test_ctrl_c_in_a_load_doubles_nothing(
    graphrec, own: Neo4jServer, env: Environment, load: tuple[object, ...], undisturbed: dict[str, Any]
) -> None:
    with gated(WRITES_RATINGS, 4, env, SMALL_BATCHES | IN_PARTS, *load) as gate:
        gate.running.send_signal(signal.SIGINT)
        stopped = gate.running.end()
    assert stopped.code == 130
    assert stopped.err.splitlines()[-1] == "stopped; what was finished is kept, repeat the command to go on"
    with opened(own) as store:
        assert 0 < store.counts()["RATED"] < 480
    repeated = graphrec(*load, env=env)
    assert repeated.code == 0, repeated.err
    with opened(own) as store:
        assert content(store) == undisturbed


def _child(folder: str, uri: str, answers: multiprocessing.Queue[int]) -> None:
    with closing(open_store(folder, uri, write=True)) as store:
        store.write_nodes("User", nodes("of the child"))
        answers.put(store.counts()["User"])


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_every_process_has_a_connection_of_its_own(
    own: Neo4jServer, env: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", env["NEO4J_PASSWORD_FILE"])
    context: Any = multiprocessing.get_context(method)
    answers = context.Queue()
    with closing(Neo4jStore(own.uri, login(), write=True)) as store:
        store.initialise()
        with store.transaction():
            store.write_nodes("User", nodes("of the parent"))
            child = context.Process(target=_child, args=(str(tmp_path / "w"), own.uri, answers))
            child.start()
            assert answers.get(timeout=WAIT_S) == 1  # it does not see what is not committed
            child.join(WAIT_S)
        assert child.exitcode == 0
        assert set(stored_nodes(store, "User")) == {"of the child", "of the parent"}


@pytest.mark.slow
def test_a_database_that_may_not_be_written_to_says_so(
    graphrec, own: Neo4jServer, env: Environment, trained: str, load: tuple[object, ...]
) -> None:
    own.stop(kill=True)
    locked = replace(own, settings=(*own.settings, "server.databases.read_only=neo4j"))
    locked.start()
    try:
        more = Path(env["GRAPHREC_WORKSPACE"]).parent / "more.csv"
        more.write_text("user,item,rating,time\nnew,item,5,1\n", encoding="utf-8")
        # With routing it is the driver that finds no member to write to.
        for scheme, *arguments in (
            ("bolt", "publish", trained),
            ("neo4j", "publish", trained),
            ("bolt", "load", "table", more, *load[3:]),
            ("neo4j", *load),
        ):
            refused = graphrec(*arguments, env=env | {"GRAPHREC_STORE": own.uri.replace("bolt", scheme)})
            assert (refused.code, refused.err.count("\n")) == (1, 1), refused.err
            assert "take it out of server.databases.read_only" in refused.err
        assert graphrec("recommend", "u1", "--json", env=env).json["basis"] == "popularity"
    finally:
        locked.stop(kill=True)
