"""What the explorer lists, on both databases; the answers are worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import NotFoundError
from graphrec.serving.explore.catalogue import catalogue
from graphrec.serving.explore.history import history, longest
from graphrec.serving.explore.looks import Look, looks
from graphrec.serving.explore.nearest_past import nearest_past
from graphrec.serving.explore.spaces import spaces
from graphrec.serving.explore.video import (
    Remark,
    Still,
    Trailer,
    VideoPart,
    parts,
    remarks,
    scores,
    stills,
    trailers,
    video,
)
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import GraphStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

SEGMENTS = {"v#0": (1, 0), "v#1": (0, 1), "w#0": (1, 1)}
USERS = {"ann": (3, 0), "bob": (-1, 2)}


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
    store.write_nodes("User", nodes(*USERS, "cat"))
    store.write_nodes(
        "Item",
        nodes(
            "v", "w", "x", title=["Vau", "We", None], year=[1999, 2001, None], thumbnail=["v.jpg", None, None]
        ),
    )
    store.write_nodes("Genre", nodes("g1", "g2", name=["Loud", None]))
    store.write_nodes("Segment", nodes(*SEGMENTS, start_s=[0.0, 5.0, 0.0], end_s=[5.0, 10.0, 4.0]))
    store.write_nodes("Frame", nodes("f", "g", time_s=[1.0, 6.0], uri=["f.jpg", "g.jpg"]))
    store.write_nodes("Comment", nodes("c", "d", "e", text=["sea", "sky", "all"], time_s=[2.0, 1.0, None]))
    store.write_nodes("Trailer", nodes("t", duration_s=[30.0], views=[12]))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(*((s[0], s) for s in SEGMENTS)))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(("v", "f")))
    store.write_relationships("HAS_FRAME", "Segment", "Frame", edges(("v#0", "f"), ("v#0", "g")))
    store.write_relationships("HAS_TRAILER", "Item", "Trailer", edges(("v", "t")))
    store.write_relationships("IN_GENRE", "Item", "Genre", edges(("v", "g1"), ("v", "g2")))
    store.write_relationships("WROTE", "User", "Comment", edges(("ann", "c")))
    store.write_relationships("ON", "Comment", "Segment", edges(("c", "v#0")))
    store.write_relationships("ON", "Comment", "Frame", edges(("d", "f")))
    store.write_relationships("ON", "Comment", "Item", edges(("e", "v")))
    marked = edges(("ann", "v#0"), ("bob", "v#0"), ("ann", "v#1"), at=[10, 20, 30])
    store.write_relationships("HIGHLIGHTED", "User", "Segment", marked)
    rated = edges(("ann", "w"), rating=[4.5], at=[20])
    store.write_relationships("RATED", "User", "Item", rated)
    for label, vectors in (("User", USERS), ("Segment", SEGMENTS), ("Item", {"v": (2, 0)})):
        store.write_embeddings(
            label, "toy", pa.array(list(vectors)), np.array([*vectors.values()], np.float32)
        )
    store.write_embeddings("User", "late", pa.array(["ann"]), np.array([[1]], np.float32))
    store.write_embeddings("Segment", "late", pa.array(["v#1"]), np.array([[1]], np.float32))
    runs = nodes(
        "toy-1",
        "toy-2",
        model=["toy", "toy"],
        property=["toy", "late"],
        label=["Segment", "Segment"],
        published_at=[1, 2],
    )
    store.write_nodes("GraphrecRun", runs)


def test_nodes_come_with_titles_times_and_pictures(store: GraphStore) -> None:
    assert looks(store, "Item", ["x", "v", "nothing"]) == {
        "v": Look("v", "Item", "Vau", picture="v.jpg", year=1999, genres=("Loud", "g2")),
        "x": Look("x", "Item"),
    }
    # The first frame of a segment is its picture, else the video's.
    assert looks(store, "Segment", ["v#0", "v#1"]) == {
        "v#0": Look("v#0", "Segment", "Vau", "v", 0.0, 5.0, "f.jpg"),
        "v#1": Look("v#1", "Segment", "Vau", "v", 5.0, 10.0, "v.jpg"),
    }
    assert looks(store, "Frame", ["g"]) == {"g": Look("g", "Frame", "Vau", "v", 6.0, picture="g.jpg")}
    assert looks(store, "Item", []) == {}


def test_a_history_has_the_latest_first(store: GraphStore) -> None:
    found = [(seen.look.label, seen.look.id, seen.rating, seen.at, seen.comments) for seen in history(store, "ann")]
    # Of the comment nobody knows when it was written.
    assert found == [
        ("Segment", "v#1", None, 30, 0), ("Item", "w", 4.5, 20, 0), ("Segment", "v#0", None, 10, 0),
        ("Segment", "v#0", None, None, 1),
    ]  # fmt: skip
    assert [seen.look.id for seen in history(store, "ann", 1)] == ["v#1"]
    assert history(store, "cat") == []
    assert longest(store) == {"ann": 3, "bob": 1}


def test_runs_can_be_chosen_by_their_id(store: GraphStore, tmp_path: Path) -> None:
    assert [(one.run.id, one.recommended) for one in spaces(store)] == [
        ("toy-2", ("Segment",)),
        ("toy-1", ("Segment", "Item")),
    ]

    def best(model: str | None) -> list[tuple[str, float]]:
        asked = Request("ann", model=model, label="Segment", include_seen=True)
        return [(one.id, one.score) for one in recommend(store, Workspace(tmp_path), asked).items]

    assert best("toy-1") == [("v#0", 3), ("w#0", 3), ("v#1", 0)]
    assert best("toy-2") == best(None) == [("v#1", 1)]


def test_each_reason_is_the_nearest_of_the_history(store: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    # w#0 lies between v#0 and v#1; these two have nothing in common, which is no reason.
    found = nearest_past(store, workspace, "ann", "Segment", ["w#0", "v#0", "nothing"], model="toy-1")
    assert set(found) == {"w#0"}
    assert found["w#0"].id in ("v#0", "v#1")
    assert found["w#0"].cosine == pytest.approx(0.5**0.5)
    assert nearest_past(store, workspace, "cat", "Segment", ["w#0"], model="toy-1") == {}
    with pytest.raises(NotFoundError, match="no run of 'none'"):
        nearest_past(store, workspace, "ann", "Segment", ["w#0"], model="none")


def test_items_stand_in_an_order(own: GraphStore) -> None:
    # v has two viewers, w one, x none.
    assert catalogue(own, "popular") == ["v", "w", "x"]
    assert catalogue(own, "newest") == ["w", "v", "x"]
    assert catalogue(own, "newest", 2) == ["w", "v"]
    own.write_nodes("Item", nodes("x", added_at=[1]))
    assert catalogue(own, "newest") == ["x", "w", "v"]


def test_a_video_from_all_sides(store: GraphStore, tmp_path: Path) -> None:
    shown = video(store, "v")
    assert (shown.title, shown.year, shown.thumbnail, shown.genres) == ("Vau", 1999, "v.jpg", ("Loud", "g2"))
    assert parts(store, "v") == [VideoPart("v#0", 0.0, 5.0, 2), VideoPart("v#1", 5.0, 10.0, 1)]
    assert stills(store, "v") == [Still("f", 1.0, "f.jpg"), Still("g", 6.0, "g.jpg")]
    assert stills(store, "v", 1) == [Still("f", 1.0, "f.jpg")]
    assert remarks(store, "v", 2) == [
        Remark("e", None, None, None, None, "all"),
        Remark("d", None, 1.0, None, None, "sky"),
    ]
    assert [one.user for one in remarks(store, "v")] == [None, None, "ann"]
    assert trailers(store, "v") == [Trailer("t", None, 30.0, 12, None, None)]
    assert (parts(store, "x"), stills(store, "x"), remarks(store, "x"), trailers(store, "x")) == (
        [],
        [],
        [],
        [],
    )
    with pytest.raises(NotFoundError, match="no Item with id 'nothing'"):
        video(store, "nothing")


def test_every_segment_has_a_score_for_whom_the_model_knows(store: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert scores(store, workspace, "bob", "v", "Segment", model="toy-1") == {"v#0": -1, "v#1": 2}
    assert scores(store, workspace, "cat", "v", "Segment", model="toy-1") == {}
    assert scores(store, workspace, "ann", "x", "Segment") == {}
    with pytest.raises(NotFoundError, match="no User with id 'nobody'"):
        scores(store, workspace, "nobody", "v", "Segment")
