"""Audiences, and frames and videos by a run on segments, on both databases; the answers are worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphrec.errors import NotFoundError
from graphrec.serving.audience import audience
from graphrec.serving.explain import explain
from graphrec.serving.histories import records, seen
from graphrec.serving.lists import write_lists
from graphrec.serving.lookups import LABELS, require
from graphrec.serving.popularity import new, popular
from graphrec.serving.recommend import Recommendation, Request, recommend
from graphrec.serving.similar import similar
from graphrec.store.base import GraphStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

SEGMENTS = {"v#0": (1, 0), "v#1": (0, 1), "w#0": (-1, 0), "w#1": (0, -1)}
FRAMES = {"f": (1, 0), "g": (0, 1), "h": (-1, 0), "i": (2, 2)}
ITEMS = {"v": (1, 1), "w": (-1, -1), "x": (0, 1)}
USERS = {
    "loves v#0": (3, 0),
    "loves v#1": (0, 1),
    "hates both": (-1, -2),
    "rated": (1, 0),
    "viewed": (1, 0),
    "liked": (1, 0),
    "highlighted": (1, 0),
    "liked a frame of it": (1, 0),
    "liked a frame of a segment": (1, 0),
    "rated another": (2, 1),
}


@pytest.fixture
def store(reading: Callable[..., GraphStore]) -> GraphStore:
    """The graph, to read only."""
    return reading(fill)


@pytest.fixture
def own(database: GraphStore) -> GraphStore:
    """The same graph, to write into."""
    fill(database)
    return database


def fill(store: GraphStore) -> None:
    store.write_nodes("User", nodes(*USERS, "nothing is known"))
    store.write_nodes("Item", nodes("v", "w", "x", title=["Vau", "We", "Iks"]))
    store.write_nodes("Frame", nodes(*FRAMES, time_s=[1.0, 6.0, 1.5, 2.5]))
    times = [0.0, 5.0, 0.0, 5.0]
    store.write_nodes("Segment", nodes(*SEGMENTS, start_s=times, end_s=[time + 5 for time in times]))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(*((s[0], s) for s in SEGMENTS)))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(("w", "f"), ("v", "f"), ("x", "i")))
    store.write_relationships("HAS_FRAME", "Segment", "Frame", edges(("v#1", "g"), ("w#0", "h")))
    store.write_relationships("RATED", "User", "Item", edges(("rated", "v"), ("rated another", "w"), rating=[5.0, 4.0]))
    store.write_relationships("VIEWED", "User", "Item", edges(("viewed", "v")))
    store.write_relationships("LIKED", "User", "Item", edges(("liked", "v")))
    store.write_relationships("HIGHLIGHTED", "User", "Segment", edges(("highlighted", "v#1")))
    liked = edges(("liked a frame of it", "f"), ("liked a frame of a segment", "g"))
    store.write_relationships("LIKED", "User", "Frame", liked)
    for label, vectors in (("User", USERS), ("Segment", SEGMENTS), ("Frame", FRAMES), ("Item", ITEMS)):
        rows = np.array(list(vectors.values()), np.float32)
        store.write_embeddings(label, "toy", pa.array(list(vectors)), rows)
    run = nodes("toy-1", model=["toy"], property=["toy"], label=["Segment"], published_at=[1])
    store.write_nodes("GraphrecRun", run)


def test_users_stand_in_the_order_of_their_lift(store: GraphStore) -> None:
    # The mean of the segments is 0 and their covariance half the unit matrix: a deviation is |u| / √2.
    found = audience(store, "v", 9)
    assert [(one.user, one.segment, one.start_s, one.end_s, one.score) for one in found.users] == [
        ("loves v#0", "v#0", 0, 5, 3),
        ("loves v#1", "v#1", 5, 10, 1),
        ("rated another", "v#0", 0, 5, 2),
        ("hates both", "v#0", 0, 5, -1),
    ]
    lifts = [2**0.5, 2**0.5, 2 / 2.5**0.5, -1 / 2.5**0.5]
    assert [one.lift for one in found.users] == pytest.approx(lifts)
    assert audience(store, "v", 2).users == found.users[:2]
    assert len(audience(store, "v", 99, include_seen=True).users) == len(USERS)


def test_where_nobody_has_chosen_anything_nothing_is_popular(database: GraphStore, tmp_path: Path) -> None:
    database.write_nodes("User", nodes("u"))
    database.write_nodes("Item", nodes("v"))
    database.write_nodes("Segment", nodes("v#0"))
    database.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(("v", "v#0")))
    for label in LABELS:
        assert recommend(database, Workspace(tmp_path), Request("u", label=label)).items == []
        assert popular(database, label).num_rows == 0
    within = recommend(database, Workspace(tmp_path), Request("u", within="v"))
    assert [(one.id, one.score) for one in within.items] == [("v#0", 0)]
    assert (new(database, "Item"), new(database, "Segment"), new(database, "Frame")) == (["v"], ["v#0"], [])


def test_a_run_whose_files_are_elsewhere_explains_too(store: GraphStore, tmp_path: Path) -> None:
    told = explain(store, Workspace(tmp_path), "rated another", "v#0", run="toy-1")
    assert (told.run, told.score, told.account) == ("toy-1", 2, None)


def test_frames_and_videos_come_with_what_is_known_of_them(own: GraphStore, tmp_path: Path) -> None:
    def asked(user: str, **given: Any) -> list[Recommendation]:
        return recommend(own, Workspace(tmp_path), Request(user, **given)).items

    # f is in two videos, of which the first by id is told.
    f, g = Recommendation("f", 3, "Vau", "v", 1.0), Recommendation("g", 0, "Vau", "v", 6.0)
    h, i = Recommendation("h", -3, "We", "w", 1.5), Recommendation("i", 6, "Iks", "x", 2.5)
    assert asked("loves v#0", label="Frame") == [i, f, g, h]
    assert asked("loves v#0", label="Frame", within="v") == [f, g]
    assert asked("loves v#0", label="Frame", new_only=True) == [i]
    assert [one.id for one in asked("liked a frame of it", label="Frame")] == ["i", "g", "h"]
    assert asked("loves v#0", label="Item", k=2) == [
        Recommendation("v", 3, "Vau"),
        Recommendation("x", 0, "Iks"),
    ]
    assert [one.id for one in asked("highlighted", label="Item")] == ["x", "w"]
    assert asked("loves v#0", label="Item", new_only=True) == [Recommendation("x", 0, "Iks")]
    assert [one.id for one in similar(own, "f")] == ["i", "g", "h"]
    assert [one.id for one in similar(own, "v")] == ["x", "w"]
    assert explain(own, Workspace(tmp_path), "liked a frame of it", "i").score == 2
    # Known whole from now on, and known anew once it has changed.
    own.write_relationships("RATED", "User", "Item", edges(("hates both", "x"), rating=[4.5]))
    assert asked("loves v#0", label="Item", new_only=True) == []
    own.drop_embeddings("User", "toy")
    popular = [(one.id, one.score) for one in asked("viewed", label="Item", include_seen=True)]
    assert popular == [("v", 4), ("w", 1), ("x", 1)]
    assert [(one.id, one.score) for one in asked("viewed", label="Frame")] == [("f", 1), ("g", 1)]


@pytest.mark.parametrize("asked", [{}, {"label": "Item"}, {"label": "Frame", "new_only": True}, {"within": "v"}])
def test_the_lists_of_all_are_those_of_each(store: GraphStore, tmp_path: Path, asked: dict[str, Any]) -> None:
    write_lists(store, Workspace(tmp_path), Request("", **asked), tmp_path / "lists.parquet")
    written = pq.read_table(tmp_path / "lists.parquet").to_pylist()
    for user in [*USERS, "nothing is known"]:
        alone = recommend(store, Workspace(tmp_path), Request(user, **asked))
        found = [(row["item"], row["score"], row["basis"]) for row in written if row["user"] == user]
        assert found == [(one.id, one.score, alone.basis) for one in alone.items]


def test_histories_of_many_are_those_of_each(store: GraphStore) -> None:
    # Somebody between two others, whom nobody asks for.
    users = ["viewed", "rated another", "highlighted", "liked a frame of it"]
    for label, of_each in (
        ("Item", [["v"], ["w"], ["v"], []]),
        ("Segment", [[], [], ["v#1"], []]),
        ("Frame", [[], [], [], ["f"]]),
    ):
        assert seen(store, label, users) == of_each
        assert [seen(store, label, [user])[0] for user in users] == of_each
    assert seen(store, "Item", []) == []
    for kind, some in (("RATED", ["rated another"]), ("RATED", users), ("RATED", [])):
        found = records(store, kind, "Item", some, store.properties.of("RATED")).to_pylist()
        assert [(row["user"], row["id"], row["rating"]) for row in found] == [("rated another", "w", 4.0)][: len(some)]


def test_whole_numbers_stand_for_their_digits(own: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    own.write_nodes("User", nodes("7", "8"))
    own.write_nodes("Item", nodes("7", "9"))
    ids = pa.array(["7", "8"]), pa.array(["7", "9"])
    own.write_embeddings("User", "toy", ids[0], np.array([[1, 0], [0, 1]], np.float32))
    own.write_embeddings("Item", "toy", ids[1], np.array([[1, 1], [1, 0]], np.float32))
    for user, item in ((7, 9), (np.int64(7), np.int32(9))):
        assert recommend(own, workspace, Request(user, label="Item")) == recommend(
            own, workspace, Request("7", label="Item")
        )
        assert similar(own, item) == similar(own, "9") != []
        assert explain(own, workspace, user, item) == explain(own, workspace, "7", "9")
    with pytest.raises(NotFoundError, match="there is no User with id '99'"):
        recommend(own, workspace, Request(99))
    with pytest.raises(TypeError, match="a text or a whole number"):
        recommend(own, workspace, Request(7.0))  # type: ignore[arg-type]


def test_one_id_of_two_labels_is_said_and_chosen(
    own: GraphStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own.write_nodes("User", nodes("v"))
    own.write_embeddings("User", "toy", pa.array(["v"]), np.array([[0, 3]], np.float32))
    asked = similar(own, "v", 2)
    assert "'v' is the id of one Item and of one User: this is the Item; label User asks" in caplog.text
    caplog.clear()
    assert similar(own, "v", 2, label="Item") == asked
    users = similar(own, "v", 2, label="User")
    assert not caplog.records
    assert {one.id for one in asked} < set(ITEMS)
    assert {one.id for one in users} < set(USERS)
    with pytest.raises(NotFoundError, match="did you mean 'User'"):
        similar(own, "v", 2, label="Usr")
    explain(own, Workspace(tmp_path), "rated", "v", label="Item")
    assert not caplog.records
    with pytest.raises(NotFoundError, match="'rated' is a User; what is asked for is Item, Segment or Frame"):
        explain(own, Workspace(tmp_path), "rated", "rated")


def test_decomposed_accents_name_what_is_stored_composed(own: GraphStore) -> None:
    own.write_nodes("Item", nodes("caf\u00e9", "cafe\u0301 of old"))
    assert require(own, "Item", "cafe\u0301") == require(own, "Item", " caf\u00e9") == "caf\u00e9"
    assert require(own, "Item", "cafe\u0301 of old") == "cafe\u0301 of old"
