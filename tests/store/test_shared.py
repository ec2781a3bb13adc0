"""One store for many threads, which lets others write in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import StoreBusy, StoreError
from graphrec.store import shared
from graphrec.store.base import Floats
from graphrec.store.ladybug import LadybugStore
from graphrec.store.shared import SharedStore
from graphrec.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path)
    store = LadybugStore(made, write=True)
    store.initialise()
    store.write_nodes("User", pa.table({"id": ["a", "b"]}))
    store.close()
    return made


@pytest.fixture
def store(workspace: Workspace):
    made = SharedStore(workspace)
    yield made
    made.close()


def test_all_read_by_one_store(store: SharedStore) -> None:
    with store.reading() as one, store.reading() as other:
        assert one is other
        assert one.counts()["User"] == 2


def test_many_threads_read_at_once(store: SharedStore) -> None:
    def look(_: int) -> int:
        with store.reading() as graph:
            return graph.read("MATCH (u:User) RETURN count(u) AS n").to_pylist()[0]["n"]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(look, range(64))) == {2}


def test_when_nobody_looks_another_can_write(store: SharedStore, workspace: Workspace) -> None:
    with store.reading(), pytest.raises(StoreBusy):
        LadybugStore(workspace, write=True)
    # It waits until the other has let go.
    LadybugStore(workspace, write=True).close()
    with store.reading() as graph:
        assert graph.counts()["User"] == 2


def test_a_writer_has_it_alone_and_what_it_wrote_is_read(store: SharedStore) -> None:
    with store.reading() as graph:
        assert graph.counts()["User"] == 2
    with store.writing() as graph:
        graph.write_nodes("User", pa.table({"id": ["c"]}))
    with store.reading() as graph:
        assert graph.counts()["User"] == 3


def test_a_writer_waits_for_readers_and_they_for_it(store: SharedStore) -> None:
    written = Event()

    def write() -> None:
        with store.writing() as graph:
            graph.write_nodes("User", pa.table({"id": ["c"]}))
            written.set()

    with ThreadPoolExecutor(1) as pool:
        with store.reading():
            done = pool.submit(write)
            assert not written.wait(0.3)
        done.result(10)
    with store.reading() as graph:
        assert graph.counts()["User"] == 3


def test_who_waits_too_long_is_told(store: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "PATIENCE_S", 0.1)
    with store.reading(), pytest.raises(StoreBusy, match="try again"), store.writing():
        pass
    with store.writing(), pytest.raises(StoreBusy, match="try again"), store.reading():
        pass
    with store.reading() as graph:
        assert graph.counts()["User"] == 2


def test_another_process_that_writes_is_waited_for(
    store: SharedStore, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "PATIENCE_S", 0.2)
    other = LadybugStore(workspace, write=True)
    with pytest.raises(StoreBusy, match="process"), store.writing():
        pass
    with pytest.raises(StoreBusy, match="process"), store.reading():
        pass
    other.close()
    with store.reading() as graph:
        assert graph.counts()["User"] == 2


def test_embeddings_outlive_the_closing_until_somebody_writes(
    store: SharedStore, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    really = LadybugStore._read_embeddings

    def watched(graph: LadybugStore, label: str, name: str) -> tuple[pa.Array, Floats]:
        read.append(name)
        return really(graph, label, name)

    def embed(value: float) -> None:
        other = LadybugStore(workspace, write=True)
        other.write_embeddings("User", "emb", pa.array(["a", "b"]), np.full((2, 3), value, np.float32))
        other.close()

    def first_number() -> tuple[LadybugStore, float]:
        with store.reading() as graph:
            return graph, float(graph.read_embeddings("User", "emb", ["b"])[1][0, 0])

    monkeypatch.setattr(LadybugStore, "_read_embeddings", watched)
    embed(1)
    one, value = first_number()
    assert value == 1
    store.close()
    other, value = first_number()
    assert other is not one
    assert value == 1
    assert read == ["emb"]
    embed(2)
    assert first_number()[1] == 2
    assert read == ["emb", "emb"]


def test_where_there_is_no_graph_that_is_said(tmp_path: Path) -> None:
    empty = SharedStore(Workspace(tmp_path / "none"))
    for _ in range(2):
        with pytest.raises(StoreError, match="no graph"), empty.reading():
            pass
