"""What nobody may ask is refused in one line, tells nothing, and changes nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from graphrec.app.parts.cells import cell
from graphrec.errors import QueryError
from graphrec.store.answers import Limits
from graphrec.store.console.store import ConsoleStore
from graphrec.testing.hostile_queries import HEAVY, LADYBUG, NEO4J
from graphrec.testing.limits import ENDLESS_S, PROMPT_S, WAIT_S

USERS = 40
LIMITS = Limits(seconds=WAIT_S, memory=512 << 20)
QUICK = Limits(seconds=5.0, memory=512 << 20)
"""For what may well go on until then."""


def refused(store: ConsoleStore, text: str, secret: str) -> None:
    """Have each way to ask refuse ``text``, in one line that tells nothing of ``secret``."""
    told = []
    for ask in (
        lambda: store.ask(text, {"rows": []}, LIMITS),
        lambda: store.plan(text, {"rows": []}),
        lambda: store.query(text, LIMITS),
    ):
        with pytest.raises(QueryError) as caught:
            ask()
        told.append(str(caught.value))
    for line in told:
        assert "\n" not in line
        assert secret not in line
        assert len(line) < 1000


def test_there_are_enough() -> None:
    assert len(LADYBUG) + len(NEO4J) + len(HEAVY) >= 200
    assert len({text for _, text in LADYBUG}) == len(LADYBUG)
    assert len({text for _, text in NEO4J}) == len(NEO4J)


@pytest.mark.parametrize("text", [pytest.param(text, id=reason) for reason, text in LADYBUG])
def test_the_embedded_database_is_only_read(embedded: ConsoleStore, secret_file: Path, text: str) -> None:
    refused(embedded, text.replace("{file}", str(secret_file)), secret_file.read_text().strip())
    assert embedded.counts()["User"] == USERS
    assert [path.name for path in secret_file.parent.iterdir()] == [secret_file.name]
    assert secret_file.read_text().startswith("s3cr3t")


@pytest.mark.neo4j
@pytest.mark.parametrize("text", [pytest.param(text, id=reason) for reason, text in NEO4J])
def test_a_server_is_only_read(served: ConsoleStore, secret_file: Path, text: str) -> None:
    refused(served, text.format(file=secret_file), secret_file.read_text().strip())
    assert served.counts()["User"] == USERS


@pytest.mark.parametrize("text", [pytest.param(text, id=reason) for reason, text in HEAVY])
def test_what_is_too_heavy_ends_alone(embedded: ConsoleStore, text: str) -> None:
    started = time.monotonic()
    with pytest.raises(QueryError) as caught:
        embedded.ask(text, {}, QUICK)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < QUICK.seconds + PROMPT_S
    assert embedded.ask("RETURN 1 AS one", {}, LIMITS).rows == [(1,)]


@pytest.mark.neo4j
@pytest.mark.parametrize(
    "text",
    [
        "RETURN size(reduce(s = 'x', i IN range(1, 34) | s + s))",
        "RETURN size([x IN range(1, 1000000000) | toString(x)])",
        "UNWIND range(1, 100000000) AS x RETURN count(DISTINCT x)",
        "UNWIND range(1, 1000) AS x RETURN range(1, 100000)",
        "RETURN range(1, 1000000000)",
    ],
)
def test_a_server_and_its_reader_stand_what_is_too_heavy(served: ConsoleStore, text: str) -> None:
    with pytest.raises(QueryError) as caught:
        served.ask(text, {}, QUICK)
    assert "\n" not in str(caught.value)
    assert served.ask("RETURN 1 AS one", {}, LIMITS).rows == [(1,)]


def test_a_parameter_writes_nothing_into_the_text(embedded: ConsoleStore) -> None:
    hostile = {"a": '" ] AS x RETURN 1 AS leaked /* "'}
    with pytest.raises(QueryError, match="to_json"):
        embedded.ask('WITH ["to_json($a)*/ //"] AS x RETURN x', hostile, LIMITS)
    with pytest.raises(QueryError, match="no name of a parameter"):
        embedded.ask("RETURN 1", {"a) LOAD FROM": 1}, LIMITS)
    assert embedded.ask("RETURN $a AS a", hostile, LIMITS).rows == [(hostile["a"],)]


def test_an_answer_of_too_many_values_is_refused(embedded: ConsoleStore) -> None:
    with pytest.raises(QueryError, match="500,000 values"):
        embedded.ask("RETURN list_transform(range(1, 400000), x -> [1])", {}, LIMITS)


def test_values_of_every_kind_come_back(embedded: ConsoleStore) -> None:
    text = "RETURN map([date('2020-01-01')], [1]) AS m, cast(170141183460469231731687303715884105727 AS INT128) AS i"
    ((map_, whole),) = embedded.ask(text, {}, LIMITS).rows
    assert list(map_.values()) == [1]
    assert cell(whole) == "170141183460469231731687303715884105727"


@pytest.mark.neo4j
def test_rows_that_nobody_wants_are_not_worked_out(served: ConsoleStore) -> None:
    started = time.monotonic()
    found = served.ask("UNWIND range(1, 1000000000) AS x RETURN x", {}, Limits(rows=10, seconds=ENDLESS_S))
    assert (len(found.rows), found.cut) == (10, True)
    assert time.monotonic() - started < PROMPT_S


ALLOWED = (
    "MATCH (u:User) RETURN u.id LIMIT 1",
    "  // a comment: LOAD FROM 'x'\n MATCH (u:User) /* COPY */ RETURN 'LOAD FROM', \"USE\", u.id AS `EXPORT` LIMIT 1;",
    "MATCH (u:User) WHERE u.id = 'it\\'s' OR u.id <> 'say \"COPY\"' RETURN u.id LIMIT 1 // end",
    "OPTIONAL MATCH (u:User)-[e:RATED]->(i:Item) RETURN u.id, e.rating, i.title LIMIT 1",
    "UNWIND [1, 2.5, 1e3] AS x RETURN x LIMIT 1",
    "WITH {load: 1} AS m RETURN m.load",
    "RETURN 1 AS `load`",
)


@pytest.mark.parametrize("database", ["embedded", pytest.param("served", marks=pytest.mark.neo4j)])
@pytest.mark.parametrize("text", [text for text in ALLOWED if "{load" not in text])
def test_what_only_looks_hostile_is_answered(
    request: pytest.FixtureRequest, database: str, text: str
) -> None:
    store: ConsoleStore = request.getfixturevalue(database)
    assert len(store.ask(text, {}, LIMITS).rows) == 1


@pytest.mark.parametrize(
    "text", ["CALL show_tables() RETURN *", "MATCH (u:User) CALL table_info('User') RETURN * LIMIT 1"]
)
def test_the_embedded_database_tells_of_itself(embedded: ConsoleStore, text: str) -> None:
    assert embedded.ask(text, {}, LIMITS).rows


@pytest.mark.neo4j
@pytest.mark.parametrize(
    "text",
    [
        "SHOW INDEXES YIELD name RETURN name",
        "SHOW ALL CONSTRAINTS",
        "SHOW BUILT IN FUNCTIONS YIELD name RETURN name LIMIT 1",
        "CALL db.labels() YIELD label RETURN label",
        "CALL db.labels",
        "CALL { MATCH (u:User) RETURN u.id AS id LIMIT 1 } RETURN id",
        "RETURN date.truncate('year', date('2020-02-03')) AS d, vector.similarity.cosine([1.0], [1.0]) AS v",
        "CYPHER 5 MATCH (u:User) RETURN COUNT { (u)-->() } AS n LIMIT 1",
        "RETURN 'caf\\u00e9' AS word",
    ],
)
def test_a_server_tells_of_its_graph(served: ConsoleStore, text: str) -> None:
    assert served.ask(text, {}, LIMITS).rows
