"""Who would want a video, against scores that are worked out one by one."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.serving import audience as module
from graphrec.serving.audience import audience
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

SEEN = "MATCH (u:User)-[:HIGHLIGHTED]->(:Segment)<-[:HAS_SEGMENT]-(:Item {id: $video}) RETURN DISTINCT u.id AS id"


def vectors(store: LadybugStore, label: str) -> dict[str, np.ndarray]:
    keys, rows = store.read_embeddings(label, "transgrec")
    return dict(zip(keys.to_pylist(), rows.astype(np.float64), strict=True))


def by_hand(store: LadybugStore, video: str) -> list[tuple[str, float, float, str]]:
    """Return user, lift, score and best segment of everybody, from all scores of all segments."""
    segments = vectors(store, "Segment")
    found = []
    for user, taste in vectors(store, "User").items():
        scores = {segment: float(taste @ vector) for segment, vector in segments.items()}
        own = {segment: score for segment, score in scores.items() if segment.startswith(f"{video}#")}
        best = max(own, key=lambda segment: own[segment])
        everything = np.array(list(scores.values()))
        found.append((user, (own[best] - everything.mean()) / everything.std(), own[best], best))
    return sorted(found, key=lambda row: (-row[1], row[0]))


@pytest.mark.parametrize("values", [1 << 22, 40])
def test_lift_is_how_far_the_best_segment_stands_out_among_all_scores(
    store, values, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VALUES", values)
    expected = by_hand(store, "v11")
    found = audience(store, "v11", 10)
    assert found.label == "Segment"
    assert [(one.user, one.segment) for one in found.users] == [(row[0], row[3]) for row in expected[:10]]
    assert [one.lift for one in found.users] == pytest.approx([row[1] for row in expected[:10]], rel=1e-4)
    assert [one.score for one in found.users] == pytest.approx([row[2] for row in expected[:10]], rel=1e-4)
    for one in found.users:
        assert int(one.segment[-1]) % 2 == int(one.user[1:]) % 2
        assert (one.start_s, one.end_s) == (int(one.segment[-1]) * 5, int(one.segment[-1]) * 5 + 5)


def test_who_has_chosen_the_video_is_left_out_unless_asked_for(store) -> None:
    seen = set(store.read(SEEN, video="v0")["id"].to_pylist())
    everybody = {one.user for one in audience(store, "v0", 100, include_seen=True).users}
    assert {one.user for one in audience(store, "v0", 100).users} == everybody - seen
    assert seen
    assert everybody == set(vectors(store, "User"))


def test_long_vectors_do_not_make_an_audience(copied: Workspace) -> None:
    with closing(LadybugStore(copied, write=True)) as store:
        before = audience(store, "v11", 100).users
        keys, rows = store.read_embeddings("User", "transgrec")
        longer = rows * np.linspace(1, 50, len(rows), dtype=np.float32)[:, None]
        store.write_embeddings("User", "transgrec", keys, longer)
        after = audience(store, "v11", 100).users
    assert [(one.user, one.segment) for one in after] == [(one.user, one.segment) for one in before]
    assert [one.lift for one in after] == pytest.approx([one.lift for one in before], rel=1e-4)
    assert max(one.score for one in after) > 10 * max(one.score for one in before)


def test_equal_lifts_are_ordered_by_id_and_the_indifferent_have_none(copied: Workspace) -> None:
    with closing(LadybugStore(copied, write=True)) as store:
        keys, rows = store.read_embeddings("User", "transgrec")
        store.write_embeddings("User", "transgrec", keys, np.zeros_like(rows))
        found = audience(store, "v11", 3)
        assert [one.user for one in found.users] == sorted(keys.to_pylist())[:3]
        assert [(one.lift, one.score, one.segment) for one in found.users] == [(0, 0, "v11#0")] * 3
        segments, rows = store.read_embeddings("Segment", "transgrec")
        store.write_embeddings("User", "transgrec", keys, np.ones((len(keys), 16), np.float32))
        store.write_embeddings("Segment", "transgrec", segments, np.full_like(rows, 0.1))
        assert {one.lift for one in audience(store, "v11", 100).users} == {0}


def test_a_run_for_items_scores_the_item_itself(copied: Workspace) -> None:
    with closing(LadybugStore(copied, write=True)) as store:
        tastes = np.array([[1, 0], [1, 1], [-1, 1]], np.float32)
        store.write_embeddings("User", "own", pa.array(["u0", "u1", "u2"]), tastes)
        items = np.array([[1, 0], [0, 1], [-1, -1]], np.float32)
        store.write_embeddings("Item", "own", pa.array(["v0", "v11", "v2"]), items)
        node = {"id": "own-1", "model": "own", "property": "own", "label": "Item"}
        node |= {"published_at": time.time_ns() // 1_000_000 + 1000}
        store.write_nodes("GraphrecRun", pa.table({name: [value] for name, value in node.items()}))
        likes = {"from": ["u1"], "to": ["v11"]}
        store.write_relationships("LIKED", "User", "Item", pa.table(likes))
        found = audience(store, "v11", 5)
        assert (found.run, found.label) == ("own-1", "Item")
        assert [(one.user, one.score, one.segment) for one in found.users] == [
            ("u2", 1, None),
            ("u0", 0, None),
        ]
        deviation = np.array([-1, 1, 0]).std()
        assert found.users[0].lift == pytest.approx(1 / deviation)
        assert [one.user for one in audience(store, "v11", 5, include_seen=True).users] == ["u2", "u1", "u0"]
        with pytest.raises(NotFoundError, match="'v3': it has no embedding of own-1; `graphrec embed`"):
            audience(store, "v3")


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"video": "v99"}, NotFoundError, "no Item with id 'v99'"),
        ({"video": "v11#0"}, NotFoundError, "no Item with id 'v11#0'"),
        ({"video": "v11", "model": "jifr"}, NotFoundError, "no run of 'jifr' is published"),
        ({"video": "v11", "k": 0}, ConfigError, "k must be at least 1"),
    ],
)
def test_what_does_not_exist_is_named(store, given: dict[str, Any], error, told) -> None:
    with pytest.raises(error, match=told):
        audience(store, **given)


def test_what_cannot_be_answered_says_what_to_run(copied: Workspace, tmp_path) -> None:
    with closing(LadybugStore(copied, write=True)) as store:
        store.write_nodes("Item", pa.table({"id": ["late"]}))
        with pytest.raises(NotFoundError, match=r"no segment of it has an embedding.*graphrec embed"):
            audience(store, "late")
        store.drop_embeddings("User", "transgrec")
        assert audience(store, "v11").users == []
    with closing(LadybugStore(Workspace(tmp_path / "empty"), write=True)) as store:
        store.initialise()
        store.write_nodes("Item", pa.table({"id": ["v"]}))
        with pytest.raises(NotFoundError, match=r"no run is published yet; `graphrec train"):
            audience(store, "v")
