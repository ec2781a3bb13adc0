"""Neighbours, and the graph in an answer, on both databases; what is expected is worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.serving.explore.subgraph import Group, Key, graph_of, merged, neighbours
from graphrec.store.answers import Limits
from graphrec.store.base import GraphStore
from graphrec.store.console.store import ConsoleStore
from graphrec.testing.store_contract import HOSTILE, edges, nodes

FANS = [f"fan{n:03}" for n in range(300)]


@pytest.fixture
def store(reading: Callable[..., GraphStore]) -> GraphStore:
    return reading(fill)


def fill(store: GraphStore) -> None:
    store.write_nodes("User", nodes("ann", "bob", *FANS, *HOSTILE))
    store.write_nodes("Item", nodes("v", "w", title=["Vau", None], year=[1999, None]))
    store.write_nodes("Genre", nodes("g", name=["Noir"]))
    rated = edges(("ann", "v"), ("bob", "v"), rating=[5.0, None], at=[7, None])
    store.write_relationships("RATED", "User", "Item", rated)
    store.write_relationships("LIKED", "User", "Item", edges(("ann", "v"), ("ann", "w")))
    store.write_relationships("IN_GENRE", "Item", "Genre", edges(("v", "g")))
    store.write_relationships("FOLLOWS", "User", "User", edges(("ann", "bob"), ("bob", "ann")))
    store.write_relationships("VIEWED", "User", "Item", edges(*((fan, "w") for fan in FANS)))
    store.write_relationships("LIKED", "User", "Item", edges(*((key, "w") for key in HOSTILE)))


def test_a_node_comes_with_its_neighbours_and_what_is_known_of_them(store: GraphStore) -> None:
    found = neighbours(store, "Item", "v")
    assert found.node.key == ("Item", "v")
    assert found.node.properties == {"title": "Vau", "year": 1999}
    assert found.groups == [
        Group("RATED", False, "User", 2, 2),
        Group("LIKED", False, "User", 1, 1),
        Group("IN_GENRE", True, "Genre", 1, 1),
    ]
    assert [node.key for node in found.graph.nodes] == [
        ("Item", "v"),
        ("Genre", "g"),
        ("User", "ann"),
        ("User", "bob"),
    ]
    told = [(edge.type, edge.start.id, edge.end.id, dict(edge.properties)) for edge in found.graph.edges]
    assert told == [
        ("RATED", "ann", "v", {"rating": 5.0, "at": 7}),
        ("RATED", "bob", "v", {}),
        ("LIKED", "ann", "v", {}),
        ("IN_GENRE", "v", "g", {}),
    ]


def test_both_directions_between_nodes_of_a_label_are_told_apart(store: GraphStore) -> None:
    found = neighbours(store, "User", "ann", types=["FOLLOWS"])
    assert found.groups == [Group("FOLLOWS", True, "User", 1, 1), Group("FOLLOWS", False, "User", 1, 1)]
    assert [(edge.start.id, edge.end.id) for edge in found.graph.edges] == [("ann", "bob"), ("bob", "ann")]


def test_of_many_neighbours_the_first_come_and_all_are_counted(store: GraphStore) -> None:
    found = neighbours(store, "Item", "w", types=["VIEWED"], limit=12)
    assert found.groups == [Group("VIEWED", False, "User", 12, 300)]
    assert [node.key.id for node in found.graph.nodes] == ["w", *FANS[:12]]
    more = neighbours(store, "Item", "w", types=["VIEWED"], limit=24)
    assert [node.key.id for node in more.graph.nodes] == ["w", *FANS[:24]]
    both = merged([found.graph, more.graph])
    assert (len(both.nodes), len(both.edges)) == (25, 24)


def test_labels_and_types_choose(store: GraphStore) -> None:
    assert [group.type for group in neighbours(store, "Item", "v", labels=["Genre"]).groups] == ["IN_GENRE"]
    alone = neighbours(store, "Item", "v", types=[], labels=["Genre"])
    assert (alone.groups, len(alone.graph.nodes)) == ([], 1)


def test_hostile_ids_are_ids(store: GraphStore) -> None:
    for key in HOSTILE:
        assert [edge.end.id for edge in neighbours(store, "User", key).graph.edges] == ["w"], key
    assert {node.key.id for node in neighbours(store, "Item", "w", limit=99).graph.nodes} >= set(HOSTILE)


def test_what_is_not_there_is_told(store: GraphStore) -> None:
    with pytest.raises(NotFoundError, match="no Item with id 'x'"):
        neighbours(store, "Item", "x")
    with pytest.raises(NotFoundError, match="Itm"):
        neighbours(store, "Itm", "v")
    with pytest.raises(NotFoundError, match="LIKES"):
        neighbours(store, "Item", "v", types=["LIKES"])
    with pytest.raises(ConfigError, match="at least 1"):
        neighbours(store, "Item", "v", limit=0)


def test_the_graph_in_an_answer(store: GraphStore) -> None:
    assert isinstance(store, ConsoleStore)
    text = (
        "MATCH p = (a:User {id: 'ann'})-[e:RATED]->(v:Item)-[:IN_GENRE]->(g:Genre) "
        "MATCH (b:User {id: 'bob'})-[other:RATED]->(v) RETURN p, collect(other) AS others, v.id AS id"
    )
    found = graph_of(store.ask(text, {}, Limits()))
    assert {node.key for node in found.nodes} == {Key("User", "ann"), Key("Item", "v"), Key("Genre", "g")}
    # Whoever has rated it too is not in the answer, and a relationship has two ends.
    assert {(edge.type, edge.start.id, edge.end.id) for edge in found.edges} == {
        ("RATED", "ann", "v"),
        ("IN_GENRE", "v", "g"),
    }
