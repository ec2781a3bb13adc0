"""What counts as chosen, on both databases: popularity is of people who liked it, no reason names what was disliked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.files import write_json
from graphrec.serving.account import Influence, Made
from graphrec.serving.chosen import USUAL, Chosen, chosen_by
from graphrec.serving.common import Common
from graphrec.serving.explain import Shared, explain
from graphrec.serving.explore.nearest_past import nearest_past
from graphrec.serving.lookups import ids
from graphrec.serving.popularity import new, popular
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import GraphStore
from graphrec.tasks.positive import Condition
from graphrec.testing.store_contract import edges, nodes
from graphrec.training.manifest import FILE
from graphrec.workspace import Workspace

RATED = [
    *(("ann", item, stars) for item, stars in (("turkey", 1.0), ("a", 5.0), ("b", 3.0))),
    *(("bob", item, stars) for item, stars in (("turkey", 2.0), ("a", 4.0), ("film", 5.0))),
    *(("cat", item, stars) for item, stars in (("turkey", 1.0), ("b", 4.0), ("film", 2.0))),
]
VIEWED = [("ann", "turkey"), ("bob", "turkey"), ("ann", "c"), ("bob", "a"), ("cat", "c"), ("dan", "c"), ("dan", "film")]


@pytest.fixture
def store(database: GraphStore) -> GraphStore:
    items = ("a", "b", "c", "film", "turkey")
    database.write_nodes("User", nodes("ann", "bob", "cat", "dan", "eve"))
    database.write_nodes("Item", nodes(*items, title=["Alpha", "Beta", "Gamma", "Film", "Turkey"]))
    pairs = edges(*((user, item) for user, item, _ in RATED), rating=[stars for *_, stars in RATED])
    database.write_relationships("RATED", "User", "Item", pairs)
    database.write_relationships("VIEWED", "User", "Item", edges(*VIEWED))
    database.write_nodes("Segment", nodes("c#0", "b#0"))
    database.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(("c", "c#0"), ("b", "b#0")))
    # dan has viewed c already; ann has rated b, and a highlight of a part does not make that a choice.
    marked = edges(("dan", "c#0"), ("eve", "c#0"), ("ann", "b#0"))
    database.write_relationships("HIGHLIGHTED", "User", "Segment", marked)
    database.write_nodes("Genre", nodes("g", "h", name=["War", None]))
    listed = edges(("film", "g"), ("a", "g"), ("turkey", "g"), ("film", "h"), ("turkey", "h"))
    database.write_relationships("IN_GENRE", "Item", "Genre", listed)
    database.write_nodes("Comment", nodes("t1", "t2", "t3", "t4", text=["Noir", "noir", "noir", "w" * 41]))
    tags = edges(("t1", "film"), ("t2", "c"), ("t3", "turkey"), ("t4", "film"), ("t4", "c"))
    database.write_relationships("ON", "Comment", "Item", tags)
    return database


def publish(store: GraphStore, vectors: dict[str, tuple[float, float]]) -> None:
    store.write_embeddings("User", "toy", pa.array(["ann"]), np.array([[1, 0]], np.float32))
    store.write_embeddings("Item", "toy", pa.array([*vectors]), np.array([*vectors.values()], np.float32))
    store.write_nodes("GraphrecRun", nodes("toy-1", model=["toy"], property=["toy"], label=["Item"], published_at=[1]))


def run(workspace: Workspace, relationship: str, positive: list[dict[str, object]]) -> None:
    folder = workspace.runs / "toy-1"
    folder.mkdir(parents=True)
    task = {"name": "ranking", "positive": positive}
    told = {"model": "toy", "snapshot": "gone", "task": task, "projection": {"relationship": relationship}}
    write_json(folder / FILE, told)


def counts(store: GraphStore, chosen: Chosen = USUAL) -> list[tuple[str, int]]:
    return [(row["id"], row["score"]) for row in popular(store, "Item", chosen).to_pylist()]


def test_popular_is_what_most_people_liked(store: GraphStore) -> None:
    # bob viewed a and rated it high: one person. Who viewed the turkey rated it low: nobody.
    assert counts(store) == [("c", 4), ("a", 2), ("film", 2), ("b", 1)]
    assert new(store, "Item") == []


def test_popularity_follows_a_runs_own_rule(store: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "own")
    run(workspace, "RATED", [{"property": "rating", "operator": ">=", "value": 2.0}])
    own = chosen_by(store.properties, workspace, "toy-1", own_only=True)
    assert counts(store, own) == [("a", 2), ("b", 2), ("film", 2), ("turkey", 1)]
    every = chosen_by(store.properties, workspace, "toy-1")
    assert counts(store, every) == [("c", 4), ("film", 3), ("a", 2), ("b", 2), ("turkey", 1)]
    # Of segments there are no ratings: all that lead to them count.
    assert popular(store, "Segment", own).to_pylist() == [{"id": "c#0", "score": 2}, {"id": "b#0", "score": 1}]
    assert chosen_by(store.properties, workspace, "elsewhere-1") == USUAL
    publish(store, {"a": (1, 0)})
    asked = recommend(store, workspace, Request("eve"))
    assert (asked.basis, [one.id for one in asked.items]) == ("popularity", ["a", "b", "film", "turkey"])


def test_a_views_run_counts_viewers(store: GraphStore, tmp_path: Path) -> None:
    run(Workspace(tmp_path), "VIEWED", [])
    own = chosen_by(store.properties, Workspace(tmp_path), "toy-1", own_only=True)
    assert counts(store, own) == [("c", 3), ("turkey", 2), ("a", 1), ("film", 1)]


def test_no_reason_names_what_was_disliked(store: GraphStore, tmp_path: Path) -> None:
    publish(store, {"a": (1, 0), "turkey": (1, 0.1), "film": (1, 0.1), "c": (-1, 0)})
    assert sorted(ids(store, "liked", "Item", user="ann")) == ["a", "c"]
    workspace = Workspace(tmp_path / "own")
    told = explain(store, workspace, "ann", "film")
    # Of a's others bob alone, who liked the film; of c's dan, who viewed it, and cat, who did not like it, and not eve.
    assert told.shared == [Shared("a", "Alpha", 1, 1), Shared("c", "Gamma", 1, 2)]
    assert [one.id for one in told.embedding] == ["a"]
    assert told.common == [Common("genre", "g", "War", 1, 2), Common("tag", "noir", "noir", 1, 2)]
    assert told.sentence == (
        "1 other user who chose Alpha (a), as ann did, chose Film (film) too. "
        "It shares the genre War (1 of 2) and the tag noir (1 of 2) with ann's history. "
        "In the model's space the nearest of ann's history is Alpha (a) (cosine 1.00)."
    )
    near = nearest_past(store, workspace, "ann", "Item", ["film", "c"])
    assert {node: alike.id for node, alike in near.items()} == {"film": "a"}


def test_a_reason_is_more_than_chance(store: GraphStore, tmp_path: Path) -> None:
    crowd = [f"p{n}" for n in range(60)]
    store.write_nodes("User", nodes(*crowd))
    store.write_relationships("VIEWED", "User", "Item", edges(*((user, "c") for user in crowd)))
    told = explain(store, Workspace(tmp_path), "ann", "film")
    assert [one.via for one in told.shared] == ["a"], "1 of 62 who chose c is fewer than 2 %"


def test_what_a_model_used_is_named_but_for_the_disliked() -> None:
    made = Made("of three", 3, [Influence("Item", key, 1.0) for key in "abc"])
    assert [one.id for one in made.without("Item", {"b"}).most] == ["a", "c"]
    assert made.without("User", {"b"}) == made


def test_conditions_of_one_type_leave_others_alone() -> None:
    asked = Chosen((("RATED", (Condition("rating", "==", 5), Condition("at", "<", 9))),))
    text = "MATCH (u:User)-[e:RATED|VIEWED]->(n:Item) WHERE {positive e from u to n} RETURN n.id"
    filled = asked.fill(text)
    assert "(type(e) = 'RATED' AND e.`rating` = $rated_0 AND e.`at` < $rated_1)" in filled
    assert asked.parameters(filled) == {"rated_0": 5, "rated_1": 9}
    assert "WHERE false" in Chosen((), ("LIKED",)).fill(text)
