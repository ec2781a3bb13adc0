"""A store of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.workspace import Workspace


@pytest.fixture(params=["memory", "ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    """Return an empty store, opened for writing."""
    made: GraphStore
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "ladybug":
        made = LadybugStore(Workspace(tmp_path), write=True)
    else:
        server, login = request.getfixturevalue("neo4j_empty"), request.getfixturevalue("neo4j_login")
        made = Neo4jStore(server.uri, login, write=True)
    with closing(made):
        made.initialise()
        yield made
