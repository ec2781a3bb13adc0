"""A graph in other names: what graphrec.toml may say of it, and how graphrec's own queries are worded then."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from graphrec import schema
from graphrec.errors import ConfigError, GraphrecError
from graphrec.store.neo4j.mapping import SCHEMA_NAMES, GraphMapping, read_mapping
from graphrec.store.neo4j.worded import worded
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
NOTHING = "`graphrec: not mapped`"
QUERIES = Path(str(files("graphrec.cypher")))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("MATCH (n) RETURN n.id", None),
        ("MATCH (n:User) RETURN n.id",
         "MATCH (n:`Customer` WHERE n.`customerId` IS NOT NULL) RETURN n.`customerId`"),
        ("MATCH (n:`User`) RETURN n.`id` AS x",
         "MATCH (n:`Customer` WHERE n.`customerId` IS NOT NULL) RETURN n.`customerId` AS x"),
        ("MATCH (every:User) RETURN every.id", "MATCH (every:`Customer`) RETURN every.`customerId`"),
        ("MATCH (:User) RETURN count(*)", "MATCH (:`Customer`) RETURN count(*)"),
        ("MATCH (:User {id: $id})", "MATCH (:`Customer` {`customerId`: $id})"),
        ("MATCH (n:Item {id: row[0]})-->(x)",
         f"MATCH (n:{MOVIE} {{`movieId`: toInteger(row[0])}})-[:`WATCHED`|`SAW`]->(x)"),
        ("MATCH (:Item)-[e]->(x)<--(:User) WHERE NOT EXISTS { MATCH (x)--() }",
         f"MATCH (some0:{MOVIE} WHERE some0.`movieId` IS NOT NULL)-[e:`WATCHED`|`SAW`]->(x)<-[:`WATCHED`|`SAW`]-"
         "(some1:`Customer` WHERE some1.`customerId` IS NOT NULL) "
         "WHERE NOT EXISTS { MATCH (x)-[:`WATCHED`|`SAW`]-() }"),
        ("MATCH (n:Item {id: 1}), (m:Item) RETURN n.id, n.title, n.year",
         f"MATCH (n:{MOVIE} {{`movieId`: toInteger(1)}}), (m:{MOVIE} WHERE m.`movieId` IS NOT NULL) "
         "RETURN toString(n.`movieId`), n.`name`, null"),
        ("MATCH (every:Item) RETURN every.`transgrec`", f"MATCH (every:{MOVIE}) RETURN every.`transgrec`"),
        ("MATCH (every:Item) ORDER BY every.`id as stored`", f"MATCH (every:{MOVIE}) ORDER BY every.`movieId`"),
        ("MATCH (n:Genre) ORDER BY n.`id as stored`", f"MATCH (n:{NOTHING}) ORDER BY n.`id`"),
        ("MATCH (r:GraphrecRun {id: 1}), (m:GraphrecMeta) RETURN r.id, m.version",
         "MATCH (r:`GraphrecRun` {`id`: 1}), (m:`GraphrecMeta`) RETURN r.`id`, m.`version`"),
        ("MATCH (:Item)<-[:ON*0..2]-(c:Comment {id: $id})",
         f"MATCH (some0:{MOVIE} WHERE some0.`movieId` IS NOT NULL)<-[:{NOTHING}*0..2]-(c:{NOTHING} {{`id`: $id}})"),
        ("MATCH (n:Frame|Comment) WHERE (n:Frame)", f"MATCH (n:{NOTHING}) WHERE (n:{NOTHING})"),
        ("MATCH ()-[e:RATED]->() RETURN e.at", "MATCH ()-[e:`WATCHED`]->() RETURN toInteger(round(e.`when` * 1000))"),
        ("MATCH ()-[e:VIEWED]->() RETURN e.at, e.rating, {e: e.at}",
         "MATCH ()-[e:`SAW`]->() RETURN e.`on`.epochMillis, null, {e: e.`on`.epochMillis}"),
        ("MATCH ()-[:RATED|LIKED*1..2]->()", "MATCH ()-[:`WATCHED`*1..2]->()"),
        ("MATCH ()-[e:RATED|VIEWED|LIKED]->() RETURN e.rating",
         "MATCH ()-[e:`WATCHED`|`SAW`]->() "
         "RETURN CASE WHEN e:`WATCHED` THEN e.`stars` WHEN e:`SAW` THEN null END"),
        ("MATCH (n:Genre|Item|User {id: $id}) RETURN n.id",
         f"MATCH (n:{MOVIE}|`Customer` WHERE (n:{MOVIE} AND n.`movieId` = toInteger($id)) OR "
         f"(n:`Customer` AND n.`customerId` = $id)) "
         f"RETURN CASE WHEN n:{MOVIE} THEN toString(n.`movieId`) WHEN n:`Customer` THEN n.`customerId` END"),
        ("MATCH ()-[e:RATED|VIEWED|LIKED]->() WHERE type(e) <> 'RATED' OR type(e) = 'LIKED'",
         "MATCH ()-[e:`WATCHED`|`SAW`]->() WHERE type(e) <> 'WATCHED' OR type(e) = 'graphrec: not mapped'"),
        ("MATCH (n:User|Genre) RETURN CASE WHEN (n:User) THEN 'User' END, n.toy",
         "MATCH (n:`Customer` WHERE n.`customerId` IS NOT NULL) "
         "RETURN CASE WHEN (n:`Customer` AND n.`customerId` IS NOT NULL) THEN 'User' END, n.`toy`"),
        ("MATCH (every:User) RETURN every.id UNION ALL MATCH (n:Item) RETURN n.id",
         "MATCH (every:`Customer`) RETURN every.`customerId` "
         f"UNION ALL MATCH (n:{MOVIE} WHERE n.`movieId` IS NOT NULL) RETURN toString(n.`movieId`)"),
        ("MATCH (n:Item|User)",
         f"MATCH (n:{MOVIE}|`Customer` WHERE CASE WHEN n:{MOVIE} THEN n.`movieId` "
         "WHEN n:`Customer` THEN n.`customerId` END IS NOT NULL)"),
        ("CALL db.index.vector.queryNodes('graphrec_User_toy', 1.5) YIELD node AS n WHERE (n:User) RETURN n.id",
         "CALL db.index.vector.queryNodes('graphrec_User_toy', 1.5) YIELD node AS n "
         "WHERE (n:`Customer` AND n.`customerId` IS NOT NULL) RETURN n.`customerId`"),
    ],
)  # fmt: skip
def test_graphrecs_queries_are_worded_in_the_graphs_names(text: str, wanted: str | None) -> None:
    assert worded(text, mapping()) == (text if wanted is None else wanted)


def test_a_graph_that_graphrec_loaded_is_asked_as_it_stands() -> None:
    assert worded("MATCH (n:`User` {id: 1}) RETURN n.`id as stored`", SCHEMA_NAMES) == (
        "MATCH (n:`User` {id: 1}) RETURN n.id"
    )


ROLES = read_mapping(
    {
        "nodes": {name: {"label": f"My {name}", "id": "key"} for name in schema.LABELS if name != schema.RUN},
        "relationships": {name: {"type": f"MY {name}"} for name in schema.RELATIONSHIPS},
    }
)
TEXTS = {
    str(file.relative_to(QUERIES)): file.read_text(encoding="utf-8")
    for file in sorted(QUERIES.rglob("*.cypher"))
    if "ladybug" not in file.parts
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_query_keeps_to_the_form(name: str) -> None:
    """No label or type is named outside of brackets, and no property is read of a variable that stands in none."""
    text = re.sub(r"//[^\n]*|'[^']*'", "", TEXTS[name])
    for part, label in (("label", "Item"), ("type", "RATED"), ("other", "User"), ("property", "title")):
        text = text.replace(f"{{{part}}}", label)
    kept = re.sub(r"`[^`]*`", "", worded(text, ROLES))
    names = [*(label for label in schema.LABELS if label != schema.RUN), *schema.RELATIONSHIPS]
    assert not re.findall(rf"\b(?:{'|'.join(names)})\b", kept)
    known = {*re.findall(r"[(\[](\w+):", text)}
    read = {*re.findall(r"\b([a-z]\w*)\.[\w`]", text.replace("db.index.vector.queryNodes", ""))}
    assert read - {"vector"} <= known


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[nodes.Itm]\nlabel = 'M'\nid = 'i'", r"\[neo4j.nodes.Itm\] in graphrec.toml: no label.*Item"),
        ("[nodes.GraphrecRun]\nlabel = 'M'\nid = 'i'", "GraphrecRun nodes are graphrec's own"),
        ("[nodes.Item]\nid = 'i'", r"\[neo4j.nodes.Item\] needs label"),
        ("[nodes.Item]\nlabel = 'M'", r"\[neo4j.nodes.Item\] needs id"),
        ("[nodes.Item]\nlabel = 'M'\nid = 7", r"\[neo4j.nodes.Item\] id = 7"),
        ("[nodes.Item]\nlabel = 'M'\nid = 'i:uuid'", "behind the colon stands string or int64"),
        ("[nodes.Item]\nlabel = 'M'\nid = 'i'\ntitel = 't'", "titel.*title"),
        ("[nodes.Item]\nlabel = 'M'\nid = 'i'\nyear = 'y:s'", "behind the colon"),
        ("[nodes.User]\nlabel = 'M'\nid = 'i'\nborn = 'b:date'",
         r"\[neo4j.nodes.User\] born = 'b:date': behind the colon stands string or int64 or"),
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
