"""Frames that people have commented on, on both databases: they are history, popular, not new, and reasons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.files import write_json
from graphrec.serving.chosen import chosen_by
from graphrec.serving.explain import explain
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
            posted_at=[*range(len(written))],
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


def test_who_praised_both_is_a_reason(store: GraphStore, workspace: Workspace) -> None:
    """Ben praised f and i; cat found i bad."""
    (shared,) = explain(store, workspace, "ann", "i").shared
    assert (shared.via, shared.users, shared.of) == ("f", 1, 3)
    assert explain(store, workspace, "ann", "i").words == []


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
