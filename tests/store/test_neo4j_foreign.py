"""A graph of somebody else's, as people keep theirs: names, ids, times, directions and values of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graphrec.api.doctor_server import server as look_at
from graphrec.errors import GraphrecError, StoreError
from graphrec.serving.recommend import Request, recommend
from graphrec.store.neo4j.mapping import read_mapping
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.workspace import Workspace

pytestmark = pytest.mark.neo4j

Ask = Callable[[str], object]
SECONDS = 1_600_000_000
AT = [1_600_000_000_000 + 60_000 * n for n in range(4)]


def tables(**rated: str) -> dict[str, Any]:
    """Return a mapping of films that people have seen."""
    return {
        "nodes": {
            "User": {"label": "Person", "id": "login"},
            "Item": {"label": "My Film", "id": "film-id", "title": "name"},
        },
        "relationships": {"RATED": {"type": "SAW-IT", **rated}},
    }


@pytest.fixture
def ask(neo4j_empty: Neo4jServer) -> Iterator[Ask]:
    """Ask the server in its own names; it holds two people, two films and who saw which, a minute apart."""
    auth = ("neo4j", neo4j_empty.password_file.read_text())
    with neo4j.GraphDatabase.driver(neo4j_empty.uri, auth=auth, notifications_min_severity="OFF") as driver:
        for (name,) in driver.execute_query("SHOW CONSTRAINTS YIELD name RETURN name").records:
            driver.execute_query(f"DROP CONSTRAINT `{name}`")
        driver.execute_query(
            "UNWIND [0, 1] AS n CREATE (:Person {login: 'p' + n}), (:`My Film` {`film-id`: 'f' + n, name: 'F' + n})"
        )
        driver.execute_query(
            "MATCH (p:Person), (f:`My Film`) WITH p, f ORDER BY p.login, f.name WITH collect([p, f]) AS pairs "
            "UNWIND range(0, 3) AS n WITH n, pairs[n][0] AS p, pairs[n][1] AS f "
            f"CREATE (p)-[:`SAW-IT` {{stars: 5 - n, when: {SECONDS} + 60 * n}}]->(f)"
        )
        yield lambda text: driver.execute_query(text).records


@pytest.fixture
def opened(neo4j_empty: Neo4jServer) -> Iterator[Callable[[Mapping[str, Any]], Neo4jStore]]:
    stores = list[Neo4jStore]()

    def store(names: Mapping[str, Any]) -> Neo4jStore:
        stores.append(Neo4jStore(neo4j_empty.uri, neo4j_empty.login, mapping=read_mapping(names)))
        return stores[-1]

    yield store
    for one in stores:
        one.close()


Open = Callable[[Mapping[str, Any]], Neo4jStore]
KINDS = {
    "s": "e.when",
    "float s": "toFloat(e.when)",
    "ms": "e.when * 1000",
    "float ms": "e.when * 1000.0",
    "datetime": "datetime({epochSeconds: e.when})",
    "datetime elsewhere": "datetime({epochSeconds: e.when, timezone: 'Asia/Tokyo'})",
    "localdatetime": "localdatetime(datetime({epochSeconds: e.when}))",
    "text": "toString(datetime({epochSeconds: e.when}))",
    "text with a zone": "toString(datetime({epochSeconds: e.when, timezone: '+02:00'}))",
    "text without a zone": "toString(localdatetime(datetime({epochSeconds: e.when})))",
    "text with a blank": "replace(toString(localdatetime(datetime({epochSeconds: e.when}))), 'T', ' ')",
}


@pytest.mark.parametrize("kept", KINDS)
def test_every_kind_of_time_is_found_out_and_read(ask: Ask, opened: Open, kept: str) -> None:
    ask(f"MATCH ()-[e:`SAW-IT`]->() SET e.when = {KINDS[kept]}")
    store = opened(tables(at="when"))
    found = (
        store.read_relationships("RATED", "User", "Item", ["at"])
        .table()
        .sort_by([("from", "ascending"), ("to", "ascending")])
    )
    assert found["at"].to_pylist() == AT
    newer = store.newer_relationships("RATED", "User", "Item", ["at"], AT[1])
    assert newer is not None
    assert sorted(newer["at"].to_pylist()) == AT[2:]


@pytest.mark.parametrize("said", ["when", "when:datetime", "when:date"])
def test_dates_are_the_start_of_their_day(ask: Ask, opened: Open, said: str) -> None:
    ask("MATCH ()-[e:`SAW-IT`]->() SET e.when = date('2024-02-29')")
    edges = opened(tables(at=said)).read_relationships("RATED", "User", "Item", ["at"])
    assert set(edges.properties["at"].to_pylist()) == {1_709_164_800_000}


@pytest.mark.parametrize(
    ("change", "rated", "told"),
    [
        ("SET e.when = duration('P1D')", {"at": "when"}, r"SAW-IT\.when: 4 of 4 are DURATION.*\[neo4j\.relation"),
        ("SET e.when = [e.when]", {"at": "when"}, r"SAW-IT\.when: 4 of 4 are LIST OF INTEGER"),
        ("SET e.when = point({x: 1, y: 2})", {"at": "when"}, "4 of 4 are POINT"),
        ("SET e.when = localtime()", {"at": "when"}, "4 of 4 are LOCAL TIME"),
        ("SET e.when = date()", {"at": "when:s"}, r'4 of 4 are DATE.*write "when:date"'),
        ("SET e.when = toString(e.when)", {"at": "when"}, "4 of 4 are no ISO times, such as '1600000000'"),
        ("SET e.when = e.when * 1000", {"at": "when:s"}, r'year 52,\d+; write "when:ms"'),
        ("SET e.when = e.when * 1000000", {"at": "when"}, r"year 52,\d+; divide them"),
        ("SET e.stars = [5]", {"rating": "stars"}, r"4 of 4 are LIST OF INTEGER, and rating takes numbers; leave"),
        ("SET e.stars = point({x: 1, y: 2})", {"rating": "stars"}, "are POINT.* and rating takes numbers"),
        ("SET e.stars = toString(e.stars)", {"rating": "stars"}, r'4 are text, such as .*write "stars:float64"'),
        ("REMOVE e.stars", {"rating": "Stars"}, "property named 'Stars'"),
        ("SET e.stars = 5", {"rating": "login"}, r"no SAW-IT has a property 'login'; .*\[neo4j.relationships.RATED\]"),
        ("SET e.minutes = 1.5", {"minutes": "minutes:int64"}, r"4 of 4 are no whole numbers, such as 1\.5"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_read_are_refused_by_name(
    ask: Ask, opened: Open, change: str, rated: dict[str, str], told: str
) -> None:
    ask(f"MATCH ()-[e:`SAW-IT`]->() {change}")
    with pytest.raises(GraphrecError, match=told) as caught:
        opened(tables(**rated)).read_relationships("RATED", "User", "Item")
    assert "\n" not in str(caught.value)


def test_mixed_times_are_refused(ask: Ask, opened: Open) -> None:
    ask("MATCH (p:Person {login: 'p0'})-[e:`SAW-IT`]->() SET e.when = datetime({epochSeconds: e.when})")
    with pytest.raises(
        StoreError, match="2 of 4 are integers, such as '1600000120', and 2 of 4 are ZONED DATETIME"
    ):
        opened(tables(at="when")).read_relationships("RATED", "User", "Item", ["at"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("MATCH (f:`My Film` {name: 'F0'}) SET f.`film-id` = 7", "1 of 2 are integers.* '7', and 1 of 2 are text"),
        ("MATCH (f:`My Film`) SET f.`film-id` = 1.5", "2 of 2 are floats, such as '1.5'; ids are text or integers"),
        ("MATCH (f:`My Film`) SET f.`film-id` = ['x']", "2 of 2 are LIST OF STRING"),
        ("CREATE (:`My Film` {`film-id`: 'f1'})", r"2 nodes share 1 ids, such as 'f1'.*CREATE CONSTRAINT"),
        ("MATCH (f:`My Film`) REMOVE f.`film-id`", r"no My Film has a property 'film-id'"),
    ],
)  # fmt: skip
def test_ids_that_cannot_be_told_apart_are_refused(ask: Ask, opened: Open, change: str, told: str) -> None:
    ask(change)
    store = opened(tables())
    for read in (lambda: store.read_nodes("Item"), lambda: store.read_relationships("RATED", "User", "Item")):
        with pytest.raises(StoreError, match=told):
            read()
    assert {one.ok for one in look_at(store) if one.what == "mapping"} == {False}


def test_where_ids_are_doubled_nothing_is_recommended(ask: Ask, opened: Open, tmp_path: Path) -> None:
    ask("CREATE (p:Person {login: 'p9'})")
    ask("MATCH (:Person {login: 'p0'})-[e:`SAW-IT`]->(f) CREATE (:`My Film` {`film-id`: f.`film-id`, name: 'again'})")
    ask("MATCH (p:Person {login: 'p0'}), (f:`My Film` {name: 'again'}) CREATE (p)-[:`SAW-IT`]->(f)")
    with pytest.raises(StoreError, match="4 nodes share 2 ids, such as 'f0', 'f1'"):
        recommend(opened(tables(rating="stars")), Workspace(tmp_path), Request("p9", k=9))


def test_integers_as_ids_are_found_out_and_missing_ones_are_said(
    ask: Ask, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    ask("MATCH (p:Person) SET p.login = toInteger(right(p.login, 1)) + 10")
    ask("CREATE (:Person {name: 'nobody'})")
    store = opened(tables(rating="stars"))
    assert store.read_nodes("User")["id"].to_pylist() == ["10", "11"]
    assert "1 of 3 Person have no login; they and their relationships are left out" in caplog.text
    assert store.read(
        "MATCH (u:User {id: $id})-[e:RATED]->(i:Item) RETURN count(e) AS n", id="10"
    ).to_pylist() == [{"n": 2}]


def test_what_points_the_other_way_is_used(ask: Ask, opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    straight = opened(tables(rating="stars")).read_relationships("RATED", "User", "Item", ["rating"]).table()
    ask("MATCH (p)-[e:`SAW-IT`]->(f) CREATE (f)-[:`SAW-IT` {stars: e.stars, when: e.when}]->(p) DELETE e")
    store = opened(tables(rating="stars", at="when"))
    turned = store.read_relationships("RATED", "User", "Item", ["rating"]).table()
    order = [("from", "ascending"), ("to", "ascending")]
    assert turned.sort_by(order).equals(straight.sort_by(order))
    assert "all 4 SAW-IT point the other way than RATED; they are read so" in caplog.text
    text = "MATCH (u:User {id: 'p0'})-[e:RATED|LIKED]->(i:Item)<-[:RATED]-(v:User) RETURN v.id AS v, count(e) AS n"
    assert store.read(text).to_pylist() == [{"v": "p1", "n": 2}]
    assert store.counts()["RATED"] == 4
    newer = store.newer_relationships("RATED", "User", "Item", ["at"], AT[2])
    assert newer is not None
    assert newer.to_pylist() == [{"from": "p1", "to": "f1", "at": AT[3]}]


def test_what_leads_elsewhere_is_said_with_its_number(
    ask: Ask, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    ask(
        "MATCH (p:Person {login: 'p0'}), (f:`My Film` {name: 'F0'}) CREATE (f)-[:`SAW-IT`]->(p), (p)-[:`SAW-IT`]->(p)"
    )
    assert len(opened(tables()).read_relationships("RATED", "User", "Item").source) == 4
    assert "1 of 6 SAW-IT point from My Film to Person, the others from Person to My Film" in caplog.text
    assert "1 of 6 SAW-IT do not join Person and My Film; they are left out" in caplog.text


def test_repeats_are_said_with_their_number(ask: Ask, opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    ask("MATCH (p)-[e:`SAW-IT` {stars: 3}]->(f) CREATE (p)-[:`SAW-IT` {stars: 5}]->(f)")
    ((there, once),) = ask("MATCH (p)-[e:`SAW-IT`]->(f) RETURN count(*), count(DISTINCT [p.login, f.`film-id`])")
    assert there > once
    with caplog.at_level("INFO"):
        assert len(opened(tables()).read_relationships("RATED", "User", "Item").source) == once
    assert f"{there - once} of {there} SAW-IT repeat another one between the same two nodes" in caplog.text


def test_a_type_of_which_none_joins_what_is_mapped_is_refused(ask: Ask, opened: Open) -> None:
    ask("CREATE (:Note)-[:ABOUT]->(:Note)")
    names = tables()
    names["relationships"]["RATED"] |= {"type": "ABOUT"}
    with pytest.raises(StoreError, match=r"none of 1 ABOUT joins Person and My Film.*neo4j.relationships.RATED"):
        opened(names).read_relationships("RATED", "User", "Item")


def test_properties_of_their_own_are_read(ask: Ask, opened: Open) -> None:
    ask("MATCH ()-[e:`SAW-IT`]->() SET e.minutes = e.stars * 10")
    ask("MATCH (p:Person) SET p.countries = ['de', 'fr'], p.age = '33'")
    names = tables(minutes="minutes:int64")
    names["nodes"]["User"] |= {"countries": "countries:list", "age": "age:int64"}
    store = opened(names)
    edges = store.read_relationships("RATED", "User", "Item", ["minutes"])
    assert sorted(edges.properties["minutes"].to_pylist()) == [20, 30, 40, 50]
    users = store.read_nodes("User", ["countries", "age"])
    assert users.select(["countries", "age"]).to_pylist() == [{"countries": ["de", "fr"], "age": 33}] * 2
    assert {one.name for one in store.properties.own("User")} == {"countries", "age"}


@pytest.mark.parametrize(
    ("part", "key", "wrong", "told"),
    [
        (("nodes", "User"), "label", "Persn", "no label named 'Persn'; did you mean 'Person'"),
        (("nodes", "Item"), "id", "film_id", "no property named 'film_id'; did you mean 'film-id'"),
        (("relationships", "RATED"), "type", "SAW_IT", "no relationship type named 'SAW_IT'; did you mean 'SAW-IT'"),
    ],
)  # fmt: skip
def test_names_that_the_server_does_not_have_are_refused(
    ask: Ask, opened: Open, part: tuple[str, str], key: str, wrong: str, told: str
) -> None:
    names = tables()
    names[part[0]][part[1]][key] = wrong
    with pytest.raises(GraphrecError, match=rf"\[neo4j\.{part[0]}\.{part[1]}\]: the server has {told}"):
        opened(names)
