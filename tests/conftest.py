"""A real Neo4j server, started once for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphrec.store.neo4j.login import Login
from graphrec.testing.neo4j_server import Neo4jServer, available, free_port


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """The server, which no test may leave stopped."""
    if not available():
        pytest.skip("Neo4j needs Java 17 and Maven")
    server = Neo4jServer(tmp_path_factory.mktemp("neo4j"), free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def neo4j_login(neo4j_server: Neo4jServer) -> Login:
    """Who may log in there."""
    return Login("neo4j", neo4j_server.password_file.read_text())


@pytest.fixture
def neo4j_empty(neo4j_server: Neo4jServer, neo4j_login: Login) -> Neo4jServer:
    """The server, with an empty graph."""
    neo4j_server.empty()
    return neo4j_server
