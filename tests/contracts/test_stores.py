"""Every store keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.login import Login
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.older_graph import drop_columns
from graphrec.testing.store_contract import StoreContract
from graphrec.workspace import Workspace


class TestLadybugStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        with closing(LadybugStore(Workspace(tmp_path / "workspace"), write=True)) as store:
            yield store

    def reopened(self, store: GraphStore) -> GraphStore:
        assert isinstance(store, LadybugStore)
        store.close()
        return LadybugStore(store.workspace, write=True)

    def older(self, store: GraphStore, lacking: Sequence[tuple[str, str]]) -> GraphStore:
        assert isinstance(store, LadybugStore)
        store.close()
        drop_columns(store.workspace, lacking)
        return LadybugStore(store.workspace, write=True)


class TestMemoryStore(StoreContract):
    speaks_cypher = False

    @pytest.fixture
    def store(self) -> GraphStore:
        return MemoryStore()


@pytest.mark.neo4j
class TestNeo4jStore(StoreContract):
    @pytest.fixture
    def store(self, neo4j_empty: Neo4jServer, neo4j_login: Login) -> Iterator[GraphStore]:
        self.again = partial(Neo4jStore, neo4j_empty.uri, neo4j_login, write=True)
        with closing(self.again()) as store:
            yield store

    def reopened(self, store: GraphStore) -> GraphStore:
        store.close()
        return self.again()


@pytest.mark.neo4j
class TestNewerNeo4jStore(StoreContract):
    @pytest.fixture
    def store(self, neo4j_newer: Neo4jServer) -> Iterator[GraphStore]:
        neo4j_newer.empty()
        self.again = partial(Neo4jStore, neo4j_newer.uri, neo4j_newer.login, write=True)
        with closing(self.again()) as store:
            yield store

    def reopened(self, store: GraphStore) -> GraphStore:
        store.close()
        return self.again()

