"""What a map tells of its nodes, on both databases; the answers are worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import NotFoundError
from graphrec.serving.explore.points import points
from graphrec.serving.explore.spaces import spaces
from graphrec.store.base import GraphStore
from graphrec.testing.store_contract import edges, nodes

VECTORS = {
    "User": {"u": (1, 0), "w": (0, 1)},
    "Item": {"x": (1, 1), "v": (1, 2)},
    "Segment": {"v#1": (2, 0), "v#0": (3, 0)},
    "Frame": {"f": (4, 0), "g": (5, 0)},
}


@pytest.fixture
def store(reading: Callable[..., GraphStore]) -> GraphStore:
    """The graph, to read only."""
    return reading(fill)


@pytest.fixture
def own(database: GraphStore) -> GraphStore:
    """The same graph, to write into."""
    fill(database)
    return database


def fill(store: GraphStore) -> None:
    store.write_nodes("User", nodes("u", "w", "nobody"))
    store.write_nodes(
        "Item", nodes("v", "x", "y", title=["Vau", None, None], thumbnail=["v.jpg", None, None])
    )
    store.write_nodes("Genre", nodes("d", "c", name=["Drama", None]))
    store.write_nodes("Segment", nodes("v#0", "v#1", start_s=[0.0, 65.0], end_s=[65.0, 70.0]))
    store.write_nodes("Frame", nodes("f", "g", time_s=[1.0, 61.5], uri=["f.jpg", "g.jpg"]))
    store.write_relationships("IN_GENRE", "Item", "Genre", edges(("v", "c"), ("v", "d"), ("x", "d")))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(("v", "v#0"), ("v", "v#1")))
    store.write_relationships("HAS_FRAME", "Segment", "Frame", edges(("v#1", "g")))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(("x", "f")))
    store.write_relationships("HIGHLIGHTED", "User", "Segment", edges(("u", "v#0"), ("w", "v#0")))
    store.write_relationships("RATED", "User", "Item", edges(("u", "v")))
    for label, vectors in VECTORS.items():
        rows = np.array(list(vectors.values()), np.float32)
        store.write_embeddings(label, "toy", pa.array(list(vectors)), rows)
    store.write_nodes(
        "GraphrecRun", nodes("toy-1", model=["toy"], property=["toy"], label=["Segment"], published_at=[1])
    )


def test_a_space_names_the_labels_that_have_embeddings(own: GraphStore) -> None:
    (space,) = spaces(own)
    assert (space.run.id, space.run.label, space.labels) == (
        "toy-1",
        "Segment",
        ("User", "Item", "Segment", "Frame"),
    )
    own.drop_embeddings("Frame", "toy")
    assert spaces(own)[0].labels == ("User", "Item", "Segment")


def test_all_that_is_known_of_each_node_stands_in_its_row(store: GraphStore) -> None:
    found = points(store, "toy-1", ["Segment", "Frame", "User", "Item"])
    rows = zip(
        found.label,
        found.ids,
        found.titles,
        found.genres,
        found.records,
        found.new,
        found.pictures,
        strict=True,
    )
    # Drama, of which there are two, is the more common genre. Nobody has chosen x, and so neither f, a frame of it.
    assert [(*row[:3], tuple(row[3]), int(row[4]), bool(row[5]), row[6]) for row in rows] == [
        ("User", "u", "u", (), 2, False, None),
        ("User", "w", "w", (), 1, False, None),
        ("Item", "v", "Vau", ("Drama", "c"), 2, False, "v.jpg"),
        ("Item", "x", "x", ("Drama",), 0, True, None),
        ("Segment", "v#0", "Vau, 0:00 to 1:05", ("Drama", "c"), 2, False, "v.jpg"),
        ("Segment", "v#1", "Vau, 1:05 to 1:10", ("Drama", "c"), 0, False, "g.jpg"),
        ("Frame", "f", "x, 0:01", ("Drama",), 0, True, "f.jpg"),
        ("Frame", "g", "Vau, 1:01", ("Drama", "c"), 0, False, "g.jpg"),
    ]
    assert found.vectors.tolist() == [[1, 0], [0, 1], [1, 2], [1, 1], [3, 0], [2, 0], [4, 0], [5, 0]]


def test_only_the_labels_asked_for_are_read(store: GraphStore) -> None:
    assert points(store, "toy-1", ["Item"]).ids == ["v", "x"]
    assert len(points(store, "toy-1", [])) == 0
    with pytest.raises(NotFoundError, match="graphrec publish other"):
        points(store, "other", ["Item"])


def test_the_digest_tells_other_vectors(own: GraphStore) -> None:
    before = points(own, "toy-1", ["Item"]).digest
    assert points(own, "toy-1", ["Item"]).digest == before
    own.write_embeddings("Item", "toy", pa.array(["v"]), np.array([[1, 3]], np.float32))
    assert points(own, "toy-1", ["Item"]).digest != before
