"""A copy of a server's relationships, brought up to date: what is read again, and that nothing is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.graph.refresh import read_relationships, unchecked
from graphrec.graph.snapshot import Snapshot
from graphrec.store.base import Relationships
from graphrec.store.neo4j.commits import _transaction
from graphrec.store.neo4j.login import Login
from graphrec.store.neo4j.mapping import SCHEMA_NAMES, GraphMapping, read_mapping
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

pytestmark = pytest.mark.neo4j

Content = dict[tuple[str, str], tuple[object, ...]]


class Watched(Neo4jStore):
    """A store that counts how often all relationships are read."""

    whole = 0

    def read_relationships(self, *arguments: object, **more: object) -> Relationships:  # type: ignore[override]
        self.whole += 1
        return super().read_relationships(*arguments, **more)  # type: ignore[arg-type]


@pytest.fixture
def opened(neo4j_empty: Neo4jServer, neo4j_login: Login) -> Iterator[Callable[..., Watched]]:
    stores: list[Watched] = []

    def run(mapping: GraphMapping = SCHEMA_NAMES) -> Watched:
        stores.append(Watched(neo4j_empty.uri, neo4j_login, write=True, mapping=mapping))
        return stores[-1]

    yield run
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[..., Watched]) -> Watched:
    made = opened()
    made.initialise()
    made.write_nodes("User", nodes(*(f"u{n}" for n in range(9))))
    made.write_nodes("Item", nodes(*(f"i{n}" for n in range(7))))
    rate(made, [(f"u{n % 9}", f"i{n % 7}", float(n % 5), 100 + n) for n in range(60)])
    return made


def rate(store: Neo4jStore, rows: list[tuple[str, str, float, int]]) -> None:
    pairs = [(user, item) for user, item, *_ in rows]
    table = edges(*pairs, rating=[row[2] for row in rows], at=[row[3] for row in rows])
    store.write_relationships("RATED", "User", "Item", table)


def content(found: Relationships) -> Content:
    starts, ends = found.source_ids.to_pylist(), found.target_ids.to_pylist()
    values = zip(*(column.to_pylist() for column in found.properties.values()), strict=True)
    rows = zip(found.source, found.target, values, strict=True)
    return {(starts[a], ends[b]): value for a, b, value in rows}


def same(store: Watched, folder: Path) -> int:
    """Check what the copy says against the whole, and return how often the whole was read for it."""
    store.whole = 0
    told = read_relationships(store, folder, "RATED", "User", "Item", ["at", "rating"])
    spent = store.whole
    assert content(told) == content(store.read_relationships("RATED", "User", "Item", ["at", "rating"]))
    assert told.source_ids.to_pylist() == store.read_nodes("User")["id"].to_pylist()
    return spent


def test_only_what_is_newer_is_read(store: Watched, tmp_path: Path) -> None:
    assert same(store, tmp_path) == 1
    assert same(store, tmp_path) == 0
    store.write_nodes("User", nodes("a-new-one", "z"))
    rate(
        store,
        [
            ("u1", "i5", 3.0, 900),
            ("a-new-one", "i0", 4.0, 901),
            ("z", "i6", 1.0, 902),
            ("u0", "i0", 5.0, 903),
        ],
    )
    assert same(store, tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda store: rate(store, [("u7", "i5", 3.0, 50)]),
        lambda store: rate(store, [("u7", "i5", 3.0, 50), ("u0", "i0", 4.0, 999)]),
        lambda store: rate(store, [("u3", "i3", 4.5, 157)]),
        lambda store: store._server.command("MATCH (:User {id: 'u3'})-[e]->() DELETE e"),
        lambda store: store._server.command(
            "MATCH (u:User {id: 'u3'}) DETACH DELETE u CREATE (:User {id: 'u33'})"
        ),
    ],
    ids=["an older one", "an older and a newer one", "changed in place", "gone", "another user"],
)
def test_what_the_time_does_not_tell_makes_it_read_all(
    store: Watched, tmp_path: Path, change: Callable[[Neo4jStore], object]
) -> None:
    rate(store, [("u3", "i3", 2.0, 157)])
    assert same(store, tmp_path) == 1
    change(store)
    assert same(store, tmp_path) == 1
    assert same(store, tmp_path) == 0


def test_a_graph_filled_anew_is_not_taken_for_the_one_before(store: Watched, tmp_path: Path) -> None:
    assert same(store, tmp_path) == 1
    store._server.command("MATCH (n) DETACH DELETE n")
    store.write_nodes("User", nodes(*(f"u{n}" for n in range(9))))
    store.write_nodes("Item", nodes(*(f"i{n}" for n in range(7))))
    rate(store, [(f"u{n % 9}", f"i{n % 7}", 5.0 - n % 5, 100 + n) for n in range(60)])
    assert same(store, tmp_path) == 1


@pytest.fixture
def mapped(opened: Callable[..., Watched]) -> Watched:
    opened()._server.command(
        "UNWIND range(1, 40) AS n MERGE (c:Customer {no: n % 7}) MERGE (m:Movie {no: n % 5}) "
        "CREATE (c)-[:WATCHED {stars: 1.0 * (n % 5), when: n}]->(m)"
    )
    return opened(read_mapping(ROLES))


ROLES = {
    "nodes": {"User": {"label": "Customer", "id": "no"}, "Item": {"label": "Movie", "id": "no"}},
    "relationships": {"RATED": {"type": "WATCHED", "rating": "stars", "at": "when:s"}},
}


@pytest.mark.parametrize(
    "change",
    [
        "MATCH (:Customer {no: 3})-[e:WATCHED]->() SET e.stars = 5",
        "MATCH (c:Customer {no: 3})-[e:WATCHED]->(m) WITH c, e, m, e.when AS at DELETE e "
        "CREATE (c)-[:WATCHED {stars: 0, when: at}]->(m)",
        "UNWIND range(41, 50) AS n MATCH (c:Customer {no: n % 7}), (m:Movie {no: n % 5}) "
        "CREATE (c)-[:WATCHED {stars: 2.5, when: n}]->(m)",
        "MATCH (c:Customer {no: 3}) SET c.no = 33",
        "CREATE (:Comment {text: 'of no concern, but who knows'})",
    ],
    ids=["edited", "replaced", "added", "another id", "elsewhere"],
)
def test_what_others_write_makes_it_read_all(mapped: Watched, tmp_path: Path, change: str) -> None:
    assert same(mapped, tmp_path) == 1
    assert same(mapped, tmp_path) == 0
    mapped._server.call(lambda session: session.run(change).consume(), "WRITE")
    assert same(mapped, tmp_path) == 1
    assert same(mapped, tmp_path) == 0


def test_what_graphrec_itself_writes_is_no_news(mapped: Watched, tmp_path: Path) -> None:
    mapped.initialise()
    for vectors in (np.eye(7, 3), np.ones((7, 3))):
        # The first time, the server meets names that are new to it.
        known = same(mapped, tmp_path), same(mapped, tmp_path)
        assert known[1] == 0
        mapped.write_embeddings("User", "taste", mapped.read_nodes("User")["id"].combine_chunks(), vectors)
    assert same(mapped, tmp_path) == 0


def test_where_the_server_tells_nothing_it_is_said(
    mapped: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unchecked(mapped) is None
    monkeypatch.setattr(Watched, "others", lambda self: None)
    assert "--fresh" in str(unchecked(mapped))
    kept = Workspace(tmp_path)
    first = snapshot(mapped, PROJECTIONS["ratings"], kept)
    edit = "MATCH (:Customer)-[e:WATCHED]->() SET e.stars = 5.0"
    mapped._server.call(lambda session: session.run(edit).consume(), "WRITE")
    assert snapshot(mapped, PROJECTIONS["ratings"], kept).fingerprint == first.fingerprint
    fresh = snapshot(mapped, PROJECTIONS["ratings"], kept, fresh=True)
    assert set(fresh.records.values["rating"].tolist()) == {5.0}


def test_another_mapping_is_another_copy(mapped: Watched, opened: Callable[..., Watched], tmp_path: Path) -> None:
    swapped = deepcopy(ROLES)
    swapped["relationships"]["RATED"]["rating"] = "when"
    other = opened(read_mapping(swapped))
    kept = Workspace(tmp_path)
    found = [snapshot(store, PROJECTIONS["ratings"], kept) for store in (mapped, other, mapped)]
    assert found[0].fingerprint == found[2].fingerprint
    assert max(found[0].records.values["rating"]) == 4
    assert max(found[1].records.values["rating"]) == 40


@pytest.mark.parametrize(
    ("bookmark", "number"),
    [
        ("FB:kcwQ1uTQR5mpRNq17gzAuhlcOQuQ", 11),
        ("FB:kcwQ1uTQR5mpRNq17gzAuhlcOckEAJA=", 1024),
        ("FB:kcwQ1uTQR5mpRNq17gzAuhlcOcoAAQAAkA==", 65536),
        ("neo4j:bookmark:v1:tx7", None),
        ("FB:kQ==", None),
    ],
)
def test_a_transaction_is_told_by_its_bookmark(bookmark: str, number: int | None) -> None:
    found = _transaction(frozenset({bookmark}))
    assert (found and found[1]) == number


def test_a_snapshot_brought_up_to_date_is_the_one_that_is_read_anew(store: Watched, tmp_path: Path) -> None:
    def taken(folder: str) -> Snapshot:
        return snapshot(store, PROJECTIONS["ratings"], Workspace(tmp_path / folder))

    first = taken("kept")
    rate(store, [("u1", "i5", 5.0, 900), ("u0", "i0", 5.0, 903)])
    store.whole = 0
    second = taken("kept")
    assert store.whole == 1  # IN_GENRE has no time
    assert second.fingerprint != first.fingerprint
    assert second.fingerprint == taken("anew").fingerprint
