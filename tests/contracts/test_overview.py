"""A graph at a glance, what there is to choose from, and whether anything has changed, on both databases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.serving.explore.fingerprint import fingerprint, fingerprint_of_files, fingerprint_of_runs
from graphrec.serving.explore.named import named
from graphrec.serving.explore.names import find, names
from graphrec.serving.explore.overview import Coverage, Ends, overview
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.spliced import spliced_rows
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace


@pytest.fixture
def store(database: GraphStore) -> GraphStore:
    database.write_nodes("User", nodes("u2", "u10", "u1"))
    database.write_nodes("Item", nodes("i1", "i2", "i3", title=["Zebra", None, "Ant"], added_at=[3, 1, 2]))
    database.write_nodes("Frame", nodes("f1", "f2"))
    database.write_relationships("LIKED", "User", "Item", edges(("u1", "i1"), ("u2", "i1")))
    database.write_relationships("LIKED", "User", "Frame", edges(("u1", "f1")))
    database.write_relationships("HAS_FRAME", "Item", "Frame", edges(("i1", "f1"), ("i2", "f2")))
    return database


def publish(store: GraphStore, run: str, name: str, at: int) -> None:
    store.write_embeddings("Item", name, pa.array(["i1", "i3"]), np.eye(2, dtype=np.float32))
    store.write_nodes(
        "GraphrecRun", nodes(run, model=["transgrec"], label=["Item"], property=[name], published_at=[at])
    )


def test_an_overview_counts_draws_and_says_what_is_new(store: GraphStore) -> None:
    publish(store, "older", "one", 1)
    publish(store, "newer", "two", 2)
    found = overview(store, most=1)
    assert dict(found.nodes) == {"User": 3, "Item": 3, "Frame": 2, "GraphrecRun": 2}
    assert set(found.ends) == {
        Ends("LIKED", "User", "Item", 2), Ends("LIKED", "User", "Frame", 1), Ends("HAS_FRAME", "Item", "Frame", 2),
    }  # fmt: skip
    assert [run.id for run in found.runs] == ["newer", "older"]
    assert found.coverage == tuple(Coverage(run, "Item", 2, 3) for run in found.runs)
    assert found.new == 2
    assert [item["id"] for item in found.newest] == ["i3"]


def test_names_are_in_order_of_titles_and_no_more_than_asked_for(store: GraphStore) -> None:
    assert list(names(store, "Item").items()) == [("i3", "Ant"), ("i1", "Zebra"), ("i2", "i2")]
    assert list(names(store, "User", 2)) == ["u1", "u10"]
    assert names(store, "Comment") == {}


def test_what_is_typed_is_looked_for_in_ids_and_titles(store: GraphStore) -> None:
    assert find(store, "Item", "ZEB") == {"i1": "Zebra"}
    assert find(store, "Item", "I") == {"i1": "Zebra", "i2": "i2", "i3": "Ant"}
    assert list(find(store, "Item", "i", 2)) == ["i1", "i2"]
    # Whose id it is, is meant.
    assert find(store, "User", "u1") == {"u1": "u1"}
    assert list(find(store, "User", "U1")) == ["u1", "u10"]
    assert find(store, "Item", "') OR true //") == {}
    with pytest.raises(NotFoundError):
        find(store, "Items", "i")


def test_any_change_makes_another_fingerprint(store: GraphStore) -> None:
    seen = [fingerprint(store)]
    assert fingerprint(store) == seen[0]
    store.write_nodes("Item", nodes("i1", title=["Zebras"]))
    seen.append(fingerprint(store))
    store.write_relationships("LIKED", "User", "Item", edges(("u10", "i3")))
    seen.append(fingerprint(store))
    publish(store, "run", "one", 1)
    seen.append(fingerprint(store))
    publish(store, "run", "one", 2)
    seen.append(fingerprint(store))
    assert len(set(seen)) == len(seen)


def test_embeddings_that_come_later_are_noticed_by_the_files(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    seen = []
    for name in ("one", "two"):
        with closing(LadybugStore(workspace, write=True)) as store:
            store.initialise()
            store.write_nodes("Item", nodes("i1"))
            store.write_embeddings("Item", name, pa.array(["i1"]), np.ones((1, 4), np.float32))
        seen.append(fingerprint_of_files(workspace))
        with closing(LadybugStore(workspace)) as store:
            assert store.counts()["Item"] == 1
            assert fingerprint_of_files(workspace) == seen[-1]
        assert fingerprint_of_files(workspace) == seen[-1]
    assert seen[0] != seen[1]


def test_a_run_that_goes_on_is_noticed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    nothing = fingerprint_of_runs(workspace)
    manifest = workspace.runs / "a" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    begun = fingerprint_of_runs(workspace)
    manifest.write_text('{"test": {}}')
    assert len({nothing, begun, fingerprint_of_runs(workspace)}) == 3


def test_named_queries_take_what_is_typed(store: GraphStore) -> None:
    assert [row["id"] for row in named(store, "cold_items", limit="1")] == ["i3"]
    with pytest.raises(NotFoundError, match="cold_items"):
        named(store, "cold_item")
    with pytest.raises(ConfigError, match="limit"):
        named(store, "cold_items", limit="many")


def test_only_the_schema_becomes_part_of_a_query(store: GraphStore) -> None:
    with pytest.raises(NotFoundError):
        spliced_rows(store, "ends", "e", (), label="User) DETACH DELETE n //", type="LIKED", other="Item")
    with pytest.raises(NotFoundError):
        spliced_rows(store, "ends", "e", (), label="User", type="LIKED`]->() //", other="Item")
