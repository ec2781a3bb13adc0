"""Reading headers and binding parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphrec.errors import ConfigError, GraphrecError, NotFoundError
from graphrec.store.queries import NamedQuery, Parameter, bind, named_queries, parse

HEADER = """// what: a test
// parameters: {}
// example: graphrec query one -p user=12
MATCH (n:{{label}} {{id: $user}}) RETURN n.`{{property}}`
"""


def query(parameters: str) -> NamedQuery:
    return parse("one", HEADER.format(parameters))


FULL = query(
    "user string; label label = Item; property name = transgrec; low float64 = 1.5; limit int64 = 20"
)


def test_header_is_read() -> None:
    expected = NamedQuery(
        "one",
        "a test",
        (
            Parameter("user", "string"),
            Parameter("label", "label", "Item"),
            Parameter("property", "name", "transgrec"),
            Parameter("low", "float64", 1.5),
            Parameter("limit", "int64", 20),
        ),
        "graphrec query one -p user=12",
        "MATCH (n:{label} {id: $user}) RETURN n.`{property}`",
    )
    assert expected == FULL
    assert query("none").parameters == ()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "MATCH (n:User) RETURN n.id",
        "// what: x\n// example: y\n",
        HEADER.format("user text"),
        HEADER.format("user: string"),
        HEADER.format("limit int64 = many"),
        HEADER.format("label label = Movie"),
    ],
)
def test_wrong_header_is_an_error(content: str) -> None:
    with pytest.raises(GraphrecError):
        parse("one", content)


def test_defaults_are_filled_and_names_spliced() -> None:
    text, parameters = bind(FULL, {"user": "12"})
    assert text == "MATCH (n:Item {id: $user}) RETURN n.`transgrec`"
    assert parameters == {"user": "12", "low": 1.5, "limit": 20}


def test_text_is_converted_to_the_declared_types() -> None:
    _, parameters = bind(FULL, {"user": "{label}", "low": "-2", "limit": "3"})
    assert parameters == {"user": "{label}", "low": -2.0, "limit": 3}
    assert [type(parameters[k]) for k in ("low", "limit")] == [float, int]


def test_numbers_are_taken_as_what_is_declared() -> None:
    _, parameters = bind(FULL, {"user": 12, "low": 2, "limit": np.int64(3)})
    assert parameters == {"user": "12", "low": 2.0, "limit": 3}
    assert [type(value) for value in parameters.values()] == [str, float, int]
    assert bind(FULL, {"user": "u", "low": 0.1})[1]["low"] == 0.1
    for wrong in ({"user": 1.5}, {"user": True}, {"user": "1", "limit": 1.5}, {"user": None}):
        with pytest.raises(ConfigError, match="is neither a text nor a whole number"):
            bind(FULL, wrong)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"user": "1", "limti": "3"},
            NotFoundError,
            "no parameter of one named 'limti'; did you mean 'limit'?",
        ),
        ({}, ConfigError, "one needs user; for example: graphrec query one -p user=12"),
        ({"user": "1", "limit": "ten"}, ConfigError, "limit='ten' is not a whole number"),
        ({"user": "1", "limit": "1.5"}, ConfigError, "limit='1.5' is not a whole number"),
        (
            {"user": "1", "limit": "9223372036854775808"},
            ConfigError,
            "limit='9223372036854775808' does not fit in 64 bits",
        ),
        ({"user": "1", "low": "nan"}, ConfigError, "low='nan' is not a number"),
        ({"user": "1", "low": "much"}, ConfigError, "low='much' is not a number"),
        ({"user": "1", "label": "Itm"}, NotFoundError, "no label named 'Itm'; did you mean 'Item'?"),
        (
            {"user": "1", "property": "a`) DETACH DELETE (n"},
            ConfigError,
            "property='a`) DETACH DELETE (n' is not a name: letters, digits and _ only",
        ),
        (
            {"user": "1", "property": "é"},
            ConfigError,
            "property='é' is not a name: letters, digits and _ only",
        ),
    ],
)
def test_wrong_parameter_is_one_clear_line(
    given: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        bind(FULL, given)
    assert str(caught.value) == message


def test_unknown_database_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'neo4j'"):
        named_queries("neo4")


def test_a_databases_own_file_wins() -> None:
    texts: dict[str, Any] = {d: named_queries(d)["similar"].text for d in ("ladybug", "neo4j")}
    assert "vector.similarity.cosine" in texts["neo4j"]
    assert "vector.similarity.cosine" not in texts["ladybug"]
    assert named_queries("ladybug")["history"] == named_queries("neo4j")["history"]
    texts = {d: named_queries(d)["popular"].text for d in texts}
    assert texts["ladybug"] == texts["neo4j"].replace("type(", "label(")
