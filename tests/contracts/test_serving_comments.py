"""Frames that people have commented on, on both databases: they are history, popular, not new, and reasons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.files import write_json
from graphrec.serving.audience import audience
from graphrec.serving.chosen import chosen_by
from graphrec.serving.explain import explain
from graphrec.serving.explore.history import history, longest
from graphrec.serving.explore.said import said
from graphrec.serving.explore.video import scored_label, scores, stills, until_next
from graphrec.serving.explore.why import why
from graphrec.serving.histories import comments, seen
from graphrec.serving.lookups import ids
from graphrec.serving.popularity import new, popular
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import GraphStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.training.manifest import FILE, FORMAT
from graphrec.workspace import Workspace

COMMENTS = {
    "a1": ("ann", "f", 1.0, ""), "a2": ("ann", "g", 0.0, ""), "a3": ("ann", "h", 1.0, "greeting"),
    "b1": ("ben", "f", 1.0, ""), "b2": ("ben", "i", 1.0, ""), "c1": ("cat", "f", 1.0, ""), "c2": ("cat", "i", 0.0, ""),
    "d1": ("dan", "j", 1.0, ""),
}  # fmt: skip
FRAMES = {"f": (1.0, 0.0), "g": (0.9, 0.1), "h": (0.8, 0.2), "i": (0.7, 0.3), "j": (0.0, 1.0), "k": (0.1, 0.9)}


@pytest.fixture
def store(reading: Callable[..., GraphStore]) -> GraphStore:
    """The graph, to read only."""
    return reading(fill)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """With no run in it."""
    return Workspace(tmp_path)


def fill(store: GraphStore) -> None:
    store.write_nodes("User", nodes("ann", "ben", "cat", "dan"))
    store.write_nodes("Item", nodes("v", "w", title=["Vau", "We"]))
    store.write_nodes("Frame", nodes(*FRAMES, time_s=[float(n) for n in range(len(FRAMES))]))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(*(("w" if f == "k" else "v", f) for f in FRAMES)))
    written = [*COMMENTS.values()]
    store.write_nodes(
        "Comment",
        nodes(
            *COMMENTS, polarity=[one[2] for one in written], left_out=[one[3] for one in written],
            posted_at=[*range(len(written))], time_s=[float(n) for n in range(len(written))],
            moment_s=[*(float(n) for n in range(len(written) - 1)), 0.5],
            words=["sea sea", "sun", "sea", "sun", *["sky"] * 4],
        ),
    )  # fmt: skip
    store.write_relationships("WROTE", "User", "Comment", edges(*((one[0], c) for c, one in COMMENTS.items())))
    store.write_relationships("ON", "Comment", "Frame", edges(*((c, one[1]) for c, one in COMMENTS.items())))
    store.write_relationships("LIKED", "User", "Frame", edges(("dan", "f"), ("dan", "j")))
    for label, vectors in (("Frame", FRAMES), ("User", {"ann": (1.0, 0.0), "ben": (1.0, 0.0)})):
        rows = np.array([*vectors.values()], np.float32)
        store.write_embeddings(label, "toy", pa.array([*vectors]), rows)
    run = nodes("toy-1", model=["toy"], property=["toy"], label=["Frame"], published_at=[1])
    store.write_nodes("GraphrecRun", run)


def test_what_somebody_wrote_on_was_seen(store: GraphStore) -> None:
    """Whatever it said."""
    assert [sorted(one) for one in seen(store, "Frame", ["ann", "dan"])] == [["f", "g", "h"], ["f", "j"]]


def test_what_somebody_praised_was_chosen(store: GraphStore) -> None:
    """Of use, and nothing bad; what was liked and written on too is one thing."""
    assert sorted(ids(store, "liked", "Frame", user="ann")) == ["f"]
    assert sorted(ids(store, "liked", "Frame", user="dan")) == ["f", "j"]


def test_who_liked_and_who_praised_count_once(store: GraphStore) -> None:
    found = popular(store, "Frame").to_pylist()
    assert found == [{"id": "f", "score": 4}, {"id": "i", "score": 1}, {"id": "j", "score": 1}]


def test_a_video_that_somebody_wrote_on_is_not_new(store: GraphStore) -> None:
    assert new(store, "Frame") == ["k"]


def test_what_was_written_on_is_not_recommended_again(store: GraphStore, workspace: Workspace) -> None:
    found = recommend(store, workspace, Request("ann", k=10, label="Frame"))
    assert [one.id for one in found.items] == ["i", "k", "j"]
    within = recommend(store, workspace, Request("ann", k=10, label="Frame", within="v"))
    assert [one.id for one in within.items] == ["i", "j"]


def test_where_only_frames_are_ranked_items_come_by_their_best(store: GraphStore, workspace: Workspace) -> None:
    found = recommend(store, workspace, Request("ann", with_frame=True))
    assert (found.label, found.basis, found.note) == ("Item", "toy-1", "toy-1 ranks frames: each item by its best")
    shown = [(one.id, one.title, one.score, one.frame.id) for one in found.items if one.frame is not None]
    assert shown == [("v", "Vau", pytest.approx(1.0), "f"), ("w", "We", pytest.approx(0.1), "k")]
    only_new = recommend(store, workspace, Request("ann", label="Item", with_frame=True, new_only=True))
    assert [one.id for one in only_new.items] == ["w"]
    unknown = recommend(store, workspace, Request("cat", with_frame=True, model="toy"))
    assert (unknown.basis, unknown.note) == ("popularity", "toy-1 knows nothing of cat")


def test_who_would_want_a_video_sees_a_frame_first(store: GraphStore) -> None:
    """Who commented on a frame of it knows it."""
    assert audience(store, "v").users == []
    (first, second) = audience(store, "v", include_seen=True).users
    assert (first.user, first.segment, first.start_s, first.end_s) == ("ann", "f", 0.0, None)
    assert second.user == "ben"
    assert [one.segment for one in audience(store, "w").users] == ["k", "k"]


def test_who_praised_both_is_a_reason(store: GraphStore, workspace: Workspace) -> None:
    """Ben praised f and i; cat found i bad."""
    (shared,) = explain(store, workspace, "ann", "i").shared
    assert (shared.via, shared.users, shared.of) == ("f", 1, 3)
    assert explain(store, workspace, "ann", "i").words == []


def test_the_ways_to_a_frame_go_over_what_was_written(store: GraphStore, workspace: Workspace) -> None:
    """Of ann over f, which ben praised too, to i; over nothing that says something bad, or is of no use."""
    found = why(store, workspace, explain(store, workspace, "ann", "i")).graph
    ways = {(edge.type, edge.start.id, edge.end.id) for edge in found.edges if edge.type in ("WROTE", "ON")}
    assert ways == {
        ("WROTE", "ann", "a1"), ("ON", "a1", "f"),
        ("WROTE", "ben", "b1"), ("ON", "b1", "f"), ("WROTE", "ben", "b2"), ("ON", "b2", "i"),
    }  # fmt: skip
    assert {"a1", "b1", "b2", "f", "i"} <= {node.key.id for node in found.nodes}


def test_comments_of_use_are_a_users_records(store: GraphStore) -> None:
    projection = {"relationship": "WROTE>ON", "item": "Frame"}
    table = comments(store, projection, ["ann", "ben"], store.properties.of("Comment"))
    rows = sorted((row["user"], row["id"], row["polarity"], row["posted_at"]) for row in table.to_pylist())
    assert rows == [("ann", "f", 1.0, 0), ("ann", "g", 0.0, 1), ("ben", "f", 1.0, 3), ("ben", "i", 1.0, 4)]


def test_what_counts_is_what_the_run_learned_from(store: GraphStore, workspace: Workspace) -> None:
    """Its own condition on comments, and no likes, of which it learned nothing."""
    asked = [{"property": "posted_at", "operator": ">=", "value": 4.0}]
    projection = {"relationship": "WROTE>ON", "item": "Frame"}
    task = {"name": "ranking", "positive": asked, "value": ""}
    write_json(workspace.runs / "toy-1" / FILE, {"format": FORMAT, "task": task, "projection": projection})
    own = chosen_by(store.properties, workspace, "toy-1", own_only=True)
    counts = {row["id"]: row["score"] for row in popular(store, "Frame", own).to_pylist()}
    assert counts == {"i": 2, "f": 1, "j": 1}
    assert ids(store, "liked", "Frame", own, user="ann") == []
    assert sorted(ids(store, "liked", "Frame", own, user="cat")) == ["f", "i"]
    every = chosen_by(store.properties, workspace, "toy-1")
    assert sorted(ids(store, "liked", "Frame", every, user="dan")) == ["f", "j"]
    # Of items there are no comments on frames: all that lead to them count.
    assert own.leads_to("Item").only is None


def test_frames_have_scores_and_last_until_the_next(store: GraphStore, workspace: Workspace) -> None:
    assert scored_label(store, "v") == "Frame"
    assert scored_label(store, "v", "toy-1") == "Frame"
    assert scored_label(store, "v", "other") is None
    found = scores(store, workspace, "ann", "v", "Frame", model="toy-1")
    assert found == pytest.approx({"f": 1.0, "g": 0.9, "h": 0.8, "i": 0.7, "j": 0.0})
    assert scores(store, workspace, "ann", "v", "Segment") == {}
    assert scores(store, workspace, "cat", "v", "Frame") == {}
    parts = until_next(stills(store, "v"), 4.5)
    assert [(one.id, one.start_s, one.end_s) for one in parts] == [
        ("f", 0, 1), ("g", 1, 2), ("h", 2, 3), ("i", 3, 4), ("j", 4, 4.5),
    ]  # fmt: skip


def test_words_of_use_are_told_where_they_are_said(store: GraphStore) -> None:
    """What was left out is not; a comment stands where it was begun, the last one at 0.5."""
    found = said(store, "v", 8.0, [2, 1])
    assert found == {2: [["sun"], ["sky"]], 1: [[]]}
    assert said(store, "nothing", 8.0, [1]) == {1: [[]]}


def test_what_was_written_on_is_in_the_history(store: GraphStore) -> None:
    found = [(one.look.id, one.comments, one.at) for one in history(store, "ann")]
    assert found == [("h", 1, 2), ("g", 1, 1), ("f", 1, 0)]
    # Liked at a time that nobody knows, and written on.
    assert [(one.look.id, one.comments) for one in history(store, "dan")] == [("j", 1), ("f", 0), ("j", 0)]
    assert history(store, "dan", limit=2)[1].look.id == "f"
    assert longest(store) == {"dan": 2}
