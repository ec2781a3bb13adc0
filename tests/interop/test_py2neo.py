"""A py2neo graph where a store's address may stand, on a real server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from py2neo import Graph, GraphService, SystemGraph
from py2neo.wiring import Wire

import graphrec
from graphrec.errors import ConfigError, StoreError
from graphrec.interop.py2neo import store_of
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.store.base import closing
from graphrec.store.neo4j.login import Login
from graphrec.testing.neo4j_server import Neo4jServer, free_port
from graphrec.testing.store_contract import nodes
from graphrec.workspace import Workspace

RATINGS = TableOptions(rels="RATED", from_="User:user", to="Item:item", property=["rating"])

real = pytest.mark.neo4j

Connect = Callable[..., Graph]


@pytest.fixture
def connect(
    neo4j_empty: Neo4jServer, neo4j_login: Login, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connect]:
    """Make a py2neo graph; nothing of the login is in the environment."""
    for name in ("NEO4J_USERNAME", "NEO4J_PASSWORD", "NEO4J_PASSWORD_FILE", "NEO4J_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    services, sockets = [], []
    begin = Wire.__init__

    def noted(wire: Wire, socket: Any, *rest: Any, **named: Any) -> None:
        sockets.append(socket)
        begin(wire, socket, *rest, **named)

    # py2neo leaves sockets to the garbage collector, of a result that was not read to its end for example.
    monkeypatch.setattr(Wire, "__init__", noted)

    def make(scheme: str = "bolt", kind: Any = Graph, **settings: Any) -> Any:
        given = settings or {"auth": ("neo4j", neo4j_login.password)}
        made = kind(neo4j_empty.uri.replace("bolt", scheme), **given)
        services.append(made if kind is GraphService else made.service)
        return made

    yield make
    for service in services:
        service.connector.close()
    for socket in sockets:
        socket.close()


@real
def test_the_verbs_work_through_a_py2neo_graph(connect: Connect, tmp_path: Path) -> None:
    graph, workspace = connect(), Workspace(tmp_path / "w")
    rng = np.random.default_rng(0)
    rows = [f"u{u},i{i},5" for u in range(30) for i in rng.choice(20, 8, replace=False)]
    (tmp_path / "ratings.csv").write_text("\n".join(["user,item,rating", *rows]), encoding="utf-8")
    with closing(graphrec.open_store(workspace, graph, write=True)) as store:
        report = graphrec.load(store, TableLoader(), [tmp_path / "ratings.csv"], RATINGS, workspace)
        assert report.tallies["RATED"].created == 240
        assert graph.run("MATCH (:User)-[e:RATED]->(:Item) RETURN count(e)").evaluate() == 240
        assert graph.run("MATCH (n:User) RETURN count(n)").evaluate() == store.counts()["User"] == 30
        graph.run("CREATE (:User {id: 'by py2neo'})")
        assert "by py2neo" in store.read_nodes("User")["id"].to_pylist()
    plan = graphrec.Plan("transgrec", {"epochs": 2, "dimension": 4}, split="random-70-10-20")
    run = graphrec.train(workspace, plan, store=graph).run
    with closing(graphrec.open_store(workspace, graph, write=True)) as store:
        graphrec.publish(store, graphrec.load_run(workspace, run))
    with closing(graphrec.open_store(workspace, graph)) as store:
        ranking = graphrec.recommend(store, workspace, graphrec.Request("u7", k=5))
        seen = graph.run("MATCH (:User {id: 'u7'})-[:RATED]->(i) RETURN i.id AS id").to_table()
        assert len(ranking.items) == 5
        assert not {item.id for item in ranking.items} & {row[0] for row in seen}
        with pytest.raises(StoreError, match="reading only"):
            store.initialise()
    published = graph.run("MATCH (i:Item) WHERE i.transgrec IS NOT NULL RETURN count(i)").evaluate()
    assert published == graph.run("MATCH (i:Item) RETURN count(i)").evaluate()


@real
@pytest.mark.parametrize(
    ("scheme", "way"),
    [
        *((scheme, way) for scheme in ("bolt", "neo4j") for way in ("auth", "user and password", "named")),
        # By neo4j://, py2neo's GraphService finds no graphs.
        ("bolt", "by its service"),
    ],
)
def test_all_ways_to_connect_lead_to_the_same_database(
    connect: Connect, neo4j_login: Login, scheme: str, way: str
) -> None:
    match way:
        case "auth":
            graph = connect(scheme)
        case "user and password":
            graph = connect(scheme, user="neo4j", password=neo4j_login.password)
        case "named":
            graph = connect(scheme, auth=("neo4j", neo4j_login.password), name="neo4j")
        case _:
            graph = connect(scheme, GraphService)["neo4j"]
    with closing(store_of(graph, write=True)) as store:
        assert str(neo4j_login.password) not in repr(store) + store.uri
        assert store.uri.startswith(f"{scheme}://127.0.0.1:")
        store.write_nodes("Item", nodes("i"))
    assert graph.run("MATCH (i:Item) RETURN collect(i.id)").evaluate() == ["i"]


@real
def test_graphs_that_are_no_store_are_refused(connect: Connect, neo4j_login: Login) -> None:
    auth = ("neo4j", neo4j_login.password)
    with pytest.raises(StoreError, match="no database 'nowhere'") as caught:
        store_of(connect(auth=auth, name="nowhere"))
    assert str(neo4j_login.password) not in str(caught.value)
    with pytest.raises(ConfigError, match="the system database holds no graph"):
        store_of(connect(kind=SystemGraph))


def test_addresses_are_taken_over_as_they_are() -> None:
    port = free_port()
    # With init_size, py2neo does not connect yet.
    for uri, told in (
        (f"bolt://[::1]:{port}", rf"bolt://\[::1\]:{port} cannot be reached"),
        (f"neo4j://127.0.0.1:{port}", f"neo4j://127.0.0.1:{port} cannot be reached"),
    ):
        with pytest.raises(StoreError, match=told):
            store_of(Graph(uri, auth=("neo4j", "x" * 9), init_size=0))
    for scheme in ("http", "https"):
        with pytest.raises(ConfigError, match="speaks bolt, not http"):
            store_of(Graph(f"{scheme}://127.0.0.1:{port}", auth=("neo4j", "x" * 9), init_size=0))


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    for wrong in (7, object(), Path("x"), SimpleNamespace(service=None, name=None)):
        with pytest.raises(ConfigError, match=r"or a py2neo Graph, not \w+"):
            graphrec.open_store(tmp_path / "w", wrong)
    assert not (tmp_path / "w").exists()


def test_without_py2neo_it_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py2neo", None)
    with pytest.raises(ConfigError, match=r"pip install graphrec\[py2neo\]"):
        graphrec.open_store(tmp_path / "w", object())


def test_py2neo_is_imported_only_where_it_is_asked_for() -> None:
    code = (
        "import sys, graphrec as g, graphrec.interop.py2neo; g.open_store; sys.exit('py2neo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
