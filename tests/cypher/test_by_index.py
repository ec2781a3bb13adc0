"""The queries that ask Neo4j's vector index give the answers that ``nearest`` and ``recommend`` give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import QueryError
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.neo4j.mapping import read_mapping
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.store.queries import bind, named_queries
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

pytestmark = pytest.mark.neo4j

OWN = {"similar_by_index", "embedding_indexes"}
ITEMS, USERS, DIMENSION = 300, 5, 16


OTHER_NAMES = {
    "nodes": {
        "Item": {"label": "My Film", "id": "key", "title": "called"},
        "User": {"label": "Customer", "id": "key"},
    },
    "relationships": {"RATED": {"type": "WATCHED"}},
}
RENAMED = (
    "MATCH (n:Item) SET n:`My Film`, n.called = n.title, n.key = n.id REMOVE n:Item, n.title, n.id",
    "MATCH (n:User) SET n:Customer, n.key = n.id REMOVE n:User, n.id",
    "MATCH (a)-[e:RATED]->(b) CREATE (a)-[:WATCHED]->(b) DELETE e",
)


@pytest.fixture(
    scope="module",
    params=[(server, own) for server in ("neo4j_server", "neo4j_newer") for own in (False, True)],
    ids=["5", "5-own", "newer", "newer-own"],
)
def published(request: pytest.FixtureRequest) -> Iterator[Neo4jStore]:
    """Users and items with embeddings of a published run; the users have rated some of what is nearest to them."""
    server: Neo4jServer = request.getfixturevalue(request.param[0])
    server.empty()
    rng = np.random.default_rng(5)
    items, users = [f"i{n}" for n in range(ITEMS)], [f"u{n}" for n in range(USERS)]
    with closing(Neo4jStore(server.uri, server.login, write=True)) as store:
        store.initialise()
        store.write_nodes("Item", nodes(*items, title=[f"title of {item}" for item in items]))
        store.write_nodes("User", nodes(*users))
        vectors = {}
        for label, ids in (("Item", items), ("User", users)):
            vectors[label] = rng.normal(size=(len(ids), DIMENSION)).astype(np.float32)
        best = np.argsort(-vectors["User"] @ vectors["Item"].T, axis=1)[:, :3]
        store.write_relationships(
            "RATED", "User", "Item", edges(*((f"u{u}", f"i{i}") for u in range(USERS) for i in best[u]))
        )
        run = {"id": "r", "model": "toy", "label": "Item", "property": "toy"}
        store.write_nodes("GraphrecRun", pa.table({name: [value] for name, value in run.items()}))
        if request.param[1]:
            for text in RENAMED:
                store._server.command(text)
    mapping = read_mapping(OTHER_NAMES if request.param[1] else {})
    with closing(Neo4jStore(server.uri, server.login, write=True, mapping=mapping)) as store:
        for label, ids in (("Item", items), ("User", users)):
            store.write_embeddings(label, "toy", pa.array(ids), vectors[label])
        yield store


def ask(store: Neo4jStore, name: str, **given: str) -> list[dict[str, Any]]:
    text, parameters = bind(named_queries("neo4j")[name], given)
    rows: list[dict[str, Any]] = store.read(text, **parameters).to_pylist()
    return rows


def test_these_are_all_that_only_neo4j_has() -> None:
    assert set(named_queries("neo4j")) - set(named_queries("ladybug")) == OWN


@pytest.mark.parametrize(("label", "node"), [("Item", "i7"), ("Item", "i299"), ("User", "u1")])
def test_similar_by_index_is_nearest(published: Neo4jStore, label: str, node: str) -> None:
    _, vectors = published.read_embeddings(label, "toy", [node])
    expected = published.nearest(label, "toy", vectors[0], 10, without=[node], metric="cosine")
    found = ask(published, "similar_by_index", id=node, label=label, property="toy", limit="10")
    assert [row["id"] for row in found] == [neighbour.id for neighbour in expected]
    assert [row["similarity"] for row in found] == pytest.approx([n.score for n in expected], abs=1e-5)


def test_the_stores_own_search_by_the_index_is_nearest(
    published: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = np.ones(DIMENSION, np.float32)
    expected = published.nearest("Item", "toy", wanted, 10, metric="cosine")
    published.kept.clear()
    published._vectors._asked.clear()
    monkeypatch.setattr("graphrec.store.neo4j.vectors.EXACT_ROWS", 10)
    found = published.nearest("Item", "toy", wanted, 10, metric="cosine")
    assert not published.kept.keys(), "the index was not asked"
    assert [n.id for n in found] == [n.id for n in expected]


@pytest.mark.parametrize("user", [f"u{n}" for n in range(USERS)])
def test_recommend_by_the_index_is_recommend(published: Neo4jStore, tmp_path: Path, user: str) -> None:
    expected = recommend(published, Workspace(tmp_path), Request(user, k=10, model="toy")).items
    found = ask(published, "recommend", user=user, property="toy", limit="10")
    assert [row["id"] for row in found] == [item.id for item in expected]
    assert [row["title"] for row in found] == [item.title for item in expected]
    assert [row["score"] for row in found] == pytest.approx([item.score for item in expected], rel=1e-5)


def test_the_indexes_are_listed(published: Neo4jStore) -> None:
    assert ask(published, "embedding_indexes") == [
        {
            "name": f"graphrec_{label}_toy",
            "label": label,
            "property": "toy",
            "state": "ONLINE",
            "percent": 100.0,
        }
        for label in ("Item", "User")
    ]


def test_who_has_no_embedding_gets_no_rows_and_no_index_is_told(published: Neo4jStore) -> None:
    assert ask(published, "similar_by_index", id="nobody", property="toy") == []
    assert ask(published, "recommend", user="nobody", property="toy") == []
    published._server.command("MATCH (n:Item {id: 'i0'}) SET n.unindexed = [1.0]")
    with pytest.raises(QueryError, match="graphrec_Item_unindexed"):
        ask(published, "similar_by_index", id="i0", property="unindexed")
