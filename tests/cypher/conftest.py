"""A small graph whose every answer can be worked out by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ladybug
import numpy as np
import pyarrow as pa
import pytest
from neo4j import GraphDatabase

from graphrec import schema
from graphrec.rows import ARROW
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.mapping import Role, quoted, read_mapping
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.workspace import Workspace

HOSTILE = """x"'}) DETACH DELETE (n) //`{label}$user\n"""

NODES: dict[str, list[dict[str, Any]]] = {
    "User": [{"id": i} for i in ("ann", "bob", "cat", "dan", "eve", "fay", "zoe", HOSTILE)],
    "Item": [
        {"id": "m1", "kind": "movie", "title": "Alpha", "year": 2000},
        {"id": "m2", "kind": "movie", "title": "Beta", "year": 2001},
        {"id": "m3", "kind": "movie", "title": "alpha", "year": 2000},
        {"id": "m4", "kind": "movie", "title": "Cold", "year": 2003},
        {"id": "m5", "kind": "movie", "title": "Beta", "year": 1999},
        {"id": "m6", "kind": "movie", "title": "beta", "year": 1999},
        {"id": "m7", "kind": "movie", "title": "beta"},
        {"id": "m8", "kind": "movie", "title": "BETA"},
        {"id": "m9", "kind": "movie", "title": "cold", "year": 2003},
        {"id": "m10", "kind": "movie", "title": "COLD", "year": 2003},
        {"id": "v1", "kind": "video"},
        {"id": "v2", "kind": "video"},
        {"id": "v3", "kind": "video"},
    ],
    "Genre": [{"id": "comedy"}, {"id": "drama", "name": "Drama"}, {"id": "war", "name": "War"}],
    "Segment": [
        {"id": "v1#0", "start_s": 0.0, "end_s": 5.0, "position": 0},
        {"id": "v1#1", "start_s": 5.0, "end_s": 10.0, "position": 1},
        {"id": "v1#2", "start_s": 10.0, "end_s": 15.0, "position": 2},
        {"id": "v2#0", "start_s": 0.0, "end_s": 5.0, "position": 0},
        {"id": "s9", "start_s": 0.0, "end_s": 5.0, "position": 0},
    ],
    "Frame": [
        {"id": "f1", "time_s": 1.0},
        {"id": "f2", "time_s": 2.0},
        {"id": "f3", "time_s": 3.0},
        {"id": "f9", "time_s": 9.0},
    ],
    "Comment": [
        {"id": "c1", "text": "fine"},
        {"id": "c2", "text": "wow", "time_s": 6.0, "posted_at": 7, "polarity": 1.0},
        {"id": "c3", "text": "hm", "time_s": 1.0},
        {"id": "c4", "text": "first", "posted_at": 5},
        {"id": "c5", "text": "ha", "time_s": 3.0},
        {"id": "c6", "text": "oh", "time_s": 7.0},
        {"id": "c9", "text": "lost"},
    ],
    "Trailer": [{"id": "t1"}, {"id": "t9"}],
    "GraphrecRun": [
        {
            "id": "r1",
            "model": "transgrec",
            "label": "Item",
            "property": "toy",
            "dimension": 2,
            "published_at": 10,
        },
        {"id": "r2", "model": "popularity", "label": "Item", "published_at": 20, "seed": 3},
        {"id": "r3", "model": "random"},
    ],
}

