"""An empty graph to write into, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.workspace import Workspace


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
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
