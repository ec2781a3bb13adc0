"""A graph with users in it, on both databases, and a file that holds a secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphrec.store.base import closing
from graphrec.store.console.store import ConsoleStore
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

SECRET = "s3cr3t-on-the-server"
USERS = [f"u{n}" for n in range(40)]


@pytest.fixture(scope="session")
def secret_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("server") / "secret.csv"
    file.write_text(f"{SECRET}\n")
    return file


def fill(store: LadybugStore | Neo4jStore) -> None:
    store.initialise()
    store.write_nodes("User", nodes(*USERS))
    store.write_nodes("Item", nodes("i", title=["Title"]))
    store.write_relationships(
        "RATED", "User", "Item", edges(*((u, "i") for u in USERS), rating=[4.0] * len(USERS))
    )


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("security") / "w")
    with closing(LadybugStore(workspace, write=True)) as store:
        fill(store)
    return workspace


@pytest.fixture
def embedded(workspace: Workspace) -> Iterator[ConsoleStore]:
    with closing(LadybugStore(workspace)) as store:
        yield store


@pytest.fixture(scope="session")
def served(neo4j_server: Neo4jServer) -> Iterator[ConsoleStore]:
    neo4j_server.empty()
    with closing(Neo4jStore(neo4j_server.uri, neo4j_server.login, write=True)) as store:
        fill(store)
        yield store
