"""A user or an item out of all that graphrec keeps, on both databases; what is nobody else's goes with it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api import forget as forgetting
from graphrec.api.forget import forget
from graphrec.api.forgotten import stays
from graphrec.errors import NotFoundError, StoreError, TrainingError, UsageError
from graphrec.features import FeatureStore
from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.media.description import thumbnail
from graphrec.media.journal import Journal
from graphrec.store.base import GraphStore, closing
from graphrec.store.neo4j.mapping import read_mapping
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import edges, nodes, stored_edges, stored_nodes
from graphrec.training.runs import find_run, snapshot_of
from graphrec.workspace import Workspace

VIEWS = PROJECTIONS["views"]
AT = 1_600_000_000_000


def fill(store: GraphStore, workspace: Workspace) -> None:
    store.write_nodes("User", nodes("ann", "bob", "cat"))
    store.write_nodes("Item", nodes("v", "w", "x", digest=["dv", "same", "same"]))
    store.write_nodes("Segment", nodes("v#0", "w#0"))
    uris = [f"media/{thumbnail(digest, 1.0)}" for digest in ("dv", "same")]
    store.write_nodes("Frame", nodes("v@1", "w@1", uri=uris))
    store.write_nodes("Trailer", nodes("only v's", "of both"))
    store.write_nodes("Comment", nodes("c1", "c2", "c3", "c4", "c5"))
    pairs = edges(("ann", "v"), ("ann", "w"), ("bob", "v"), ("bob", "x"), ("cat", "w"), at=[AT + n for n in range(5)])
    store.write_relationships("VIEWED", "User", "Item", pairs)
    store.write_relationships("FOLLOWS", "User", "User", edges(("bob", "ann")))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(("v", "v#0"), ("w", "w#0")))
    store.write_relationships("HAS_FRAME", "Segment", "Frame", edges(("v#0", "v@1"), ("w#0", "w@1")))
    trailers = edges(("v", "only v's"), ("v", "of both"), ("w", "of both"))
    store.write_relationships("HAS_TRAILER", "Item", "Trailer", trailers)
    wrote = edges(("ann", "c1"), ("ann", "c2"), ("bob", "c3"), ("bob", "c4"), ("cat", "c5"))
    store.write_relationships("WROTE", "User", "Comment", wrote)
    store.write_relationships("ON", "Comment", "Item", edges(("c1", "v"), ("c3", "w")))
    store.write_relationships("ON", "Comment", "Frame", edges(("c2", "w@1"), ("c4", "v@1")))
    store.write_relationships("ON", "Comment", "Segment", edges(("c5", "v#0"), ("c5", "w#0")))
    store.write_embeddings("User", "taste", pa.array(["ann", "bob"]), np.ones((2, 2), np.float32))
    features = FeatureStore(workspace.features)
    features.write("looks", "Item", ["v", "w", "x"], np.eye(3, dtype=np.float32))
    features.write("looks-frame", "Frame", ["v@1", "w@1"], np.eye(2, dtype=np.float32))
    features.write("ages", "User", ["ann", "bob"], np.eye(2, dtype=np.float32))
    for digest in ("dv", "same"):
        for file in (thumbnail(digest, 1.0), thumbnail(digest, 2.0), f"described/{digest}-0.npz"):
            (workspace.media / file).parent.mkdir(parents=True, exist_ok=True)
            (workspace.media / file).write_bytes(b"x")
    for item in ("v", "w"):
        Journal(workspace.media).described(Path(f"/films/{item}.mp4"), 1, 1, f"d{item}", item)
    for name in ("maps/m.npy", "rejects/a.csv", "rejects/b.csv"):
        (workspace.root / name).parent.mkdir(exist_ok=True)
    (workspace.maps / "m.npy").write_bytes(b"x")
    head = "source,line,reason,user,item,text\r\n"
    (workspace.root / "rejects" / "a.csv").write_text(f"{head}t.csv,2,no time,ann,v,\r\nt.csv,3,no time,bob,w,\r\n")
    (workspace.root / "rejects" / "b.csv").write_text(f'{head}t.csv,4,too long,,,"ann,v,1,2"\r\n')


def run_on(workspace: Workspace, name: str, fingerprint: str) -> None:
    (workspace.runs / name).mkdir(parents=True)
    (workspace.runs / name / "manifest.json").write_text(f'{{"model": "m", "snapshot": "{fingerprint}"}}')


def held(workspace: Workspace, key: str) -> list[str]:
    """Return the files of the workspace, but the database's, that have the text ``key`` in them."""
    files = [file for file in workspace.root.rglob("*") if file.is_file() and "graph.lbug" not in file.name]
    return [str(file.relative_to(workspace.root)) for file in files if key.encode() in file.read_bytes()]


