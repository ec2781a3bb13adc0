"""A graph in the style of Neo4j's movie recommendations, which graphrec did not load: all works, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import neo4j
import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, train
from graphrec.errors import StoreError
from graphrec.serving.explain import explain
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.similar import similar
from graphrec.store.base import GraphStore, closing
from graphrec.store.console.store import as_typed
from graphrec.store.neo4j.login import Login
from graphrec.store.open import open_store
from graphrec.store.queries import bind, named_queries
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

pytestmark = pytest.mark.neo4j

MAPPING = """
[neo4j.nodes.User]
label = "Customer"
id = "customerId:int64"

[neo4j.nodes.Item]
label = "Movie"
id = "movieId:int64"
title = "title"
year = "released:int64"

[neo4j.nodes.Genre]
label = "Genre"
id = "name"
name = "name"

[neo4j.relationships.RATED]
type = "WATCHED"
rating = "stars"
at = "timestamp:s"

[neo4j.relationships.IN_GENRE]
type = "IN_GENRE"
"""
PLAN = Plan("transgrec", {"epochs": 2, "dimension": 8}, split="temporal-last")
GENRES = ("Drama", "Noir", "War")


@dataclass(frozen=True)
class Theirs:
    """The user's graph on the server, and the same content by graphrec's names in an embedded store."""

    uri: str
    driver: neo4j.Driver
    same: Workspace
    here: Workspace

    def everything(self) -> list[list[Any]]:
        """Return all nodes and relationships that are not graphrec's, but for the property that it was to write."""
        found = self.driver.execute_query(
            "MATCH (n) WHERE NOT n:GraphrecRun AND NOT n:GraphrecMeta OPTIONAL MATCH (n)-[e]->(m) "
            "WITH n, e, m, properties(n) AS own, keys(n) AS keys "
            "RETURN elementId(n), labels(n), [key IN keys WHERE key <> 'taste' | [key, toString(n[key])]], "
            "type(e), properties(e), elementId(m) ORDER BY elementId(n), elementId(e)"
        )
        return [record.values() for record in found.records]

    def constraints(self) -> set[str]:
        """Return the labels that have a constraint."""
        text = "SHOW CONSTRAINTS YIELD labelsOrTypes RETURN labelsOrTypes[0]"
        return {label for (label,) in self.driver.execute_query(text).records}


@pytest.fixture
def theirs(
    neo4j_empty: Neo4jServer, neo4j_login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Theirs]:
    rng = np.random.default_rng(0)
    taste = np.where(np.arange(60)[:, None] % 2 == np.arange(40) % 2, 0.4, 0.05)
    watched = [
        {
            "customer": int(u) + 1,
            "movie": int(i) + 100,
            "stars": float(rng.integers(3, 6)),
            "at": 1_000_000 + time,
        }
        for time, (u, i) in enumerate(rng.permutation(np.argwhere(rng.random((60, 40)) < taste)))
    ]
    assert neo4j_login.password
    monkeypatch.setenv("NEO4J_PASSWORD", neo4j_login.password)
    monkeypatch.chdir(tmp_path)
    Path("graphrec.toml").write_text(MAPPING, encoding="utf-8")
    auth = ("neo4j", neo4j_login.password)
    with neo4j.GraphDatabase.driver(neo4j_empty.uri, auth=auth, notifications_min_severity="OFF") as driver:
        _fill(driver, watched)
        same = Workspace(tmp_path / "same")
        with closing(open_store(same, write=True)) as store:
            _same(store, watched)
        yield Theirs(neo4j_empty.uri, driver, same, Workspace(tmp_path / "here"))
        driver.execute_query("MATCH (n) DETACH DELETE n")
        driver.execute_query("DROP INDEX customers")
        driver.execute_query("DROP CONSTRAINT movies")


def _fill(driver: neo4j.Driver, watched: list[dict[str, Any]]) -> None:
    driver.execute_query("CREATE CONSTRAINT movies FOR (m:Movie) REQUIRE m.movieId IS UNIQUE")
    driver.execute_query("CREATE INDEX customers FOR (c:Customer) ON (c.customerId)")
    driver.execute_query(
        "UNWIND range(1, 60) AS id CREATE (:Customer:Person {customerId: id, name: 'c' + id})"
    )
    driver.execute_query(
        "UNWIND range(100, 139) AS id CREATE (:Movie {movieId: id, title: 'Film ' + id, released: toString(1900 + id), "
        "plot: 'secret', year: 'not a number'})"
    )
    driver.execute_query("UNWIND $genres AS name CREATE (:Genre {name: name})", genres=list(GENRES))
    driver.execute_query(
        "MATCH (m:Movie), (g:Genre {name: $genres[m.movieId % 3]}) CREATE (m)-[:IN_GENRE]->(g)",
        genres=list(GENRES),
    )
    driver.execute_query(
        "UNWIND $rows AS row MATCH (c:Customer {customerId: row.customer}), (m:Movie {movieId: row.movie}) "
        "CREATE (c)-[:WATCHED {stars: row.stars, timestamp: row.at}]->(m)",
        rows=watched,
    )
    # Seen before, and liked less: of several between two nodes the newest counts.
    driver.execute_query(
        "MATCH (c:Customer)-[e:WATCHED]->(m:Movie) WHERE c.customerId <= 10 WITH c, e, m "
        "CREATE (c)-[:WATCHED {stars: 1.0, timestamp: e.timestamp - 500}]->(m)"
    )
    # What graphrec has no role for, under names that it knows.
    driver.execute_query(
        "MATCH (m:Movie) WITH m LIMIT 5 "
        "CREATE (:Person {name: 'P'})-[:ACTED_IN]->(m), (:User {login: 'x'})-[:RATED]->(m), "
        "(:Item {sku: 7}), (:Customer {name: 'without an id'})-[:WATCHED {stars: 5.0}]->(m)"
    )


