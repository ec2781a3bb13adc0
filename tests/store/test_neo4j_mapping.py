"""A graph in other names: what graphrec.toml may say of it, and how queries in the schema's names are told it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from graphrec.errors import ConfigError, GraphrecError
from graphrec.store.neo4j.mapping import SCHEMA_NAMES, GraphMapping, read_mapping
from graphrec.store.neo4j.translate import translated
from graphrec.store.open import open_store

SHOP = """
[nodes.User]
label = "Customer"
id = "customerId"
[nodes.Item]
label = "My `Movie"
id = "movieId:int64"
title = "name"
[relationships.RATED]
type = "WATCHED"
rating = "stars"
at = "when:s"
[relationships.VIEWED]
type = "SAW"
at = "on:datetime"
"""


def mapping(text: str = SHOP) -> GraphMapping:
    return read_mapping(tomllib.loads(text))


MOVIE = "`My ``Movie`"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("MATCH (n) RETURN n.id", "MATCH (n) RETURN n.id"),
        ("MATCH (n:User) RETURN n.id", "MATCH (n:`Customer`) RETURN `n`.`customerId`"),
        ("MATCH (n:`User`) RETURN n . `id` AS x", "MATCH (n:`Customer`) RETURN `n`.`customerId` AS x"),
        ("MATCH (:User {id: $id})", "MATCH (:`Customer` {`customerId`: $id})"),
        ("MATCH (n:Item {id: f($a, {b: 1})})-->(x)",
         f"MATCH (n:{MOVIE} {{`movieId`: toInteger(f($a, {{b: 1}}))}})-->(x)"),
        ("MATCH (n:Item) RETURN n.id, n.title, n.year",
         f"MATCH (n:{MOVIE}) RETURN toString(`n`.`movieId`), `n`.`name`, null"),
        ("MATCH (n:Item) RETURN n.`transgrec`", f"MATCH (n:{MOVIE}) RETURN `n`.`transgrec`"),
        ("MATCH (n:Item) ORDER BY n.`id as stored`", f"MATCH (n:{MOVIE}) ORDER BY `n`.`movieId`"),
        ("MATCH ()-[e:RATED]->() RETURN e.at", "MATCH ()-[e:`WATCHED`]->() RETURN toInteger(round(`e`.`when` * 1000))"),
        ("MATCH ()-[e:VIEWED]->() RETURN e.at", "MATCH ()-[e:`SAW`]->() RETURN `e`.`on`.epochMillis"),
        ("MATCH ()-[:RATED|LIKED*1..2]->()", "MATCH ()-[:`WATCHED`|LIKED*1..2]->()"),
        ("MATCH ()-[e:RATED|LIKED]->() RETURN e.rating",
         "MATCH ()-[e:`WATCHED`|LIKED]->() "
         "RETURN CASE WHEN `e`:`WATCHED` THEN `e`.`stars` WHEN `e`:`LIKED` THEN `e`.`rating` END"),
        ("MATCH (n:Genre|User) RETURN n.id",
         "MATCH (n:Genre|`Customer`) "
         "RETURN CASE WHEN `n`:`Customer` THEN `n`.`customerId` WHEN `n`:`Genre` THEN `n`.`id` END"),
        ("MATCH (:Genre|User {id: $id})",
         "MATCH (anonymous_11:Genre|`Customer`  "
         "WHERE (`anonymous_11`:`Customer` AND `anonymous_11`.`customerId` = $id) "
         "OR (`anonymous_11`:`Genre` AND `anonymous_11`.`id` = $id))"),
        ("MATCH (n:Item {title: 'a}', id: $id})",
         f"MATCH (n:{MOVIE}  WHERE (`n`:{MOVIE} AND `n`.`name` = 'a}}' AND `n`.`movieId` = toInteger($id)))"),
        ("RETURN 'n:User n.id (n:User)' /* (n:User) */ // (n:User {id: 1})", None),
        ("MATCH (n:Movie) RETURN n.title, $n.id, [n IN x | n.id], x[1..2], 1.5, db.index.n.id()", None),
        ("MATCH (u:User) WITH u AS v, 1 AS u RETURN v.id, u.id",
         "MATCH (u:`Customer`) WITH u AS v, 1 AS u RETURN `v`.`customerId`, u.id"),
        ("MATCH (u:User) RETURN u.id AS u, u.id",
         "MATCH (u:`Customer`) RETURN `u`.`customerId` AS u, `u`.`customerId`"),
        ("MATCH (n:User) RETURN n.id UNION MATCH (n:Genre) RETURN n.id",
         "MATCH (n:`Customer`) RETURN `n`.`customerId` UNION MATCH (n:Genre) RETURN n.id"),
        ("MATCH (n) WHERE n:Item RETURN n.id", f"MATCH (n) WHERE n:{MOVIE} RETURN toString(`n`.`movieId`)"),
        ("MATCH (n:!Item&(User|Genre))", f"MATCH (n:!{MOVIE}&(`Customer`|Genre))"),
        ("MATCH (n:Person:User) RETURN n.`toy`, n.id",
         "MATCH (n:Person:`Customer`) RETURN `n`.`toy`, "
         "CASE WHEN `n`:`Customer` THEN `n`.`customerId` WHEN `n`:`Person` THEN `n`.`id` END"),
        ("MATCH (n:User|Genre) WHERE (n:Genre) RETURN n.id",
         "MATCH (n:`Customer`|Genre) WHERE (n:Genre) "
         "RETURN CASE WHEN `n`:`Customer` THEN `n`.`customerId` WHEN `n`:`Genre` THEN `n`.`id` END"),
        ("MATCH (e:User) WITH 1 AS x MATCH ()-[e:RATED]->() RETURN e.rating",
         "MATCH (e:`Customer`) WITH 1 AS x MATCH ()-[e:`WATCHED`]->() RETURN `e`.`stars`"),
        ("MATCH ()-[e:RATED {rating: 5}]->()",
         "MATCH ()-[e:`WATCHED`  WHERE (`e`:`WATCHED` AND `e`.`stars` = 5)]->()"),
        ("MATCH (n:User {}) RETURN n {.id, .toy, .*, x: 1}",
         "MATCH (n:`Customer` {}) RETURN n {`id`: `n`.`customerId`, `toy`: `n`.`toy`, .*, x: 1}"),
        ("MATCH (n:User {id: $id // whose\n})", "MATCH (n:`Customer` {`customerId`: $id // whose\n})"),
        ("MATCH (n:User) WITH collect(DISTINCT n) AS ns UNWIND ns AS m "
         "RETURN m.id, [n IN ns WHERE n:User | n.id]",
         "MATCH (n:`Customer`) WITH collect(DISTINCT n) AS ns UNWIND ns AS m "
         "RETURN `m`.`customerId`, [n IN ns WHERE n:`Customer` | `n`.`customerId`]"),
        ("MATCH (n:User) WHERE any(n IN $rows WHERE n.id = 1) RETURN n.id",
         "MATCH (n:`Customer`) WHERE any(n IN $rows WHERE n.id = 1) RETURN `n`.`customerId`"),
        ("MATCH ()-[e:VIEWED]->() RETURN e.rating, {e: e.at}",
         "MATCH ()-[e:`SAW`]->() RETURN null, {e: `e`.`on`.epochMillis}"),
        ("RETURN type(e) AS t",
         "RETURN coalesce({`WATCHED`: 'RATED', `SAW`: 'VIEWED'}[type(e)], type(e)) AS t"),
        ("RETURN 'Item' IN labels(n)",
         "RETURN 'Item' IN [label IN labels(n) | "
         f"coalesce({{`Customer`: 'User', {MOVIE}: 'Item'}}[label], label)]"),
        ("// what (n:User)\nMATCH (n:User)", "// what (n:User)\nMATCH (n:`Customer`)"),
    ],
)  # fmt: skip
def test_queries_are_told_the_graphs_own_names(text: str, wanted: str | None) -> None:
    assert translated(text, mapping()) == (text if wanted is None else wanted)


def test_a_graph_of_graphrecs_own_needs_no_translation() -> None:
    assert translated("MATCH (n:`User` {id: 1}) RETURN n.`id as stored`", SCHEMA_NAMES) == (
        "MATCH (n:`User` {id: 1}) RETURN n.id"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[nodes.Itm]\nlabel = 'M'\nid = 'i'", r"Itm.*Item"),
        ("[nodes.Run]\nlabel = 'M'\nid = 'i'", "Run nodes are graphrec's own"),
        ("[nodes.Item]\nid = 'i'", r"\[neo4j.nodes.Item\] needs label"),
        ("[nodes.Item]\nlabel = 'M'", r"\[neo4j.nodes.Item\] needs id"),
        ("[nodes.Item]\nlabel = 'M'\nid = 7", r"\[neo4j.nodes.Item\] id = 7"),
        ("[nodes.Item]\nlabel = 'M'\nid = 'i:uuid'", "behind the colon stands int64"),
        ("[nodes.Item]\nlabel = 'M'\nid = 'i'\ntitel = 't'", "titel.*title"),
        ("[nodes.Item]\nlabel = 'M'\nid = 'i'\nyear = 'y:s'", "behind the colon"),
        ("[relationships.RATED]\nrating = 'r'", "needs type"),
        ("[relationships.LOVED]\ntype = 'L'", "LOVED"),
        ("[relations.RATED]\ntype = 'L'", "relations.*relationships"),
        ("[nodes]\nItem = 'Movie'", r"\[neo4j.nodes.Item\]"),
        ("[nodes.Item]\nlabel = 'M\\u0060) DETACH DELETE n //'\nid = 'i'", "the name of a label"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(GraphrecError, match=said) as caught:
        mapping(text)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("graphrec.toml").write_text("neo4j = 5", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\[neo4j.nodes.Item\]"):
        open_store(tmp_path / "w", "bolt://127.0.0.1:1")