def test_a_user_goes_with_all_that_the_user_wrote(database: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    fill(database, workspace)
    with_ann = snapshot(database, VIEWS, workspace)
    run_on(workspace, "m-1", with_ann.fingerprint)
    planned = forget(database, workspace, "User:ann", dry_run=True)
    assert len(stored_nodes(database, "User")) == 3
    assert (workspace.snapshots / with_ann.fingerprint).exists()
    done = forget(database, workspace, "User:ann")
    assert done == planned
    assert (done.nodes, done.features) == ({"User": 1, "Comment": 2}, {"ages": 1})
    assert (done.snapshots, done.learned, done.rejects) == ([with_ann.fingerprint], ["m-1"], 2)
    assert set(stored_nodes(database, "User")) == {"bob", "cat"}
    assert set(stored_nodes(database, "Comment")) == {"c3", "c4", "c5"}
    assert set(stored_nodes(database, "Item")) == {"v", "w", "x"}
    assert stored_edges(database, "FOLLOWS", "User", "User") == {}
    assert database.read_embeddings("User", "taste")[0].to_pylist() == ["bob"]
    assert held(workspace, "ann") == []
    assert list(csv.reader((tmp_path / "rejects" / "a.csv").read_text().splitlines()))[1][3:5] == ["bob", "w"]
    with pytest.raises(TrainingError, match="is gone; train again"):
        snapshot_of(workspace, find_run(workspace, "m-1"))
    without = snapshot(database, VIEWS, workspace)
    assert without.users.values.to_pylist() == ["bob", "cat"]
    assert len(without.records) == 3
    with pytest.raises(NotFoundError, match="User"):
        forget(database, workspace, "User:ann")


def test_an_item_goes_with_what_is_no_other_items(database: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    fill(database, workspace)
    done = forget(database, workspace, "Item:v")
    assert done.nodes == {"Item": 1, "Trailer": 1, "Segment": 1, "Frame": 1, "Comment": 2}
    assert done.features == {"looks": 1, "looks-frame": 1}
    assert (done.files, done.journal, done.maps) == (3, 1, 1)
    left = {label: set(stored_nodes(database, label)) for label in done.nodes}
    assert left == {
        "Item": {"w", "x"}, "Trailer": {"of both"}, "Segment": {"w#0"}, "Frame": {"w@1"},
        "Comment": {"c2", "c3", "c5"},
    }  # fmt: skip
    assert len(stored_nodes(database, "User")) == 3
    assert [entry.item for entry in Journal(workspace.media).entries()] == ["w"]
    files = sorted(str(file.relative_to(workspace.media)) for file in workspace.media.rglob("*.[jn]p*"))
    assert files == ["described/same-0.npz", "thumbnails/sa/same/1000.jpg", "thumbnails/sa/same/2000.jpg"]


def test_pictures_that_another_item_has_too_stay(database: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    fill(database, workspace)
    assert forget(database, workspace, "Item:w").files == 0
    assert forget(database, workspace, "Item:x").files == 3


def test_only_pictures_of_the_workspace_go(database: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    workspace.media.mkdir(parents=True)
    (tmp_path / "mine.jpg").write_bytes(b"x")
    database.write_nodes("Item", nodes("a", "b", thumbnail=["../mine.jpg", str(tmp_path / "mine.jpg")]))
    assert forget(database, workspace, "Item:a").files == forget(database, workspace, "Item:b").files == 0
    assert (tmp_path / "mine.jpg").exists()


def test_repeating_finishes_what_was_killed(
    database: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    fill(database, workspace)
    snapshot(database, VIEWS, workspace)
    with monkeypatch.context() as patched:
        patched.setattr(forgetting, "drop_files", lambda files: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            forget(database, workspace, "Item:v")
    assert "v" in stored_nodes(database, "Item")
    assert forget(database, workspace, "Item:v").files == 3
    assert "v" not in stored_nodes(database, "Item")


def test_slips_are_told_with_the_nearest(database: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    fill(database, workspace)
    with pytest.raises(NotFoundError, match="did you mean 'ann'"):
        forget(database, workspace, "User:anna")
    for wrong in ("ann", "Genre:g", "User:", ":ann"):
        with pytest.raises(UsageError, match="User:ID or Item:ID"):
            forget(database, workspace, wrong)


@pytest.mark.neo4j
def test_of_somebody_elses_graph_only_graphrecs_own_goes(neo4j_empty: Neo4jServer, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    names: dict[str, Any] = {
        "nodes": {"User": {"label": "User", "id": "id"}, "Item": {"label": "Item", "id": "id"}},
        "relationships": {"VIEWED": {"type": "VIEWED", "at": "at"}},
    }
    server = neo4j_empty
    with closing(Neo4jStore(server.uri, server.login, write=True)) as own:
        own.initialise()
        fill(own, workspace)
        with closing(Neo4jStore(server.uri, server.login, write=True, mapping=read_mapping(names))) as theirs:
            snapshot(theirs, VIEWS, workspace)
            with pytest.raises(StoreError, match="read only"):
                theirs.delete_nodes("User", pa.array(["ann"]))
            kept = sorted(workspace.root.rglob("*"))
            planned = forget(theirs, workspace, "User:ann", dry_run=True)
            told = (bool(stays(planned)), planned.nodes, len(planned.snapshots), planned.features)
            assert told == (True, {"User": 1}, 1, {"ages": 1})
            with pytest.raises(StoreError, match=r"User:ann is still in the graph.*nothing was removed"):
                forget(theirs, workspace, "User:ann")
            assert sorted(workspace.root.rglob("*")) == kept
            assert held(workspace, "ann")
            own.delete_nodes("User", pa.array(["ann"]))
            done = forget(theirs, workspace, "User:ann")
        assert (done.read_only, stays(done), len(done.snapshots)) == (True, "", 1)
        assert set(stored_nodes(own, "User")) == {"bob", "cat"}
        assert held(workspace, "ann") == []