def _same(store: GraphStore, watched: list[dict[str, Any]]) -> None:
    store.initialise()
    store.write_nodes("User", nodes(*(str(n) for n in range(1, 61))))
    movies = [str(n) for n in range(100, 140)]
    titles, years = [f"Film {n}" for n in movies], [1900 + int(n) for n in movies]
    store.write_nodes("Item", pa.table({"id": movies, "title": titles, "year": years}))
    store.write_nodes("Genre", pa.table({"id": GENRES, "name": GENRES}))
    store.write_relationships("IN_GENRE", "Item", "Genre", edges(*((m, GENRES[int(m) % 3]) for m in movies)))
    pairs = [(str(row["customer"]), str(row["movie"])) for row in watched]
    rated = edges(*pairs, rating=[row["stars"] for row in watched], at=[row["at"] * 1000 for row in watched])
    store.write_relationships("RATED", "User", "Item", rated)


def test_the_whole_job_on_a_graph_of_ones_own(theirs: Theirs, caplog: pytest.LogCaptureFixture) -> None:
    before, constrained = theirs.everything(), theirs.constraints()
    done = []
    for workspace, uri in ((theirs.same, None), (theirs.here, theirs.uri)):
        trained = train(workspace, PLAN, store=uri)
        with closing(open_store(workspace, uri, write=True)) as store:
            published = publish(store, load_run(workspace, trained.run), "taste")
            assert published.property == "taste"
        with closing(open_store(workspace, uri)) as store:
            ranking = recommend(store, workspace, Request("7", k=5))
            explained = explain(store, workspace, "7", ranking.items[0].id)
            alike = similar(store, "105", 3)
            done.append(
                {
                    "snapshot": trained.run.manifest["snapshot"],
                    "metrics": dict(trained.test.metrics),
                    "ranking": [(item.id, item.title) for item in ranking.items],
                    "alike": [(item.id, item.title) for item in alike],
                    "shared": {(s.via, s.title) for s in explained.shared},
                    "score": explained.score,
                }
            )
    same, here = done
    assert here.pop("score") == pytest.approx(same.pop("score"), rel=1e-5)
    assert here == same
    assert here["ranking"]
    assert theirs.everything() == before
    assert {line.split(" reads")[0].split()[-1] for line in caplog.messages if "look-up" in line} == {"Genre"}
    dimension = theirs.driver.execute_query(
        "MATCH (c:Customer {customerId: 7}) RETURN size(c.taste)"
    ).records[0][0]
    assert dimension == 8
    assert not (theirs.constraints() - constrained) & {"Movie", "Customer", "Genre", "User", "Item"}


def test_what_is_theirs_is_read_only(theirs: Theirs) -> None:
    before = theirs.everything()
    with closing(open_store(theirs.here, theirs.uri, write=True)) as store:
        store.initialise()
        for label, key in (("Item", "100"), ("Item", "999"), ("Segment", "100#0")):
            with pytest.raises(StoreError, match="read only to graphrec: add to it with your own tools"):
                store.write_nodes(label, nodes(key))
        with pytest.raises(StoreError, match="read only to graphrec"):
            store.write_relationships("RATED", "User", "Item", edges(("1", "100")))
        with pytest.raises(StoreError, match="property plot that graphrec did not write"):
            store.write_embeddings("Item", "plot", pa.array(["100"]), np.ones((1, 2), np.float32))
        with pytest.raises(StoreError, match=r"role of Segment: .*\[neo4j.nodes.Segment\]"):
            store.write_embeddings("Segment", "taste", pa.array(["100#0"]), np.ones((1, 2), np.float32))
    assert theirs.everything() == before


def test_what_is_typed_has_their_names_and_so_have_named_queries(theirs: Theirs) -> None:
    text, parameters = bind(named_queries("neo4j")["history"], {"user": "7"})
    with closing(open_store(theirs.same)) as store:
        same = store.query(text, **parameters).to_pylist()
    with closing(open_store(theirs.here, theirs.uri)) as store:
        assert store.query(as_typed(store, text), **parameters).to_pylist() == same
        typed = "MATCH (c:Customer {customerId: 7}) OPTIONAL MATCH (u:User) RETURN c.name AS name, u.login AS login"
        assert store.query(typed).to_pylist()[0] == {"name": "c7", "login": "x"}
    assert same


@pytest.mark.parametrize(
    ("right", "wrong", "label", "said"),
    [
        (
            "customerId:int64",
            "customerId:string",
            "User",
            r'Customer.customerId: 60 of 60 are integers.*"customerId:int64"',
        ),
        ('id = "name"', 'id = "name:int64"', "Genre", r'Genre.name: 3 of 3 are text, such as .*id = "name"'),
    ],
)
def test_keys_of_another_type_are_told(theirs: Theirs, right: str, wrong: str, label: str, said: str) -> None:
    Path("graphrec.toml").write_text(MAPPING.replace(right, wrong), encoding="utf-8")
    with closing(open_store(theirs.here, theirs.uri)) as store, pytest.raises(StoreError, match=said):
        store.read_nodes(label)