RELATIONSHIPS: dict[tuple[str, str, str], list[dict[str, Any]]] = {
    ("RATED", "User", "Item"): [
        {"from": "ann", "to": "m1", "rating": 5.0, "at": 100},
        {"from": "ann", "to": "m2", "rating": 2.0, "at": 200},
        {"from": "bob", "to": "m1", "rating": 4.0, "at": 300},
        {"from": "bob", "to": "m2", "rating": 4.5, "at": 400},
        {"from": "cat", "to": "m2", "rating": 2.5, "at": 500},
    ],
    ("VIEWED", "User", "Item"): [
        {"from": "ann", "to": "m1", "at": 50},
        {"from": "bob", "to": "m3"},
        {"from": HOSTILE, "to": "m4"},
    ],
    ("LIKED", "User", "Item"): [
        {"from": "dan", "to": "m1", "at": 600},
        {"from": "dan", "to": "m3", "at": 650},
        {"from": "fay", "to": "m6"},
    ],
    ("LIKED", "User", "Frame"): [
        {"from": "cat", "to": "f2", "at": 700},
        {"from": HOSTILE, "to": "f2", "at": 1},
    ],
    ("HIGHLIGHTED", "User", "Segment"): [
        {"from": "ann", "to": "v1#1", "at": 800},
        {"from": "bob", "to": "v1#1", "at": 900},
        {"from": "bob", "to": "v1#0", "sequence": 4},
        {"from": "cat", "to": "v1#1", "at": 1000},
    ],
    ("HAS_SEGMENT", "Item", "Segment"): [
        {"from": "v1", "to": "v1#0"},
        {"from": "v1", "to": "v1#1"},
        {"from": "v1", "to": "v1#2"},
        {"from": "v2", "to": "v2#0"},
    ],
    ("HAS_FRAME", "Segment", "Frame"): [{"from": "v1#0", "to": "f1"}, {"from": "v1#1", "to": "f3"}],
    ("HAS_FRAME", "Item", "Frame"): [
        {"from": "v1", "to": "f1"},
        {"from": "m3", "to": "f2"},
        {"from": "v3", "to": "f2"},
    ],
    ("HAS_TRAILER", "Item", "Trailer"): [{"from": "m1", "to": "t1"}],
    ("IN_GENRE", "Item", "Genre"): [
        {"from": "m1", "to": "drama"},
        {"from": "m1", "to": "comedy"},
        {"from": "m2", "to": "drama"},
        {"from": "m3", "to": "comedy"},
        {"from": "m4", "to": "drama"},
    ],
    ("WROTE", "User", "Comment"): [{"from": "ann", "to": "c1"}, {"from": "bob", "to": "c2"}],
    ("ON", "Comment", "Item"): [{"from": "c1", "to": "m1"}, {"from": "c4", "to": "v1"}],
    ("ON", "Comment", "Segment"): [{"from": "c2", "to": "v1#1"}, {"from": "c6", "to": "v1#1"}],
    ("ON", "Comment", "Frame"): [{"from": "c3", "to": "f1"}, {"from": "c5", "to": "f3"}],
}

# The store keeps one relationship of a type for each pair; a graph that others have filled may hold more.
REPEATED = "MATCH (u:User {id: 'cat'}), (i:Item {id: 'm2'}) CREATE (u)-[:RATED {rating: 1.5, at: 450}]->(i)"

OTHER_NAMES = """
[nodes]
User = {label = "My `Customer`", id = "customer id"}
Item = {label = "Film", id = "key", kind = "sort", title = "name", year = "released:string"}
Genre = {label = "Category", id = "id", name = "called"}
Segment = {label = "Scene", id = "sceneId", start_s = "from", end_s = "to:string", position = "number"}
Frame = {label = "Still", id = "id", time_s = "second"}
Comment = {label = "Remark", id = "remark", text = "said", time_s = "second", posted_at = "on:datetime", polarity = "_"}
Trailer = {label = "Teaser", id = "name"}
[relationships]
RATED = {type = "WATCHED it", rating = "stars", at = "timestamp:s"}
VIEWED = {type = "SAW", at = "on:datetime"}
LIKED = {type = "HEARTED", at = "at:string"}
HIGHLIGHTED = {type = "MARKED", at = "since", sequence = "nth"}
HAS_SEGMENT = {type = "CUT_INTO"}
HAS_FRAME = {type = "SHOWS"}
HAS_TRAILER = {type = "TEASED_BY"}
IN_GENRE = {type = "OF"}
WROTE = {type = "SAID"}
ON = {type = "ABOUT"}
"""
"""The same graph as its owner might have it."""

EMBEDDINGS = {
    "User": {"ann": [1.0, 0.0], "bob": [0.0, 1.0]},
    "Item": {"m1": [1.0, 0.0], "m2": [3.0, 4.0], "m3": [-1.0, 0.0]},
}


def fill(store: GraphStore) -> None:
    """Write the graph above into an empty store, backwards: an answer in order is then the query's doing."""
    store.initialise()
    for label, rows in NODES.items():
        types = {p.name: ARROW[p.type] for p in schema.label(label).properties}
        store.write_nodes(label, _table(rows, {"id": pa.string()} | types))
    for (name, source, target), rows in RELATIONSHIPS.items():
        types = {p.name: ARROW[p.type] for p in schema.relationship(name).properties}
        store.write_relationships(
            name, source, target, _table(rows, {"from": pa.string(), "to": pa.string()} | types)
        )
    write_embeddings(store)


