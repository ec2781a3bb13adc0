"""Both stores keep the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.store_contract import StoreContract
from graphrec.workspace import Workspace


class TestLadybugStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        with closing(LadybugStore(Workspace(tmp_path / "workspace"), write=True)) as store:
            yield store


class TestMemoryStore(StoreContract):
    speaks_cypher = False

    @pytest.fixture
    def store(self) -> GraphStore:
        return MemoryStore()
