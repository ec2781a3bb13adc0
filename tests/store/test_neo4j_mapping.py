"""A graph in other names: what graphrec.toml may say of it, and how queries in the schema's names are told it."""

from __future__ import annotations

import tomllib

import pytest

from graphrec.errors import GraphrecError
from graphrec.store.neo4j.mapping import SCHEMA_NAMES, GraphMapping, read_mapping
from graphrec.store.neo4j.translate import translated

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
        ("MATCH ()-[e:RATED]->() RETURN e.at", "MATCH ()-[e:`WATCHED`]->() RETURN toInteger(`e`.`when` * 1000)"),
        ("MATCH ()-[e:VIEWED]->() RETURN e.at", "MATCH ()-[e:`SAW`]->() RETURN `e`.`on`.epochMillis"),
        ("MATCH ()-[:RATED|LIKED*1..2]->()", "MATCH ()-[:`WATCHED`|LIKED*1..2]->()"),
        ("MATCH ()-[e:RATED|LIKED]->() RETURN e.rating",
         "MATCH ()-[e:`WATCHED`|LIKED]->() "
         "RETURN CASE WHEN `e`:`WATCHED` THEN `e`.`stars` WHEN `e`:`LIKED` THEN `e`.`rating` END"),
        ("MATCH (n:Genre|User) RETURN n.id",
         "MATCH (n:Genre|`Customer`) "
         "RETURN CASE WHEN `n`:`Genre` THEN `n`.`id` WHEN `n`:`Customer` THEN `n`.`customerId` END"),
        ("MATCH (:Genre|User {id: $id})",
         "MATCH (anonymous_11:Genre|`Customer`  WHERE (`anonymous_11`:`Genre` AND `anonymous_11`.`id` = $id) "
         "OR (`anonymous_11`:`Customer` AND `anonymous_11`.`customerId` = $id))"),
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
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(GraphrecError, match=said) as caught:
        mapping(text)
    assert "\n" not in str(caught.value)
