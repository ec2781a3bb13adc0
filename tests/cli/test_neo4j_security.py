"""The password is nowhere but where it was given; what looks like Cypher stays data; queries only read."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphrec.errors import GraphrecError
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import nodes
from graphrec.workspace import Workspace

BREAKING_OUT = (
    "'}) DETACH DELETE n //", '"}) DETACH DELETE n //', "`) DETACH DELETE n //", "$x", "{label}", "`", "\\u0060",
    "\\u0027})", "x`]->() DELETE n //", "a; MATCH (n) DETACH DELETE n", "/* */", "\u2028", "\\",
)  # fmt: skip


@pytest.mark.neo4j
@pytest.mark.parametrize("source", ["file", "environment"])
def test_the_password_is_told_nowhere(
    graphrec, neo4j_empty: Neo4jServer, load_command, ratings: Path, tmp_path: Path, source: str
) -> None:
    password, workspace = str(neo4j_empty.login.password), tmp_path / "w"
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    env["GRAPHREC_STORE"] = neo4j_empty.uri
    if source == "file":
        env["NEO4J_PASSWORD_FILE"] = str(neo4j_empty.password_file)
        debug = []
    else:
        env["NEO4J_PASSWORD"] = password
        debug = ["--debug"]
    (tmp_path / "wrong.cypher").write_text("MATCH (n) RETURN nonsense(n)", encoding="utf-8")
    here = ("-w", workspace)
    commands = [
        (0, load_command(ratings, workspace)),
        (0, ("train", "-m", "transgrec", "--set", "epochs=1", "--set", "dimension=4", "--json", *here)),
        (0, ("doctor", *here)),
        (0, ("doctor", "--json", *here)),
        (0, ("recommend", "u1", "--json", *here)),
        (0, ("query", "top_users", *here)),
        (0, ("stats", "--json", *here)),
        (1, ("query", tmp_path / "wrong.cypher", *here)),
        (1, ("stats", "--store", "neo4j://127.0.0.1:1", *here)),
    ]
    told = []
    for status, arguments in commands:
        asked = graphrec(*debug, *arguments, env=env)
        assert asked.code == status, asked
        told.append(asked.out + asked.err)
        if arguments[0] == "train":
            run = asked.json["run"]
    told.append(graphrec(*debug, "publish", run, *here, env=env).out)
    for wrong in ({"NEO4J_USERNAME": "nobody"}, {"NEO4J_DATABASE": "nowhere"}):
        for arguments in (("doctor", *here), ("stats", *here)):
            asked = graphrec(*debug, *arguments, env=env | wrong)
            assert asked.code == 1
            told.append(asked.out + asked.err)
    assert password not in "".join(told)
    files = [path for path in workspace.rglob("*") if path.is_file()]
    assert any(path.name == "manifest.json" for path in files)
    assert not [path for path in files if password.encode() in path.read_bytes()]


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The options that name an empty graph on either database."""
    if request.param == "ladybug":
        return ()
    server: Neo4jServer = request.getfixturevalue("neo4j_empty")
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(server.password_file))
    return ("--store", server.uri)


@pytest.fixture
def store(address: tuple[str, ...], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[GraphStore]:
    if address:
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        opened: GraphStore = Neo4jStore(server.uri, server.login, write=True)
    else:
        opened = LadybugStore(Workspace(tmp_path / "w"), write=True)
    with closing(opened):
        opened.initialise()
        yield opened


def test_names_that_would_break_out_are_refused(store: GraphStore) -> None:
    store.write_nodes("Item", nodes("i"))
    for name in BREAKING_OUT:
        for use in (
            lambda name=name: store.read_nodes(name),
            lambda name=name: store.read_nodes("Item", [name]),
            lambda name=name: store.read_relationships(name, "User", "Item"),
            lambda name=name: store.read_relationships("RATED", name, "Item"),
            lambda name=name: store.read_relationships("RATED", "User", "Item", [name]),
            lambda name=name: store.read_embeddings("Item", name),
            lambda name=name: store.drop_embeddings("Item", name),
            lambda name=name: store.drop_embeddings(name, "transgrec"),
            lambda name=name: store.write_nodes(name, nodes("x")),
            lambda name=name: store.write_nodes("Item", nodes("x").append_column(name, nodes("y")["id"])),
        ):
            with pytest.raises(GraphrecError):
                use()
    assert {name: count for name, count in store.counts().items() if count} == {"Item": 1}


def test_ids_and_parameters_that_would_break_out_are_data(
    typed, address: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "hostile.tsv"
    texts = sorted({text.strip() for text in BREAKING_OUT} - {""})
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, delimiter="\t", lineterminator="\n")
        writer.writerows([("user", "item", "rating"), *((text, f"of {text}", 4) for text in texts)])
    here = (*address, "-w", tmp_path / "w")
    loaded = typed(*here, "load", "table", file, "--rels", "RATED", "--from", "User:user", "--to", "Item:item",
                   "--property", "rating", "--json")  # fmt: skip
    assert loaded.code == 0, loaded.err
    count = len(texts)
    assert typed(*here, "stats", "--json").json["nodes"] == {"User": count, "Item": count}
    (tmp_path / "echo.cypher").write_text("RETURN $x AS x", encoding="utf-8")
    for text in BREAKING_OUT:
        echoed = typed(*here, "query", "echo.cypher", "-p", f"x={text}!", "--json")
        assert echoed.json == [{"x": f"{text}!".strip()}]
    hostile = BREAKING_OUT[0]
    history = typed(*here, "query", "history", "-p", f"user={hostile}", "--json").json
    assert [row["id"] for row in history] == [f"of {hostile}"]
    assert typed(*here, "recommend", hostile, "--include-seen", "--json").code == 0
    assert typed(*here, "recommend", f"{hostile}?").code == 1
    assert typed(*here, "stats", "--json").json["nodes"] == {"User": count, "Item": count}


@pytest.mark.neo4j
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CREATE (:User {id: 'x'})", "a query only reads"),
        ("MATCH (n) DETACH DELETE n", "a query only reads"),
        ("MATCH (n:User) CALL (n) { DETACH DELETE n } IN TRANSACTIONS", "the query failed"),
        ("CALL db.createLabel('X')", "a query only reads"),
        ("MATCH (n:User) CALL db.create.setNodeVectorProperty(n, 'v', [1.0]) RETURN 1", "a query only reads"),
        ("CREATE INDEX x FOR (n:User) ON (n.name)", "a query only reads"),
        ("CREATE USER eve SET PASSWORD 'abcdefgh'", "the query failed"),
        ("CALL apoc.load.json('file:///etc/passwd') YIELD value RETURN value", "the query failed"),
        ("CALL dbms.killQuery('x')", "the query failed"),
        ("LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "the query failed"),
    ],
)
def test_the_server_refuses_what_does_more_than_read(
    typed, neo4j_empty: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(neo4j_empty.password_file))
    with closing(Neo4jStore(neo4j_empty.uri, neo4j_empty.login, write=True)) as store:
        store.initialise()
        store.write_nodes("User", nodes("u"))
        (tmp_path / "own.cypher").write_text(text, encoding="utf-8")
        asked = typed("--store", neo4j_empty.uri, "query", "own.cypher")
        assert (asked.code, asked.out, asked.err.count("\n")) == (1, "", 1), asked
        assert told in asked.err
        assert "root:" not in asked.err
        assert store.counts()["User"] == 1
        assert not store.read("SHOW INDEXES YIELD name WHERE name = 'x' RETURN name").num_rows
        assert not store.read("MATCH (n) WHERE n.v IS NOT NULL RETURN n").num_rows
