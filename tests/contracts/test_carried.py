"""What comments say is carried to what they are on, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import neo4j
import numpy as np
import pytest

from graphrec.api.carry import Carried
from graphrec.api.describe import DescribedValues, describe
from graphrec.api.forget import forget
from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.graph.belonging import reachable, shown, ways
from graphrec.media.text import TfidfEncoder
from graphrec.serving.lacking import cure
from graphrec.store.base import GraphStore, closing
from graphrec.store.neo4j.mapping import read_mapping
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

NAME = "item-comment-text"
TEXTS = {
    "c1": "what a goal",
    "c2": "great goal by the keeper",
    "c3": "a sleepy cat",
    "c4": "cats everywhere",
    "c5": " ",
    "c6": None,
    "c7": "on nothing at all",
    "c8": "two cats and a goal",
    "c9": "this one is to be told",
}


def fill(store: GraphStore) -> None:
    """Videos v (two segments, a frame, a trailer with a frame), w, x and y, and comments on all that can have any."""
    store.write_nodes("User", nodes("ann", "bob"))
    store.write_nodes("Item", nodes("v", "w", "x", "y", title=["Football", "Cats", None, "Empty"]))
    store.write_nodes("Segment", nodes("v#0", "v#1", "w#0"))
    store.write_nodes("Frame", nodes("v@1", "t@1"))
    store.write_nodes("Trailer", nodes("t"))
    parts = [None] * 8 + ["test"]
    store.write_nodes("Comment", nodes(*TEXTS, text=list(TEXTS.values()), split=parts))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(("v", "v#0"), ("v", "v#1"), ("w", "w#0")))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(("v", "v@1")))
    store.write_relationships("HAS_FRAME", "Segment", "Frame", edges(("v#0", "v@1")))
    store.write_relationships("HAS_FRAME", "Trailer", "Frame", edges(("t", "t@1")))
    store.write_relationships("HAS_TRAILER", "Item", "Trailer", edges(("x", "t")))
    store.write_relationships("ON", "Comment", "Frame", edges(("c1", "v@1"), ("c4", "t@1"), ("c9", "v@1")))
    store.write_relationships("ON", "Comment", "Segment", edges(("c2", "v#1"), ("c3", "w#0"), ("c5", "v#1")))
    store.write_relationships("ON", "Comment", "Item", edges(("c1", "v"), ("c6", "y"), ("c8", "v"), ("c8", "w")))
    wrote = edges(("ann", "c1"), ("ann", "c3"), ("bob", "c2"), ("bob", "c4"))
    store.write_relationships("WROTE", "User", "Comment", wrote)


def vectors(workspace: Workspace, ids: str, name: str = NAME) -> tuple[np.ndarray, list[bool]]:
    found, known = FeatureStore(workspace.features).read(name, list(ids))
    return found, known.tolist()


def test_a_video_has_the_mean_of_its_comments_by_whatever_way(database: GraphStore, tmp_path: Path) -> None:
    fill(database)
    workspace = Workspace(tmp_path)
    done = describe(database, workspace, "Comment.text", onto="Item")
    ways_there = {
        "Comment > Frame > Item": 1,
        "Comment > Frame > Segment > Item": 1,
        "Comment > Frame > Trailer > Item": 1,
        "Comment > Segment > Item": 2,
        "Comment > Item": 3,
    }
    carried = Carried("Comment", 6, 5, 1, 1, 1, ways_there)
    assert done == DescribedValues(NAME, "Item", 128, True, 3, 0, 2, carried=carried, encoder="tfidf")
    assert vectors(workspace, "vwxy")[1] == [True, True, True, False]
    own = describe(database, workspace, "Comment.text", onto="Item", name="counted", encoder="n-hot")
    assert (own.dimension, own.described) == (5, 3)
    found, _ = vectors(workspace, "vwx", "counted")
    # By columns: cats everywhere, great goal, sleepy cat, two cats and a goal, what a goal; of v three, each once.
    columns = sorted(text for key, text in TEXTS.items() if key in ("c1", "c2", "c3", "c4", "c8"))
    wanted = {"v": ("c1", "c2", "c8"), "w": ("c3", "c8"), "x": ("c4",)}
    for row, keys in zip(found, wanted.values(), strict=True):
        assert row.tolist() == pytest.approx([sum(TEXTS[key] == one for key in keys) / len(keys) for one in columns])


def test_later_comments_are_described_in_the_same_space(database: GraphStore, tmp_path: Path) -> None:
    fill(database)
    workspace = Workspace(tmp_path)
    describe(database, workspace, "Comment.text", onto="Item")
    before, _ = vectors(workspace, "vwxy")
    again = describe(database, workspace, "Comment.text", onto="Item")
    assert (again.fitted, again.described, again.again, again.known) == (False, 0, 0, 3)
    database.write_nodes("Item", nodes("z"))
    database.write_nodes("Comment", nodes("d1", "d2", text=["a sleepy cat", "cats everywhere"]))
    database.write_relationships("ON", "Comment", "Item", edges(("d1", "z"), ("d2", "x"), ("d1", "x")))
    done = describe(database, workspace, "Comment.text", onto="Item")
    assert (done.fitted, done.described, done.again, done.known) == (False, 1, 1, 2)
    after, known = vectors(workspace, "vwxyz")
    assert known == [True, True, True, False, True]
    np.testing.assert_array_equal(after[:2], before[:2])
    # Of x: cats everywhere twice, and what z has.
    np.testing.assert_allclose(after[2], (2 * before[2] + after[4]) / 3, atol=1e-6)
    assert after[4] @ after[2] > after[4] @ after[0]
    assert cure(workspace, NAME) == (
        f"`graphrec describe Comment.text --onto Item --name {NAME}` makes it where they have a Comment"
    )


def test_only_what_has_other_comments_is_encoded_again(
    database: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    workspace = Workspace(tmp_path)
    encoded: list[str] = []
    encode = TfidfEncoder.encode

    def watched(self: TfidfEncoder, texts: Sequence[str]) -> np.ndarray:
        encoded.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(TfidfEncoder, "encode", watched)
    describe(database, workspace, "Comment.text", onto="Item")
    assert sorted(encoded) == sorted(TEXTS[key] for key in ("c1", "c2", "c3", "c4", "c8"))
    encoded.clear()
    assert describe(database, workspace, "Comment.text", onto="Item").known == 3
    assert encoded == []
    # A text that was edited, in whatever way, is as new.
    database.write_nodes("Comment", nodes("c4", text=["no cat at all"]))
    assert describe(database, workspace, "Comment.text", onto="Item").again == 1
    assert encoded == ["no cat at all"]
    encoded.clear()
    FeatureStore(workspace.features).remove("Item", ["w"])
    assert describe(database, workspace, "Comment.text", onto="Item").described == 1
    assert set(encoded) == {TEXTS["c3"], TEXTS["c8"]}
    encoded.clear()
    done = describe(database, workspace, "Comment.text", onto="Item", refit=True)
    assert (done.fitted, done.described, len(encoded)) == (True, 3, 5)


def test_what_was_forgotten_counts_no_longer(database: GraphStore, tmp_path: Path) -> None:
    fill(database)
    workspace = Workspace(tmp_path)
    describe(database, workspace, "Comment.text", onto="Item")
    describe(database, workspace, "Comment.text", onto="User")
    command = f"graphrec describe Comment.text --onto Item --name {NAME}"
    assert forget(database, workspace, "Item:w", dry_run=True).carried == [
        "graphrec describe Comment.text --onto User --name user-comment-text"
    ]
    assert forget(database, workspace, "User:bob").carried == [command]
    done = describe(database, workspace, "Comment.text", onto="Item")
    assert (done.described, done.again, done.known) == (0, 1, 1)
    # Only bob had written of x.
    assert vectors(workspace, "vwxy")[1] == [True, True, False, False]


@pytest.mark.parametrize(
    ("what", "onto", "described"),
    [
        ("Comment.text", "Segment", {"v#0", "v#1", "w#0"}),
        ("Comment.text", "Frame", {"v@1", "t@1"}),
        ("Comment.text", "Trailer", {"t"}),
        ("Comment.text", "User", {"ann", "bob"}),
        ("Item.title", "Segment", {"v#0", "v#1", "w#0"}),
        ("Item.title", "Comment", {"c1", "c2", "c3", "c5", "c6", "c8", "c9"}),
    ],
)
def test_other_labels_too(database: GraphStore, tmp_path: Path, what: str, onto: str, described: set[str]) -> None:
    fill(database)
    workspace = Workspace(tmp_path)
    done = describe(database, workspace, what, onto=onto, dimension=8)
    ids = sorted(database.read_nodes(onto)["id"].to_pylist())
    _, known = FeatureStore(workspace.features).read(done.name, ids)
    assert {key for key, there in zip(ids, known, strict=True) if there} == described
    assert FeatureStore(workspace.features).info(done.name).label == onto


def test_what_leads_nowhere_is_told(database: GraphStore, tmp_path: Path) -> None:
    fill(database)
    workspace = Workspace(tmp_path)
    for what, onto, error, told in (
        ("Comment.text", "Itme", NotFoundError, "did you mean 'Item'"),
        ("Item.title", "User", ConfigError, "Item nodes belong to no User .*can be carried onto Genre, Segment, Frame"),
        ("Item.title", "Item", ConfigError, "Item nodes belong to no Item"),
        ("Comment.text", "Genre", DataError, r"none of the 6 Comment nodes with text belongs to any Genre \(Comm"),
    ):
        with pytest.raises(error, match=told):
            describe(database, workspace, what, onto=onto)
    assert FeatureStore(workspace.features).names() == []
    describe(database, workspace, "Comment.text", onto="Item", name="said")
    with pytest.raises(ConfigError, match=r"describes Comment.text --onto Item, not Comment.text; choose"):
        describe(database, workspace, "Comment.text", name="said")


def test_nothing_is_carried_along_what_users_do() -> None:
    assert reachable("User") == ["Comment"]
    assert "User" not in reachable("Item")
    assert [shown(way) for way in ways("Comment", "Segment")] == ["Comment > Frame > Segment", "Comment > Segment"]


@pytest.mark.neo4j
def test_reviews_of_somebody_elses_graph(neo4j_empty: Neo4jServer, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    mapping = read_mapping({
        "nodes": {
            "Item": {"label": "Film", "id": "slug"},
            "User": {"label": "Person", "id": "login"},
            "Comment": {"label": "Review", "id": "nr:int64", "text": "body"},
        },
        "relationships": {"ON": {"type": "ABOUT"}, "WROTE": {"type": "SAID"}},
    })  # fmt: skip
    auth = ("neo4j", neo4j_empty.password_file.read_text())
    with neo4j.GraphDatabase.driver(neo4j_empty.uri, auth=auth) as driver:
        driver.execute_query(
            "CREATE (f:Film {slug: 'f1'}), (:Film {slug: 'f2'}), (p:Person {login: 'ann'}), "
            "(p)-[:SAID]->(:Review {nr: 1, body: 'a sleepy cat'})-[:ABOUT]->(f), "
            "(:Review {nr: 2, body: 'cats everywhere'})-[:ABOUT]->(f), (:Review {nr: 3, body: 'of nothing'})"
        )
    with closing(Neo4jStore(neo4j_empty.uri, neo4j_empty.login, mapping=mapping)) as store:
        done = describe(store, workspace, "Comment.text", onto="Item")
        carried = Carried("Comment", 3, 2, 0, 0, 1, {"Comment > Item": 2})
        assert done == DescribedValues(NAME, "Item", 128, True, 1, 0, 0, carried=carried, encoder="tfidf")
        assert describe(store, workspace, "Comment.text", onto="User").described == 1
