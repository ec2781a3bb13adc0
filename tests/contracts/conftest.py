"""A graph on each database: an empty one to write into, or one that is made once and only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.workspace import Workspace

DATABASES = ["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)]
Fill = Callable[[GraphStore], None]
Reading = Callable[[Fill], GraphStore]


@dataclass
class Kept:
    """Graphs by what has filled them: each in a database of its own, and the last one on the server."""

    embedded: dict[Fill, Workspace] = field(default_factory=dict)
    on_server: Fill | None = None


@pytest.fixture(scope="session")
def kept() -> Kept:
    """What is there to be read again."""
    return Kept()


@pytest.fixture
def neo4j_empty(neo4j_empty: Neo4jServer, kept: Kept) -> Neo4jServer:
    """The server, with an empty graph in place of what was kept there."""
    kept.on_server = None
    return neo4j_empty


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    """An initialised store, open for writing."""
    if request.param == "ladybug":
        opened: GraphStore = LadybugStore(Workspace(tmp_path), write=True)
    else:
        server: Neo4jServer = request.getfixturevalue("neo4j_empty")
        opened = Neo4jStore(server.uri, server.login, write=True)
    with closing(opened):
        opened.initialise()
        yield opened


@pytest.fixture(params=DATABASES)
def reading(
    request: pytest.FixtureRequest, kept: Kept, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reading]:
    """Open the graph that a file's ``fill`` makes, to read only: ``reading(fill)``, the same one for all its tests."""

    def make(store: GraphStore, fill: Fill) -> None:
        with closing(store):
            store.initialise()
            fill(store)

    def embedded(fill: Fill) -> GraphStore:
        if fill not in kept.embedded:
            workspace = Workspace(tmp_path_factory.mktemp("kept"))
            make(LadybugStore(workspace, write=True), fill)
            kept.embedded[fill] = workspace
        return LadybugStore(kept.embedded[fill])

    def on_server(fill: Fill) -> GraphStore:
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        if kept.on_server is not fill:
            request.getfixturevalue("neo4j_empty")
            make(Neo4jStore(server.uri, server.login, write=True), fill)
            kept.on_server = fill
        return Neo4jStore(server.uri, server.login)

    opened = embedded if request.param == "ladybug" else on_server
    with ExitStack() as stack:
        yield lambda fill: stack.enter_context(closing(opened(fill)))