def write_embeddings(store: GraphStore) -> None:
    """Write those above."""
    for label, vectors in EMBEDDINGS.items():
        store.write_embeddings(
            label, "toy", pa.array(list(vectors)), np.array(list(vectors.values()), np.float32)
        )


def _table(rows: list[dict[str, Any]], types: dict[str, pa.DataType]) -> pa.Table:
    return pa.Table.from_pylist(rows[::-1], pa.schema(list(types.items())))


@pytest.fixture(
    scope="package",
    params=["ladybug", *(pytest.param(name, marks=pytest.mark.neo4j) for name in ("neo4j", "neo4j-own"))],
)
def variant(request: pytest.FixtureRequest) -> str:
    """What the test runs on; the one place where another is added, with its branch in ``graph``."""
    name: str = request.param
    return name


@pytest.fixture(scope="package")
def database(variant: str) -> str:
    """The database, whose queries are asked."""
    return variant.removesuffix("-own")


@pytest.fixture(scope="package")
def graph(variant: str, request: pytest.FixtureRequest) -> Iterator[GraphStore]:
    """The graph, filled and then opened for reading."""
    filled = {"ladybug": _in_ladybug, "neo4j": _in_neo4j, "neo4j-own": _in_other_names}[variant]
    yield from filled(request)


def _in_other_names(request: pytest.FixtureRequest) -> Iterator[GraphStore]:
    server, login = request.getfixturevalue("neo4j_server"), request.getfixturevalue("neo4j_login")
    server.empty()
    mapping = read_mapping(tomllib.loads(OTHER_NAMES))
    with closing(Neo4jStore(server.uri, login, write=True)) as writer:
        fill(writer)
    with GraphDatabase.driver(server.uri, auth=(login.user, login.password)) as driver:
        driver.execute_query(REPEATED)
        for label, role in mapping.labels.items():
            # With a label and a property that play no role, of which the first comes first by name.
            driver.execute_query(
                f"MATCH (n:{label}) SET n:Aaa:{quoted(role.name)} REMOVE n:{label}, n.toy "
                f"WITH n, properties(n) AS was SET n = {{{_renamed(role)}, text: 'secret', title: 'secret'}}"
            )
        for name, role in mapping.types.items():
            kept = f"{_renamed(role)}, " if role.columns else ""
            driver.execute_query(
                f"MATCH (a)-[e:{name}]->(b) CREATE (a)-[f:{quoted(role.name)}]->(b) "
                f"WITH e, f, properties(e) AS was SET f = {{{kept}rating: 'secret'}} DELETE e"
            )
    with closing(Neo4jStore(server.uri, login, write=True, mapping=mapping)) as writer:
        write_embeddings(writer)
    with closing(Neo4jStore(server.uri, login, mapping=mapping)) as reader:
        yield reader


def _renamed(role: Role) -> str:
    kept = {
        "datetime": "CASE WHEN was.{0} IS NOT NULL THEN datetime({{epochMillis: was.{0}}}) END",
        "s": "was.{0} / 1000.0",
        "string": "toString(was.{0})",
        "": "was.{0}",
    }
    return ", ".join(f"{quoted(c.name)}: {kept[c.kept].format(name)}" for name, c in role.columns.items())


def _in_neo4j(request: pytest.FixtureRequest) -> Iterator[GraphStore]:
    server, login = request.getfixturevalue("neo4j_server"), request.getfixturevalue("neo4j_login")
    server.empty()
    with closing(Neo4jStore(server.uri, login, write=True)) as writer:
        fill(writer)
    with GraphDatabase.driver(server.uri, auth=(login.user, login.password)) as driver:
        driver.execute_query(REPEATED)
    with closing(Neo4jStore(server.uri, login)) as reader:
        yield reader


def _in_ladybug(request: pytest.FixtureRequest) -> Iterator[GraphStore]:
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    workspace = Workspace(Path(factory.mktemp("graph")))
    writer = LadybugStore(workspace, write=True)
    fill(writer)
    writer.close()
    with ladybug.Database(str(workspace.database)) as opened, ladybug.Connection(opened) as connection:
        connection.execute(REPEATED)
    reader = LadybugStore(workspace)
    yield reader
    reader.close()


@pytest.fixture(scope="session")
def hostile() -> str:
    """The id of a user, written to break out of a quoted string and of a pattern."""
    return HOSTILE
