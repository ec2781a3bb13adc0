"""Every named query on a graph whose answers are worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from graphrec.errors import QueryError
from graphrec.store.base import GraphStore
from graphrec.store.queries import bind, named_queries

Case = tuple[str, dict[str, str], tuple[str, ...], list[tuple[Any, ...]]]

CASES: list[Case] = [
    (
        "history",
        {"user": "ann"},
        ("id", "video", "start_s", "end_s", "rating", "at"),
        [
            ("v1#1", "v1", 5.0, 10.0, None, 800),
            ("m2", None, None, None, 2.0, 200),
            ("m1", None, None, None, 5.0, 100),
        ],
    ),
    (
        "history",
        {"user": "cat", "limit": "2"},
        ("id", "video", "start_s", "at"),
        [("v1#1", "v1", 5.0, 1000), ("f2", "m3", 2.0, 700)],
    ),
    (
        "history",
        {"user": "cat"},
        ("id", "video", "rating", "at"),
        [("v1#1", "v1", None, 1000), ("f2", "m3", None, 700), ("m2", None, 2.5, 500)],
    ),
    (
        "history",
        {"user": "bob"},
        ("id", "title", "at", "sequence"),
        [
            ("v1#1", None, 900, None),
            ("m2", "Beta", 400, None),
            ("m1", "Alpha", 300, None),
            ("v1#0", None, None, 4),
            ("m3", "alpha", None, None),
        ],
    ),
    ("history", {"user": "nobody"}, ("id",), []),
    (
        "popular",
        {},
        ("id", "title", "start_s", "users", "mean_rating"),
        [
            ("m1", "Alpha", None, 3, 4.5),
            ("v1#1", None, 5.0, 3, None),
            ("m3", "alpha", None, 2, None),
            # Of the three who rated it one liked it; the mean is of all three.
            ("m2", "Beta", None, 1, 2.625),
            ("m4", "Cold", None, 1, None),
            ("m6", "beta", None, 1, None),
            ("v1#0", None, 0.0, 1, None),
        ],
    ),
    (
        "popular",
        {"min_rating": "2", "limit": "3"},
        ("id", "users"),
        [("m1", 3), ("m2", 3), ("v1#1", 3)],
    ),
    ("popular", {"limit": "1"}, ("id",), [("m1",)]),
    (
        "trending",
        {"since": "300", "until": "800"},
        ("id", "users", "mean_rating", "last_at"),
        [("m1", 2, 4.0, 600), ("m2", 1, 8.5 / 3, 400), ("m3", 1, None, 650)],
    ),
    ("trending", {"since": "1000"}, ("id", "users"), [("v1#1", 1)]),
    ("trending", {"since": "600"}, ("id", "users"), [("v1#1", 3), ("m1", 1), ("m3", 1)]),
    ("trending", {"until": "101"}, ("id", "users", "mean_rating", "last_at"), [("m1", 1, 5.0, 100)]),
    ("trending", {"until": "100"}, ("id", "users", "last_at"), [("m1", 1, 50)]),
    ("co_liked", {"id": "m1"}, ("id", "users"), [("m3", 2), ("v1#1", 2), ("m2", 1), ("v1#0", 1)]),
    (
        "co_liked",
        {"id": "m1", "min_rating": "2"},
        ("id", "users"),
        [("m2", 2), ("m3", 2), ("v1#1", 2), ("v1#0", 1)],
    ),
    ("co_liked", {"id": "m2"}, ("id", "users"), [("m1", 1), ("m3", 1), ("v1#0", 1), ("v1#1", 1)]),
    ("co_liked", {"id": "m3"}, ("id", "users"), [("m1", 2), ("m2", 1), ("v1#0", 1), ("v1#1", 1)]),
    ("co_liked", {"id": "v1#0"}, ("id", "users"), [("m1", 1), ("m2", 1), ("m3", 1), ("v1#1", 1)]),
    (
        "neighbours",
        {"user": "ann"},
        ("id", "shared", "theirs", "similarity"),
        [("cat", 1, 1, 1 / 2), ("bob", 2, 5, 2 / 5), ("dan", 1, 2, 1 / 3)],
    ),
    (
        "neighbours",
        {"user": "dan"},
        ("id", "shared", "theirs", "similarity"),
        [("bob", 2, 5, 2 / 5), ("ann", 1, 2, 1 / 3)],
    ),
    (
        "neighbours",
        {"user": "bob"},
        ("id", "shared", "theirs", "similarity"),
        [("ann", 2, 2, 2 / 5), ("dan", 2, 2, 2 / 5), ("cat", 1, 1, 1 / 5)],
    ),
    (
        "segment_heat",
        {"video": "v1"},
        ("id", "start_s", "end_s", "users"),
        [("v1#1", 5.0, 10.0, 3), ("v1#0", 0.0, 5.0, 1), ("v1#2", 10.0, 15.0, 0)],
    ),
    (
        "comment_heat",
        {"video": "v1"},
        ("id", "start_s", "end_s", "comments", "users"),
        [("v1#1", 5.0, 10.0, 2, 1), ("v1#0", 0.0, 5.0, 0, 0), ("v1#2", 10.0, 15.0, 0, 0)],
    ),
    (
        "video_segments",
        {"video": "v1"},
        ("id", "position", "start_s", "end_s", "frames"),
        [("v1#0", 0, 0.0, 5.0, 1), ("v1#1", 1, 5.0, 10.0, 1), ("v1#2", 2, 10.0, 15.0, 0)],
    ),
    (
        "cold_items",
        {},
        ("id", "kind", "title", "year"),
        [
            ("m10", "movie", "COLD", 2003),
            ("m9", "movie", "cold", 2003),
            ("m5", "movie", "Beta", 1999),
            ("m7", "movie", "beta", None),
            ("m8", "movie", "BETA", None),
            ("v2", "video", None, None),
        ],
    ),
    (
        "cold_segments",
        {},
        ("video", "id", "start_s", "end_s"),
        [("v1", "v1#2", 10.0, 15.0), ("v2", "v2#0", 0.0, 5.0)],
    ),
    ("recommend", {"user": "ann", "property": "toy"}, ("id",), [("m3",)]),
    ("recommend", {"user": "bob", "property": "toy"}, ("id",), []),
    ("similar", {"id": "m1", "property": "toy"}, ("id", "similarity"), [("m2", 0.6), ("m3", -1.0)]),
    ("similar", {"id": "ann", "property": "toy", "label": "User"}, ("id", "similarity"), [("bob", 0.0)]),
    (
        "why_paths",
        {"user": "dan", "id": "m2"},
        ("user", "shared", "shared_title", "other", "id", "title"),
        [
            ("dan", "m1", "Alpha", "bob", "m2", "Beta"),
            ("dan", "m3", "alpha", "bob", "m2", "Beta"),
        ],
    ),
    (
        "why_paths",
        {"user": "ann", "id": "v1#1"},
        ("shared", "other"),
        [("m1", "bob")],
    ),
    (
        "why_paths",
        {"user": "ann", "id": "m3"},
        ("shared", "other"),
        [("m1", "bob"), ("m1", "dan"), ("v1#1", "bob")],
    ),
    (
        "why_paths",
        {"user": "bob", "id": "m1"},
        ("shared", "other"),
        [("m3", "dan"), ("v1#1", "ann")],
    ),
    (
        "genre_profile",
        {"user": "ann"},
        ("genre", "items", "mean_rating"),
        [("Drama", 2, 3.5), ("comedy", 1, 5.0)],
    ),
    (
        "genre_profile",
        {"user": "dan"},
        ("genre", "items", "mean_rating"),
        [("comedy", 2, None), ("Drama", 1, None)],
    ),
    (
        "genre_profile",
        {"user": "bob"},
        ("genre", "items", "mean_rating"),
        [("Drama", 2, 4.25), ("comedy", 2, 4.0)],
    ),
    ("item_genres", {"item": "m1"}, ("id", "name", "items"), [("comedy", None, 2), ("drama", "Drama", 3)]),
    (
        "orphans",
        {},
        ("label", "nodes", "example"),
        [
            ("User", 2, "eve"),
            ("Item", 5, "m10"),
            ("Genre", 1, "war"),
            ("Segment", 1, "s9"),
            ("Frame", 1, "f9"),
            ("Comment", 1, "c9"),
            ("Trailer", 1, "t9"),
        ],
    ),
    (
        "duplicates",
        {},
        ("title", "year", "items"),
        [("cold", 2003, 3), ("alpha", 2000, 2), ("beta", None, 2), ("beta", 1999, 2)],
    ),
    (
        "runs",
        {},
        ("id", "model", "label", "property", "dimension", "seed", "published_at"),
        [
            ("r2", "popularity", "Item", None, None, 3, 20),
            ("r1", "transgrec", "Item", "toy", 2, None, 10),
            ("r3", "random", None, None, None, None, None),
        ],
    ),
    (
        "embedding_coverage",
        {"property": "toy"},
        ("label", "embedded", "nodes"),
        [("Frame", 0, 4), ("Item", 3, 13), ("Segment", 0, 5), ("User", 2, 8)],
    ),
    (
        "comments_of_video",
        {"video": "v1"},
        ("id", "user", "time_s", "posted_at", "polarity", "text"),
        [
            ("c4", None, None, 5, None, "first"),
            ("c3", None, 1.0, None, None, "hm"),
            ("c5", None, 3.0, None, None, "ha"),
            ("c2", "bob", 6.0, 7, 1.0, "wow"),
            ("c6", None, 7.0, None, None, "oh"),
        ],
    ),
    ("comments_of_video", {"video": "m1"}, ("id", "user"), [("c1", "ann")]),
    (
        "top_users",
        {"limit": "4"},
        ("id", "things", "mean_rating", "last_at"),
        [("bob", 5, 4.25, 900), ("ann", 3, 3.5, 800), ("cat", 3, 2.0, 1000), ("dan", 2, None, 650)],
    ),
]


def _rows(graph: GraphStore, database: str, name: str, given: dict[str, str]) -> list[dict[str, Any]]:
    text, parameters = bind(named_queries(database)[name], given)
    rows: list[dict[str, Any]] = graph.read(text, **parameters).to_pylist()
    return rows


@pytest.mark.parametrize(("name", "given", "columns", "expected"), CASES)
def test_answer_is_the_one_worked_out_by_hand(
    graph: GraphStore,
    database: str,
    name: str,
    given: dict[str, str],
    columns: tuple[str, ...],
    expected: list[tuple[Any, ...]],
) -> None:
    rows = [tuple(row[column] for column in columns) for row in _rows(graph, database, name, given)]
    if name == "orphans":  # UNION ALL promises no order
        rows, expected = sorted(rows), sorted(expected)
    assert len(rows) == len(expected), rows
    for row, right in zip(rows, expected, strict=True):
        assert row == tuple(pytest.approx(v, abs=1e-6) if isinstance(v, float) else v for v in right)


@pytest.mark.parametrize(("name", "given", "columns", "expected"), CASES)
def test_limit_cuts_the_answer(
    graph: GraphStore,
    database: str,
    name: str,
    given: dict[str, str],
    columns: tuple[str, ...],
    expected: list[tuple[Any, ...]],
) -> None:
    if "limit" in {p.name for p in named_queries(database)[name].parameters}:
        rows = _rows(graph, database, name, given | {"limit": "1"})
        assert [row[columns[0]] for row in rows] == [right[0] for right in expected[:1]]


def test_every_query_has_an_answer_above(database: str) -> None:
    # What only one database has is compared with the Python verbs elsewhere (test_by_index.py).
    assert {case[0] for case in CASES} == set(named_queries("ladybug")) <= set(named_queries(database))


def test_duplicates_tell_which(graph: GraphStore, database: str) -> None:
    assert [sorted(row["ids"]) for row in _rows(graph, database, "duplicates", {})] == [
        ["m10", "m4", "m9"],
        ["m1", "m3"],
        ["m7", "m8"],
        ["m5", "m6"],
    ]


def test_hostile_id_is_found_like_any_other(graph: GraphStore, database: str, hostile: str) -> None:
    assert [row["id"] for row in _rows(graph, database, "history", {"user": hostile})] == ["f2", "m4"]


def test_hostile_text_stays_data_in_every_parameter(graph: GraphStore, database: str, hostile: str) -> None:
    before = graph.counts()
    for query in named_queries(database).values():
        given = {p.name: f"{hostile}, and nobody's id" for p in query.parameters if p.type == "string"}
        if given:
            given |= {p.name: "toy" for p in query.parameters if p.type == "name"}
            assert _rows(graph, database, query.name, given) == [], query.name
    assert graph.counts() == before


@pytest.mark.parametrize(
    "text",
    [
        "CREATE (:User {id: 'new'})",
        "MATCH (n:User {id: 'ann'}) DETACH DELETE n",
        "MATCH (n:Item) SET n.title = 'x'",
        "MERGE (n:User {id: 'new'}) RETURN n.id",
    ],
)
def test_writing_query_is_refused(graph: GraphStore, text: str) -> None:
    before = graph.counts()
    with pytest.raises(QueryError):
        graph.query(text)
    assert graph.counts() == before
