"""Queries read word by word: what ships passes, and what is a string, a comment or a name is never a word."""

from __future__ import annotations

import time

import pytest

from graphrec.errors import QueryError
from graphrec.store.console import ladybug_rules, neo4j_rules
from graphrec.store.console.tokens import MOST_BRACES, MOST_CHARACTERS, MOST_DEPTH, read
from graphrec.store.queries import DATABASES, named_queries
from graphrec.testing.limits import PROMPT_S

RULES = {"ladybug": ladybug_rules, "neo4j": neo4j_rules}


@pytest.mark.parametrize("database", DATABASES)
def test_every_named_query_may_be_run_and_edited(database: str) -> None:
    for name, query in named_queries(database).items():
        assert RULES[database].checked(query.text), name


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("RETURN 'a' AS `b`", "word string word name"),
        ("'it\\'s' \"say \\\"no\\\"\" ''", "string string string"),
        ("$a $1 $`b` x$y", "parameter parameter parameter word parameter"),
        ("1e5LOAD 1.5 .5e-3x 1..2", "number word number number word number mark number"),
        ("`a``b`", "name"),
        ("a/* ' */b//\"\nc", "word word word"),
    ],
)
def test_tokens(text: str, kinds: str) -> None:
    assert [token.kind for token in read(text).tokens] == kinds.split()


def test_comments_become_blanks_and_everything_else_stays_where_it_is() -> None:
    text = "RETURN '/* a */' // LOAD\n /* x\ny */ , `//`;"
    made = read(text).text
    assert made == "RETURN '/* a */'        \n     \n     , `//`"


def test_many_semicolons_take_no_time() -> None:
    started = time.monotonic()
    assert read("RETURN 1" + ";" * 90_000).text == "RETURN 1"
    assert time.monotonic() - started < PROMPT_S


def test_names_are_no_words() -> None:
    told = [
        word
        for _, word in read(
            "n.load (x:Use) `COPY` 'LOAD' $load -[:EXPORT]-> load 1.LOAD [1]..USE f().load"
        ).words()
    ]
    assert told == ["N", "X", "LOAD", "LOAD", "USE", "F"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("RETURN 'a", "a string that begins at line 1, character 8 does not end"),
        ("RETURN 1\n  , `a", "a name in backticks that begins at line 2, character 5"),
        ("RETURN 1 /* a", "a comment that begins at line 1, character 10"),
        ("x" * (MOST_CHARACTERS + 1), "100,001 characters and may have 100,000"),
        ("[" * (MOST_DEPTH + 1), f"nest {MOST_DEPTH} deep"),
        ("{" * (MOST_BRACES + 1), f"braces {MOST_BRACES}"),
        ("RETURN 1; RETURN 2", "one statement"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, told: str) -> None:
    with pytest.raises(QueryError, match=told) as caught:
        read(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["WITH 1 AS load RETURN load", "MATCH (use) RETURN use", "RETURN {copy: 1} AS m"]
)
def test_a_name_that_is_refused_is_told_with_its_cure(text: str) -> None:
    with pytest.raises(QueryError, match=r"a name of yours goes into backticks: `(load|use|copy)`"):
        ladybug_rules.checked(text)
