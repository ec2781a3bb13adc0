"""The graph between a user and a recommendation, on both databases; what is expected is worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.serving.account import Account, Influence, Made
from graphrec.serving.explain import explain
from graphrec.serving.explore.subgraph import Key
from graphrec.serving.explore.why import why
from graphrec.store.base import GraphStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

ANN, FILM = Key("User", "ann"), Key("Item", "film")


@pytest.fixture
def store(reading: Callable[..., GraphStore]) -> GraphStore:
    return reading(fill)


def fill(store: GraphStore) -> None:
    store.write_nodes("User", nodes("ann", "bob", "cat", "new"))
    store.write_nodes("Item", nodes("a", "b", "film", title=["Alpha", None, "Film"]))
    store.write_nodes("Genre", nodes("g", name=["Noir"]))
    pairs = [*((who, what) for who in ("ann", "bob", "cat") for what in ("a", "b")), ("bob", "film")]
    store.write_relationships("RATED", "User", "Item", edges(*pairs, rating=[4.0] * len(pairs)))
    store.write_relationships("LIKED", "User", "Item", edges(("cat", "film")))
    store.write_relationships("IN_GENRE", "Item", "Genre", edges(("film", "g")))
    for label, ids, rows in (
        ("User", ["ann"], [[1, 0]]),
        ("Item", ["a", "b", "film"], [[1, 0], [0, 1], [2, 0]]),
    ):
        store.write_embeddings(label, "toy", pa.array(ids), np.array(rows, np.float32))
    run = nodes("toy-1", model=["toy"], property=["toy"], label=["Item"], published_at=[1])
    store.write_nodes("GraphrecRun", run)


def test_ways_lead_over_those_who_chose_both(store: GraphStore, tmp_path: Path) -> None:
    told = explain(store, Workspace(tmp_path), "ann", "film")
    assert told.sentence == (
        "2 of 2 other users who chose Alpha (a), as ann did, chose Film (film) too. In the model's space the nearest "
        "of ann's history is Alpha (a) (cosine 1.00)."
    )
    assert told.account is None
    found = why(store, Workspace(tmp_path), told)
    assert {(edge.type, edge.start.id, edge.end.id) for edge in found.graph.edges} == {
        *(("RATED", who, what) for who in ("ann", "bob", "cat") for what in ("a", "b")),
        ("RATED", "bob", "film"),
        ("LIKED", "cat", "film"),
        ("alike in the model's space 1.00", "a", "film"),
        ("IN_GENRE", "film", "g"),
    }
    assert found.weights == {(Key("Item", "a"), FILM): 1.0}
    keys = [node.key for node in found.graph.nodes]
    assert len(keys) == len(set(keys)) == 7
    assert next(node for node in found.graph.nodes if node.key == FILM).properties == {"title": "Film"}


def test_what_the_model_used_is_as_wide_as_it_counted(store: GraphStore, tmp_path: Path) -> None:
    told = explain(store, Workspace(tmp_path), "ann", "film")
    of_user = [Influence("Item", "a", 0.5), Influence("Item", "b", 0.25)]
    of_item = [Influence("User", "cat", 0.2), Influence("User", "bob", 0.1), Influence("Item", "b", 0.05)]
    made = Account("toy", Made("of these", 2, of_user), Made("of those", 3, of_item))
    found = why(store, Workspace(tmp_path), replace(told, account=made))
    assert found.weights == {
        # Of each embedding the largest weight is as wide as can be.
        (ANN, Key("Item", "a")): 1.0,
        (ANN, Key("Item", "b")): 0.5,
        (Key("User", "cat"), FILM): 1.0,
        (Key("User", "bob"), FILM): 0.5,
        (Key("Item", "b"), FILM): 0.25,
        (Key("Item", "a"), FILM): 1.0,
    }
    edges = {(edge.start, edge.end): edge.type for edge in found.graph.edges}
    # What the graph has is drawn as such; what only the model knows has a name of its own.
    assert edges[ANN, Key("Item", "a")] == "RATED"
    assert edges[Key("User", "cat"), FILM] == "LIKED"
    assert edges[Key("Item", "b"), FILM] == "made of it x 0.05"


def test_where_nothing_connects_both_ends_stand_alone(store: GraphStore, tmp_path: Path) -> None:
    told = explain(store, Workspace(tmp_path), "new", "b")
    assert told.sentence == "Nothing in new's history leads to b."
    found = why(store, Workspace(tmp_path), told)
    assert {node.key for node in found.graph.nodes} == {Key("User", "new"), Key("Item", "b")}
    assert found.graph.edges == []
