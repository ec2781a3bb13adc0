"""What is particular to Neo4j: logins, errors, ranges, parts, retries, the vector index, forks."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from neo4j import Transaction
from neo4j.exceptions import Neo4jError, ServiceUnavailable

from graphrec.errors import BadRows, ConfigError, GraphrecError, QueryError, StoreError
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loading.load import load
from graphrec.store.answers import Limits
from graphrec.store.base import Written, closing
from graphrec.store.neo4j.errors import explained
from graphrec.store.neo4j.login import Login, address, login
from graphrec.store.neo4j.read import NUMBERS, STRINGS, Identity, RangeReader
from graphrec.store.neo4j.server import About
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.store.neo4j.work import Statement, Work
from graphrec.store.open import open_store
from graphrec.testing.limits import WAIT_S
from graphrec.testing.neo4j_server import Neo4jServer, free_port
from graphrec.testing.store_contract import edges, nodes, stored_edges, stored_nodes
from graphrec.workspace import Workspace

SECRET = "s3cret-of-the-test"

real = pytest.mark.neo4j


@pytest.fixture
def store(neo4j_empty: Neo4jServer, neo4j_login: Login) -> Iterator[Neo4jStore]:
    with closing(Neo4jStore(neo4j_empty.uri, neo4j_login, write=True)) as opened:
        assert isinstance(opened, Neo4jStore)
        opened.initialise()
        yield opened


@pytest.fixture
def rated(store: Neo4jStore) -> Neo4jStore:
    users, items = [f"u{n}" for n in range(40)], [f"i{n}" for n in range(30)]
    store.write_nodes("User", nodes(*users))
    store.write_nodes("Item", nodes(*items))
    pairs = [(u, i) for a, u in enumerate(users) for b, i in enumerate(items) if (a * b) % 7 == 1]
    ratings = [float(n) for n in range(len(pairs))]
    times = [None if n % 3 else n for n in range(len(pairs))]
    store.write_relationships("RATED", "User", "Item", edges(*pairs, rating=ratings, at=times))
    return store


def refused(error: GraphrecError) -> str:
    text = str(error)
    assert "\n" not in text
    assert SECRET not in text
    return text


@pytest.mark.parametrize(
    "uri",
    [
        f"neo4j://neo4j:{SECRET}@host", f"bolt://{SECRET}@host:7687", f"http://neo4j:{SECRET}@host", "http://host",
        "neo4j", "neo4j://", "neo4j://host:port", "neo4j://host/db", "bolt://host?x=1", "/some/path", "",
    ],
)  # fmt: skip
def test_an_address_is_scheme_host_and_port(uri: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store(tmp_path / "w", uri)
    refused(caught.value)
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("uri", ["neo4j://host", "neo4j+s://x.example.com", "bolt://[::1]:7687"])
def test_addresses_stay_as_they_are(uri: str) -> None:
    assert address(uri) == uri


def test_the_login_comes_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    assert login({}) == Login("neo4j", None, None)
    given = login({"NEO4J_USERNAME": "ann", "NEO4J_PASSWORD_FILE": str(file), "NEO4J_DATABASE": "films"})
    assert (given.user, given.password, given.database) == ("ann", SECRET, "films")
    assert SECRET not in repr(given)
    assert login({"NEO4J_PASSWORD": "own", "NEO4J_PASSWORD_FILE": str(file)}).password == "own"
    with pytest.raises(ConfigError, match="NEO4J_PASSWORD_FILE"):
        login({"NEO4J_PASSWORD_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "Neo.ClientError.Security.Forbidden",
            "the user 'ann' has no right to do this: not allowed; grant it",
        ),
        ("Neo.ClientError.General.WriteOnReadOnlyAccessDatabase", "read only: not allowed; take it out of"),
        ("Neo.ClientError.Security.AuthenticationRateLimit", "too many wrong passwords; wait a few seconds"),
        ("Neo.TransientError.General.DatabaseUnavailable", "is busy: not allowed; repeat the command"),
    ],
)
def test_what_a_server_refuses_is_one_line_with_its_cure(code: str, told: str) -> None:
    # As the driver makes it of a server's answer; Community has no roles that could forbid anything.
    hydrate: Any = getattr(Neo4jError, "_hydrate_neo4j")  # noqa: B009 - private to the driver
    error = hydrate(message="not allowed.\n  at some.java.Line", code=code)
    text = refused(explained(error, "bolt://host", Login("ann", SECRET)))
    assert told in text


def test_no_server_is_told_at_once() -> None:
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        Neo4jStore(f"bolt://127.0.0.1:{free_port()}", Login("neo4j", SECRET))
    refused(caught.value)


@real
def test_wrong_logins_and_databases_are_told(neo4j_server: Neo4jServer, neo4j_login: Login) -> None:
    for who, told in (
        (Login("neo4j", SECRET), "refused the login of 'neo4j'; set NEO4J_USERNAME"),
        (Login("neo4j"), "without a password"),
        (Login("neo4j", neo4j_login.password, "nowhere"), "no database 'nowhere'; set NEO4J_DATABASE"),
    ):
        with pytest.raises(StoreError) as caught:
            Neo4jStore(neo4j_server.uri, who)
        text = refused(caught.value)
        assert told in text
        assert str(neo4j_login.password) not in text


@real
def test_a_store_for_reading_refuses_to_write(neo4j_server: Neo4jServer, neo4j_login: Login) -> None:
    with closing(Neo4jStore(neo4j_server.uri, neo4j_login)) as store:
        assert str(neo4j_login.password) not in repr(store)
        for write in (store.initialise, lambda: store.write_nodes("User", nodes("u"))):
            with pytest.raises(StoreError, match="reading only"):
                write()


@real
def test_ranges_and_both_identities_read_the_same(rated: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = stored_edges(rated, "RATED", "User", "Item", "rating", "at")
    monkeypatch.setattr("graphrec.store.neo4j.read.NODES_PER_RANGE", 7)
    monkeypatch.setattr("graphrec.store.neo4j.read.EDGES_PER_RANGE", 11)
    assert stored_edges(rated, "RATED", "User", "Item", "rating", "at") == expected
    assert len(stored_nodes(rated, "User")) == 40
    by_name = RangeReader(rated._server.rows, 2, STRINGS).relationships("RATED", "User", "Item", ["rating"])
    found = {
        (by_name.source_ids[int(a)].as_py(), by_name.target_ids[int(b)].as_py()): rating
        for a, b, rating in zip(
            by_name.source, by_name.target, by_name.properties["rating"].to_pylist(), strict=True
        )
    }
    assert found == {pair: values[0] for pair, values in expected.items()}


@real
def test_rows_that_are_looked_up_are_compared_alike(
    rated: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphrec.store.neo4j.write.WHOLE", 0)
    monkeypatch.setattr("graphrec.store.neo4j.read.LOOKUP_ROWS", 2)
    monkeypatch.setattr("graphrec.store.neo4j.write.BATCH_ROWS", 2)
    stored = stored_edges(rated, "RATED", "User", "Item", "rating", "at")
    pairs = list(stored)[:5]
    same = edges(*pairs, rating=[stored[p][0] for p in pairs], at=[stored[p][1] for p in pairs])
    assert rated.write_relationships("RATED", "User", "Item", same) == Written(unchanged=5)
    more = edges(*pairs[:4], ("u0", "i0"), rating=[-1.0] * 5)
    assert rated.write_relationships("RATED", "User", "Item", more) == Written(created=1, updated=4)
    older = edges(pairs[0], rating=[9.0], at=[-1])
    expected = Written(unchanged=1) if stored[pairs[0]][1] is not None else Written(updated=1)
    assert rated.write_relationships("RATED", "User", "Item", older) == expected
    assert rated.write_nodes("Item", nodes("i1", "i2", "new", title=["x", None, "y"])) == Written(1, 1, 1)
    with pytest.raises(StoreError, match="no Item with id 'gone'"):
        rated.write_relationships("RATED", "User", "Item", edges(("u1", "gone")))


@real
def test_a_long_transaction_is_committed_in_parts(
    store: Neo4jStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.part_rows = 10

    def load() -> None:
        with store.transaction():
            for start in range(0, 30, 5):
                store.write_nodes("User", nodes(*(f"u{n}" for n in range(start, start + 5))))
            raise ZeroDivisionError

    with caplog.at_level(logging.WARNING), pytest.raises(ZeroDivisionError):
        load()
    assert "20 rows were stored before this failed" in caplog.text
    assert store.counts()["User"] == 20


@real
def test_what_others_write_is_noticed_by_its_count(rated: Neo4jStore) -> None:
    before = rated.versions(["User", "Item"])
    rated._server.command("CREATE (:User {id: 'foreign'}), (:Foreign {id: 'x'}), (:User {name: 'no id'})")
    after = rated.versions(["User", "Item"])
    assert after["User"] > before["User"]
    assert after["Item"] == before["Item"]
    assert set(stored_nodes(rated, "User")) == {*(f"u{n}" for n in range(40)), "foreign"}


@real
def test_a_wiped_graph_is_not_taken_for_the_one_before(store: Neo4jStore) -> None:
    seen = set()
    for _ in range(3):
        store.write_nodes("User", nodes("u"))
        seen.add(store.versions(["User"])["User"])
        store._server.command("MATCH (n) DETACH DELETE n")
    assert len(seen) == 3


@real
def test_ids_that_no_index_takes_are_refused(store: Neo4jStore) -> None:
    with pytest.raises(StoreError) as caught:
        store.write_nodes("User", nodes("x" * 40_000))
    assert len(refused(caught.value)) < 1000
    assert store.counts()["User"] == 0


@real
def test_the_server_refuses_to_write_and_to_take_too_long(
    rated: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rated.counts()
    for text in (
        "CREATE (:User)",
        "CALL db.createLabel('X')",
        "DROP CONSTRAINT graphrec_User_id",
        "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'bbbbbbbb'",
    ):
        with pytest.raises(QueryError, match="only reads"):
            rated.query(text)
    assert rated.counts() == before
    endless = "UNWIND range(1, 100000000) AS a UNWIND range(1, 100000) AS b RETURN count(*)"
    with pytest.raises(QueryError, match="ended after 1 s"):
        rated.query(endless, Limits(seconds=1))
    monkeypatch.setattr("graphrec.store.neo4j.store.QUERY_SECONDS", 1.0)
    with pytest.raises(QueryError, match="longer than the time allowed"):
        rated.read(endless)


@real
def test_answers_of_all_kinds_become_arrow(rated: Neo4jStore) -> None:
    text = (
        "MATCH (n:User {id: 'u1'})-[e:RATED]->(i) WITH n, e, i LIMIT 1 "
        "RETURN n, e.rating AS r, [1, null] AS l, {a: 1} AS m, "
        "date('2020-01-02') AS d, point({x: 1, y: 2}) AS p, duration('P1D') AS s, null AS none, true AS b"
    )
    row = rated.query(text).to_pylist()[0]
    assert row["n"] == {"id": "u1"}
    assert (row["l"], row["m"], row["d"].year, row["none"], row["b"]) == (
        [1, None],
        {"a": 1},
        2020,
        None,
        True,
    )
    assert rated.query("UNWIND [1, 'a'] AS x RETURN x")["x"].to_pylist() == ["1", "a"]


@pytest.mark.parametrize(
    ("version", "has"),
    [("5.26.30", False), ("2025.12.1", False), ("2026.01.4", False), ("2026.02.0", True), ("2026.08.1", True),
     ("2027.01-aura", True), ("5.27-aura", False)],
)  # fmt: skip
def test_the_search_clause_is_known_by_the_version(version: str, has: bool) -> None:
    assert About(version, "community", ("5", "25")).has_search == has
    assert not About(version, "community", ("5",)).has_search


@pytest.fixture
def newer(neo4j_newer: Neo4jServer) -> Iterator[Neo4jStore]:
    neo4j_newer.empty()
    with closing(Neo4jStore(neo4j_newer.uri, neo4j_newer.login, write=True)) as opened:
        opened.initialise()
        yield opened


@real
def test_the_newer_server_has_what_is_new(newer: Neo4jStore) -> None:
    assert newer.query(
        "RETURN 'x' IS :: STRING AS new, vector([1], 1, INTEGER8) IS NOT NULL AS newer"
    ).num_rows
    assert newer._server.about().has_search


@real
@pytest.mark.parametrize("metric", ["dot", "cosine"])
@pytest.mark.parametrize("server", ["store", "newer"])
def test_the_nearest_by_the_index_are_the_nearest(
    server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, metric: str
) -> None:
    store: Neo4jStore = request.getfixturevalue(server)
    rng = np.random.default_rng(3)
    ids = [f"i{n}" for n in range(1500)]
    centres = rng.normal(size=(30, 16))
    vectors = (centres[rng.integers(0, 30, 1500)] + 0.3 * rng.normal(size=(1500, 16))).astype(np.float32)
    store.write_nodes("Item", nodes(*ids))
    store.write_embeddings("Item", "emb", pa.array(ids), vectors)
    wanted = vectors[7]
    exact = [n.id for n in store.nearest("Item", "emb", wanted, 60, metric=metric)]
    assert store.kept.keys()
    store.kept.clear()
    monkeypatch.setattr("graphrec.store.neo4j.vectors.EXACT_ROWS", 100)
    monkeypatch.setattr("graphrec.store.neo4j.vectors.NARROW", 10)
    found = [n.id for n in store.nearest("Item", "emb", wanted, 10, metric=metric)]
    if metric == "cosine":
        assert not store.kept.keys(), "the index was not asked"
    assert len(set(found) & set(exact[:10])) >= 9
    rest = [n.id for n in store.nearest("Item", "emb", wanted, 10, without=exact[:50], metric=metric)]
    assert rest == exact[50:60]
    few = store.nearest("Item", "emb", wanted, 5, among=exact[20:40], without=exact[20:22], metric=metric)
    assert [n.id for n in few] == exact[22:27]


@real
def test_an_index_lives_as_long_as_its_embedding(store: Neo4jStore) -> None:
    def indexes() -> list[list[object]]:
        return store._server.rows("SHOW VECTOR INDEXES YIELD name, state RETURN name, state")

    store.write_nodes("Item", nodes("i", "j"))
    store.write_embeddings("Item", "emb", pa.array(["i"]), np.ones((1, 3), np.float32))
    assert indexes() == [["graphrec_Item_emb", "ONLINE"]]
    with store.transaction():
        store.drop_embeddings("Item", "emb")
        store.write_embeddings("Item", "emb", pa.array(["j"]), np.ones((1, 4), np.float32))
    assert indexes() == [["graphrec_Item_emb", "ONLINE"]]
    store.drop_embeddings("Item", "emb")
    assert indexes() == []
    assert store.read_embeddings("Item", "emb")[1].shape[0] == 0


def _child(store: Neo4jStore, answers: multiprocessing.Queue[int]) -> None:
    answers.put(store.counts()["User"])
    store.write_nodes("User", nodes("of the child"))
    store.close()


@real
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_fork_gets_a_connection_of_its_own(rated: Neo4jStore) -> None:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_child, args=(rated, answers))
    with rated.transaction():
        rated.write_nodes("User", nodes("of the parent"))
        child.start()
        assert answers.get(timeout=WAIT_S) == 40
        child.join(WAIT_S)
    assert child.exitcode == 0
    assert {"of the child", "of the parent"} <= set(stored_nodes(rated, "User"))


@real
def test_a_server_that_comes_back_gets_the_transaction_again(
    rated: Neo4jStore, neo4j_server: Neo4jServer
) -> None:
    with rated.transaction():
        rated.write_nodes("User", nodes("before"))
        neo4j_server.stop(kill=True)
        neo4j_server.start()
        rated.write_nodes("User", nodes("after"))
    assert {"before", "after"} <= set(stored_nodes(rated, "User"))
    assert rated.counts()["User"] == 42


@real
@pytest.mark.parametrize("identity", [NUMBERS, STRINGS])
def test_a_transaction_begun_anew_writes_what_it_would_have_written(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch, identity: Identity
) -> None:
    store.write_nodes("Item", nodes(*(f"i{n}" for n in range(5))))
    store.write_nodes("User", nodes("u0"))
    monkeypatch.setattr(store, "_identity", lambda: identity)
    run, lost = Work._run, []

    def flaky(work: Work, transaction: Transaction, statement: Statement) -> None:
        run(work, transaction, statement)
        if "RATED" in statement.text and not lost:
            lost.append(statement.text)
            raise ServiceUnavailable("the connection is gone")

    monkeypatch.setattr(Work, "_run", flaky)
    pairs = [(f"u{n}", f"i{n % 5}") for n in range(20)]
    with store.transaction():
        store.write_nodes("User", nodes(*(u for u, _ in pairs)))
        store.write_relationships("RATED", "User", "Item", edges(*pairs[:10]))
        store.write_nodes("User", nodes("later"))
        store.write_relationships("RATED", "User", "Item", edges(*pairs[10:], ("later", "i0")))
    assert identity.function in lost[0]
    assert set(stored_edges(store, "RATED", "User", "Item")) == {*pairs, ("later", "i0")}


@real
def test_a_file_longer_than_a_transaction_with_a_bad_row_leaves_nothing(
    store: Neo4jStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.part_rows = 10
    monkeypatch.setattr("graphrec.loaders.tabular.text.BLOCK_BYTES", 200)
    rows = [f"u{n},i{n % 7},{n % 5}.5,{n}" for n in range(90)]
    before, good, bad = (tmp_path / f"{name}.csv" for name in ("before", "good", "bad"))
    before.write_text("user,item,rating,at\nx,y,1,1\n")
    good.write_text("\n".join(["user,item,rating,at", *rows]))
    bad.write_text("\n".join(["user,item,rating,at", *rows, "u,i,much,9"]))
    options = TableOptions(rels="RATED", from_="User:user", to="Item:item", property=["rating", "at"])
    workspace = Workspace(tmp_path / "workspace")
    with pytest.raises(BadRows, match="line 92"):
        load(store, TableLoader(), [before, bad], options, workspace)
    assert set(stored_edges(store, "RATED", "User", "Item")) == {("x", "y")}
    assert load(store, TableLoader(), [good], options, workspace).tallies["RATED"].created == 90


@real
def test_two_loads_at_once_double_nothing(
    store: Neo4jStore, neo4j_server: Neo4jServer, neo4j_login: Login
) -> None:
    users, items = [f"u{n}" for n in range(30)], [f"i{n}" for n in range(20)]
    store.write_nodes("User", nodes(*users))
    store.write_nodes("Item", nodes(*items))
    pairs = [(u, i) for u in users for i in items]
    blocks = [pairs[start : start + 150] for start in range(0, len(pairs), 150)]

    def load(order: int) -> Written:
        with closing(Neo4jStore(neo4j_server.uri, neo4j_login, write=True)) as own:
            own.part_rows = 70
            done = Written()
            with own.transaction():
                for block in blocks[::order]:
                    done += own.write_relationships(
                        "RATED", "User", "Item", edges(*block, rating=[1.0] * len(block))
                    )
            return done

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(load, (1, -1)))
    # It fails where a pair is stored twice.
    assert set(stored_edges(store, "RATED", "User", "Item")) == set(pairs)


@real
def test_every_part_of_a_long_transaction_counts_up_the_version(rated: Neo4jStore) -> None:
    pairs = list(stored_edges(rated, "RATED", "User", "Item"))
    before, marked = rated.versions(["RATED"]), rated.mark("RATED")
    rated.part_rows = 50

    def rate_again() -> None:
        with rated.transaction():
            rated.write_relationships("RATED", "User", "Item", edges(*pairs, rating=[9.0] * len(pairs)))
            raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("graphrec.store.neo4j.write.BATCH_ROWS", 25)
        rate_again()
    assert {9.0} < {rating for (rating,) in stored_edges(rated, "RATED", "User", "Item", "rating").values()}
    assert rated.versions(["RATED"])["RATED"] > before["RATED"]
    assert rated.mark("RATED").rewritten != marked.rewritten


@real
def test_every_part_is_told_by_the_versions(rated: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphrec.store.neo4j.write.BATCH_ROWS", 10)
    monkeypatch.setattr("graphrec.store.neo4j.vectors.FLOATS_PER_BATCH", 20)
    rated.part_rows = 10
    ids = [f"u{n}" for n in range(40)]
    rated.write_embeddings("User", "toy", pa.array(ids), np.ones((40, 2), np.float32))
    run, seen = Work.commit, list[list[list[Any]]]()

    def watched(work: Work) -> None:
        run(work)
        meta = "MATCH (m:GraphrecMeta) WHERE m.id IN ['Item', 'RATED', 'User.toy'] RETURN m.version ORDER BY m.id"
        seen.append(rated._server.rows(meta))

    monkeypatch.setattr(Work, "commit", watched)
    pairs = list(stored_edges(rated, "RATED", "User", "Item"))[:35]
    for write in (
        lambda: rated.write_nodes("Item", nodes(*(f"i{n}" for n in range(25)), title=["new"] * 25)),
        lambda: rated.write_relationships(
            "RATED", "User", "Item", edges(*pairs, rating=[-1.0] * 35, at=[999] * 35)
        ),
        lambda: rated.write_embeddings("User", "toy", pa.array(ids), np.zeros((40, 2), np.float32)),
    ):
        seen.clear()
        write()
        assert len(seen) >= 3
        assert all(before != after for before, after in pairwise(seen))


@real
def test_kept_vectors_go_with_their_nodes_and_stay_within_bounds(store: Neo4jStore) -> None:
    ids = [f"i{n}" for n in range(20)]
    store.write_nodes("Item", nodes(*ids))
    for name in ("one", "two", "three"):
        store.write_embeddings("Item", name, pa.array(ids), np.ones((20, 4), np.float32))
    store.kept.most = 1000
    wanted = np.ones(4, np.float32)
    for name in ("one", "two", "three"):
        assert len(store.nearest("Item", name, wanted, 20)) == 20
    assert store.kept.keys() == [("Item", "two"), ("Item", "three")]
    store._server.command("MATCH (n:Item {id: 'i3'}) DETACH DELETE n")
    assert "i3" not in [n.id for n in store.nearest("Item", "three", wanted, 20)]
    store.kept.most = 10
    store.kept.clear()
    assert len(store.nearest("Item", "one", wanted, 20)) == 19
    assert not store.kept.keys()
