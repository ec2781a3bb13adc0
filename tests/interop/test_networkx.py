"""networkx out and in, on the embedded database and on a real server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.export import export_graphml
from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.interop.graphml import read_graphml
from graphrec.interop.networkx import neighbourhood, snapshot_to_networkx, to_networkx
from graphrec.interop.networkx_in import from_networkx
from graphrec.schema import LOADED_LABELS, Property
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.sample_graph import content, write_sample
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

WITHOUT_RUNS = list(LOADED_LABELS)

Open = Callable[[], GraphStore]


@pytest.fixture
def ladybug(tmp_path: Path) -> Iterator[GraphStore]:
    with closing(LadybugStore(Workspace(tmp_path / "ladybug"), write=True)) as store:
        yield store


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def store(request: pytest.FixtureRequest, ladybug: GraphStore) -> Iterator[GraphStore]:
    if request.param == "ladybug":
        ladybug.initialise()
        yield ladybug
        return
    server, login = request.getfixturevalue("neo4j_empty"), request.getfixturevalue("neo4j_login")
    with closing(Neo4jStore(server.uri, login, write=True)) as opened:
        opened.initialise()
        yield opened


@pytest.fixture
def sample() -> MemoryStore:
    """Everything that is hard to carry, in the plainest of stores."""
    store = MemoryStore()
    write_sample(store)
    return store


def social(store: GraphStore) -> None:
    """Users u0 to u9 who follow the next one and u0, and like item i<n> and i<n+1>; i0 is in the genre g."""
    users, items = [f"u{n}" for n in range(10)], [f"i{n}" for n in range(11)]
    store.write_nodes("User", nodes(*users))
    store.write_nodes("Item", nodes(*items, title=[f"T{n}" if n % 2 else None for n in range(11)]))
    store.write_nodes("Genre", nodes("g", "lonely"))
    follows = [(f"u{n}", f"u{n + 1}") for n in range(9)] + [(f"u{n}", "u0") for n in range(10)]
    store.write_relationships("FOLLOWS", "User", "User", edges(*follows))
    likes = [(f"u{n}", f"i{n + more}") for n in range(10) for more in (0, 1)]
    store.write_relationships("LIKED", "User", "Item", edges(*likes, at=list(range(20))))
    store.write_relationships("IN_GENRE", "Item", "Genre", edges(("i0", "g")))


def plain(graph: nx.Graph) -> tuple[list[Any], list[Any]]:
    """Return nodes and edges with their attributes, in the order that the graph has them."""
    return list(graph.nodes(data=True)), [(a, b, data) for a, b, data in graph.edges(data=True)]


def test_there_and_back_nothing_changes(store: GraphStore, sample: MemoryStore) -> None:
    expected = content(sample, WITHOUT_RUNS)
    report = from_networkx(to_networkx(sample), store, own=True)
    assert content(store, WITHOUT_RUNS) == expected
    assert store.counts()["GraphrecRun"] == 0
    assert report.tallies["User"].created == report.tallies["User"].read == 40
    assert report.tallies["HAS_FRAME"].created == sum(
        len(v) for k, v in expected.items() if k[0] == "HAS_FRAME"
    )
    graph, back = to_networkx(store), MemoryStore()
    from_networkx(graph, back, own=True)
    assert content(back, WITHOUT_RUNS) == expected
    again = from_networkx(graph, store)
    assert all(tally.unchanged == tally.read for tally in again.tallies.values())
    # The same graph whichever database it comes from.
    assert plain(graph) == plain(to_networkx(back))


@pytest.mark.neo4j
def test_from_one_database_into_the_other(
    ladybug: GraphStore, sample: MemoryStore, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server, login = request.getfixturevalue("neo4j_empty"), request.getfixturevalue("neo4j_login")
    expected = content(sample, WITHOUT_RUNS)
    from_networkx(to_networkx(sample), ladybug, own=True)
    with closing(Neo4jStore(server.uri, login, write=True)) as neo4j:
        from_networkx(to_networkx(ladybug), neo4j, own=True)
        assert content(neo4j, WITHOUT_RUNS) == expected
        with closing(LadybugStore(Workspace(tmp_path / "third"), write=True)) as third:
            from_networkx(to_networkx(neo4j), third, own=True)
            assert content(third, WITHOUT_RUNS) == expected


def test_a_graphml_file_is_read_back(tmp_path: Path) -> None:
    store, back, file = MemoryStore(), MemoryStore(), tmp_path / "g.graphml"
    social(store)
    titles = ["", " lead\n", "日本🎬", "<&>", '"', "1.5"]
    store.write_nodes(
        "Item", nodes(*(f"t\n{n}" for n in range(6)), title=titles, year=[None, -1, 0, 2**62, 1, 2])
    )
    store.write_relationships(
        "RATED", "User", "Item", edges(("u0", "t\n1"), ("u0", "i1"), rating=[0.1, 1e22])
    )
    store.declare("User", [Property("tags", "list"), Property("premium", "bool")])
    tags = pa.array([["a", "<b>"], None], pa.list_(pa.string()))
    store.write_nodes("User", nodes("u0", "u1").append_column("tags", tags).append_column("premium", [[True, None]]))
    assert export_graphml(store, file) == (store.counts()["User"] + 19, sum(map(store.counts().get, RELATED)))
    report = from_networkx(read_graphml(file), back, own=True)
    assert content(back) == content(store)
    assert report.tallies["LIKED"].created == 20
    # One edge between two nodes at most, which networkx reads as another kind of graph.
    assert read_graphml(file).is_multigraph()
    store.write_nodes("Item", nodes("bell", title=["\a"]))
    with pytest.raises(DataError, match="Item 'bell' holds a control character"):
        export_graphml(store, tmp_path / "other.graphml")
    assert list(tmp_path.iterdir()) == [file]
    for text in ("", "<graphml>", "a,b", "<html></html>"):
        (tmp_path / "bad").write_text(text)
        with pytest.raises(DataError, match="cannot be read as GraphML"):
            read_graphml(tmp_path / "bad")
    with pytest.raises(DataError, match="none cannot be read as GraphML: No such file"):
        read_graphml(tmp_path / "none")


RELATED = ("FOLLOWS", "LIKED", "IN_GENRE", "RATED")


def test_names_and_directions_are_found_out() -> None:
    graph = nx.Graph()
    graph.add_node(7, label="Item", title="seven", year=1999.0)
    graph.add_node("ann", label="User")
    graph.add_node("x", label="Genre", id="war", name=None)
    graph.add_node("y", label="Genre", id=np.int64(8))
    graph.add_edge(7, "ann", type="RATED", rating=4, at="2020-01-01")
    graph.add_edge("x", 7, type="IN_GENRE")
    store = MemoryStore()
    from_networkx(graph, store)
    found = content(store)
    assert found[("Item",)]["7"][1:3] == ("seven", 1999)
    assert found["RATED", "User", "Item"] == {("ann", "7"): (4.0, 1_577_836_800_000, None)}
    assert found["IN_GENRE", "Item", "Genre"] == {("7", "war"): ()}
    assert found[("Genre",)] == {"war": (None,), "8": (None,)}


def test_whole_numbers_are_ids(tmp_path: Path) -> None:
    graph = nx.DiGraph()
    graph.add_edge(("User", np.int64(1)), ("Item", 7), type="RATED", rating=4)
    with closing(LadybugStore(Workspace(tmp_path), write=True)) as store:
        from_networkx(graph, store)
        for key in (7, np.int64(7), "7"):
            assert set(neighbourhood(store, "Item", key, hops=1)) == {("Item", "7"), ("User", "1")}
        with pytest.raises(NotFoundError, match="8"):
            neighbourhood(store, "Item", 8)


def changed(work: Callable[[nx.MultiDiGraph], object]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    graph.add_node(("User", "u"))
    graph.add_node(("Item", "i"), title="T")
    graph.add_edge(("User", "u"), ("Item", "i"), "RATED", rating=4.0)
    work(graph)
    return graph


BAD: list[tuple[Callable[[Any], object], str]] = [
    (lambda g: g.add_node("x"), "node 'x': None is no label"),
    (lambda g: g.add_node(("Itm", "x")), r"node \('Itm', 'x'\): 'Itm' is no label"),
    (lambda g: g.add_node(("GraphrecRun", "x")), "'GraphrecRun' is no label"),
    (lambda g: g.add_node("x", label=["Item"]), "node 'x': .* is no label"),
    (lambda g: g.add_node(("Item", 1.5)), "an id is a text or a whole number, not 1.5"),
    (lambda g: g.add_node(("Item", "")), r"node \('Item', ''\): id is empty"),
    (lambda g: g.add_node(("Item", "x"), titel="T"), "'x'.*did you mean 'title'"),
    (lambda g: g.add_node(("Item", "x"), year="soon"), "'x'.*year 'soon' is not a whole number"),
    (lambda g: g.add_node(("Item", "x"), year=2**70), "'x'.*year .* is not a whole number"),
    (lambda g: g.add_node(("Item", "x"), duration_s=float("nan")), "'x'.*duration_s nan is not a number"),
    (lambda g: g.add_node(("Item", "x"), title=["T"]), "'x'.*title.*cannot become string"),
    (lambda g: g.add_node(("Genre", "x"), name=["T"]), "'x'.*name.*cannot become string"),
    (lambda g: g.add_node(("Item", "x"), title="\ud800"), "'x'"),
    (lambda g: g.add_node("other", label="Item", id="i", title="S"), "node 'other': contradicts another row"),
    (lambda g: g.add_edge(("User", "u"), ("Item", "i")), "edge .*: 1 is no type"),
    (lambda g: g.add_edge(("User", "u"), ("Item", "i"), type="LOVES"), "edge .*: 'LOVES' is no type"),
    (
        lambda g: g.add_edge(("Item", "i"), ("User", "u"), "RATED"),
        "RATED does not go from Item to User; it goes User",
    ),
    (lambda g: g.add_edge(("User", "u"), ("Item", "i"), type="VIEWED", stars=1), "edge .*stars"),
    (
        lambda g: g.add_edge(("User", "u"), ("Item", "i"), type="VIEWED", at="x"),
        "edge .*at 'x' is not a time",
    ),
    (
        lambda g: g.add_edge(("User", "u"), ("Item", "i"), type="RATED", rating=2.0),
        "edge .*contradicts another row",
    ),
]


@pytest.mark.parametrize(("work", "told"), BAD)
def test_what_does_not_fit_is_named_and_nothing_is_stored(work: Callable[[Any], object], told: str) -> None:
    store = MemoryStore()
    with pytest.raises(DataError, match=told) as caught:
        from_networkx(changed(work), store)
    assert "\n" not in str(caught.value)
    assert not any(store.counts().values())


def test_a_type_between_equals_needs_a_direction() -> None:
    graph = nx.Graph([(("User", "a"), ("User", "b"), {"type": "FOLLOWS"})])
    with pytest.raises(DataError, match="FOLLOWS has a direction"):
        from_networkx(graph, MemoryStore())


def within(whole: nx.MultiDiGraph, centre: tuple[str, str], hops: int) -> tuple[list[Any], list[Any]]:
    """Return what networkx makes of the same question, from the whole graph."""
    far = nx.single_source_shortest_path_length(whole.to_undirected(as_view=True), centre, hops)
    return (
        sorted((node, whole.nodes[node]) for node in far),
        sorted(
            (a, b, key)
            for a, b, key in whole.edges(keys=True)
            if a in far and b in far and min(far[a], far[b]) < hops
        ),
    )


@pytest.mark.parametrize("hops", [0, 1, 2, 3])
def test_a_neighbourhood_is_what_networkx_finds(store: GraphStore, hops: int) -> None:
    social(store)
    whole = to_networkx(store)
    for centre in (("User", "u4"), ("Item", "i0"), ("Genre", "lonely")):
        found = neighbourhood(store, *centre, hops=hops)
        expected = within(whole, centre, hops)
        assert (list(found.nodes(data=True)), list(found.edges(keys=True))) == expected
        assert all(found.edges[edge] == whole.edges[edge] for edge in found.edges(keys=True))
        assert (found.graph["centre"], found.graph["cut"]) == (centre, False)


def test_hostile_neighbourhoods(store: GraphStore, sample: MemoryStore) -> None:
    whole = to_networkx(sample)
    from_networkx(whole, store, own=True)
    for centre in (("Item", "'}) DETACH DELETE n //"), ("User", "$id"), ("Comment", "x" * 8_000)):
        found = neighbourhood(store, *centre, hops=1)
        assert (list(found.nodes(data=True)), list(found.edges(keys=True))) == within(whole, centre, 1)


def test_a_neighbourhood_is_cut_and_says_so(store: GraphStore, caplog: pytest.LogCaptureFixture) -> None:
    social(store)
    whole = neighbourhood(store, "User", "u4", hops=3)
    far = nx.single_source_shortest_path_length(whole.to_undirected(as_view=True), ("User", "u4"))
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        found = neighbourhood(store, "User", "u4", hops=3, limit=6)
    assert "cut at 6 nodes" in caplog.text
    assert found.graph["cut"]
    assert len(found) == 6
    assert max(far[node] for node in found) <= 2
    assert {node for node, away in far.items() if away == 1} <= set(found)
    assert set(found.edges(keys=True)) <= set(whole.edges(keys=True))
    assert plain(found) == plain(neighbourhood(store, "User", "u4", hops=3, limit=6))
    exact = neighbourhood(store, "User", "u4", hops=3, limit=len(whole))
    assert (exact.graph["cut"], plain(exact)) == (False, plain(whole))
    # u0 has more neighbours of one kind than may come.
    assert len(neighbourhood(store, "User", "u0", hops=1, limit=3)) == 3


def test_neighbourhoods_of_nothing_are_refused(store: GraphStore) -> None:
    social(store)
    for label, node, told in (
        ("User", "nobody", "no User with id 'nobody'"),
        ("Usr", "u1", "did you mean 'User'"),
        ("GraphrecRun", "r", "no label named 'GraphrecRun'"),
    ):
        with pytest.raises(NotFoundError, match=told):
            neighbourhood(store, label, node)
    for wrong in ({"hops": -1}, {"limit": 0}):
        with pytest.raises(ConfigError, match="not possible"):
            neighbourhood(store, "User", "u1", **wrong)


def test_a_snapshot_is_a_bipartite_graph(tmp_path: Path) -> None:
    store = MemoryStore()
    store.write_nodes("User", nodes("a", "b", "c"))
    store.write_nodes("Item", nodes("v"))
    store.write_nodes("Segment", nodes("v#0", "v#1", "w#0", position=[0, 1, 0]))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(("v", "v#0"), ("v", "v#1")))
    highlights = edges(("a", "v#1"), ("a", "v#0"), ("b", "w#0"), at=[5, 6, 7], split=["test", None, "train"])
    store.write_relationships("HIGHLIGHTED", "User", "Segment", highlights)
    shot = snapshot(store, PROJECTIONS["highlights"], Workspace(tmp_path))
    graph = snapshot_to_networkx(shot)
    assert graph.graph["fingerprint"] == shot.fingerprint
    users = {node for node, side in graph.nodes(data="bipartite") if side == 0}
    assert users == {("User", name) for name in "abc"}
    assert nx.is_bipartite(graph)
    assert dict(graph.nodes(data="group")) == {
        **dict.fromkeys(users), ("Segment", "v#0"): "v", ("Segment", "v#1"): "v", ("Segment", "w#0"): None,
    }  # fmt: skip
    assert list(graph.edges(data=True)) == [
        (("User", "a"), ("Segment", "v#1"), {"order": 5, "split": "test"}),
        (("User", "a"), ("Segment", "v#0"), {"order": 6}),
        (("User", "b"), ("Segment", "w#0"), {"order": 7, "split": "train"}),
    ]
