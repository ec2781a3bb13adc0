"""A run on segments also places frames and videos, one on videos also segments and frames."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
import torch

from graphrec.api.train import Plan, Trained, train
from graphrec.errors import ConfigError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.serving.audience import audience
from graphrec.serving.embed import embed
from graphrec.serving.explain import explain
from graphrec.serving.lacking import Lacking
from graphrec.serving.load_model import load_run
from graphrec.serving.placed import Embedded
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.similar import similar
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

LOOKS = np.eye(2, 8, dtype=np.float32)
VIDEOS = 12


def describe_siblings(store: LadybugStore, workspace: Workspace) -> None:
    """Give every video an even and an odd frame, but no features to v0's; odd videos look odd; v0 has no look."""
    frames = [(f"v{v}", parity, f"v{v}@{parity}") for v in range(VIDEOS) for parity in (0, 1)]
    store.write_nodes(
        "Frame", pa.table({"id": [f for _, _, f in frames], "time_s": [1.5 + 5 * p for _, p, _ in frames]})
    )
    owners = pa.table({"from": [v for v, _, _ in frames], "to": [f for _, _, f in frames]})
    store.write_relationships("HAS_FRAME", "Item", "Frame", owners)
    features = FeatureStore(workspace.features)
    features.write("look-frame", "Frame", [f for _, _, f in frames[2:]], LOOKS[[p for _, p, _ in frames[2:]]])
    videos = [f"v{v}" for v in range(1, VIDEOS)]
    features.write("look-item", "Item", videos, LOOKS[[v % 2 for v in range(1, VIDEOS)]])


@pytest.fixture
def described(copied: Workspace) -> Iterator[LadybugStore]:
    with closing(LadybugStore(copied, write=True)) as store:
        describe_siblings(store, copied)
        yield store


@pytest.fixture
def placed(described: LadybugStore, copied: Workspace, trained: tuple[Workspace, Trained]) -> LadybugStore:
    embed(described, load_run(copied, trained[1].run), copied)
    return described


def test_frames_and_videos_are_placed_by_the_network_that_places_segments(described, copied, trained) -> None:
    loaded = load_run(copied, trained[1].run)
    run = loaded.run.id
    cure = "load them as the others of look-{} were loaded"
    lack = [(Lacking(f"look-{one}", count, cure.format(one)),) for one, count in (("item", 1), ("frame", 2))]
    items = Embedded(run, "Item", VIDEOS - 1, 1, lacking=lack[0])
    frames = Embedded(run, "Frame", 2 * VIDEOS - 2, 2, lacking=lack[1])
    assert embed(described, loaded, copied) == Embedded(run, "Segment", 0, 0, (items, frames))
    expected = loaded.model.place(torch.from_numpy(LOOKS)).numpy(force=True)
    keys, vectors = described.read_embeddings("Frame", "transgrec")
    for key, vector in zip(keys.to_pylist(), vectors, strict=True):
        np.testing.assert_allclose(vector, expected[int(key[-1])], rtol=1e-5, atol=1e-7)
    again = embed(described, loaded, copied)
    nothing = (Embedded(run, "Item", 0, 1, lacking=lack[0]), Embedded(run, "Frame", 0, 2, lacking=lack[1]))
    assert again == Embedded(run, "Segment", 0, 0, nothing)


def test_frames_and_videos_are_recommended_by_taste_with_what_is_known_of_them(
    placed, copied, trained
) -> None:
    for user in ("u0", "u1"):
        frames = recommend(placed, copied, Request(user, k=11, label="Frame"))
        assert (frames.basis, frames.label) == (trained[1].run.id, "Frame")
        assert [int(one.id[-1]) for one in frames.items] == [int(user[1:])] * 11
        first = frames.items[0]
        assert (first.video, first.title) == (first.id.split("@")[0], f"Video {first.id.split('@')[0]}")
        assert (first.start_s, first.end_s) == (1.5 + 5 * int(user[1:]), None)
        videos = recommend(placed, copied, Request(user, k=5, label="Item", include_seen=True)).items
        assert [int(one.id[1:]) % 2 for one in videos] == [int(user[1:])] * 5
        assert (videos[0].title, videos[0].start_s) == (f"Video {videos[0].id}", None)
    by_run = recommend(placed, copied, Request("u1", k=11, label="Frame", run=trained[1].run.id))
    assert by_run == frames


def test_what_was_chosen_in_a_video_counts_for_the_video_and_a_liked_frame_as_seen(placed, copied) -> None:
    marked = placed.read(
        "MATCH (:User {id: 'u0'})-[:HIGHLIGHTED]->(:Segment)<-[:HAS_SEGMENT]-(v:Item) RETURN DISTINCT v.id AS id"
    )["id"].to_pylist()
    found = {one.id for one in recommend(placed, copied, Request("u0", k=99, label="Item")).items}
    assert found == {f"v{v}" for v in range(1, VIDEOS)} - set(marked)
    fresh = {one.id for one in recommend(placed, copied, Request("u0", label="Item", new_only=True)).items}
    assert fresh == {"v10", "v11"}
    frames = Request("u0", k=99, label="Frame", new_only=True)
    assert {one.video for one in recommend(placed, copied, frames).items} == {"v10", "v11"}
    placed.write_relationships("LIKED", "User", "Frame", pa.table({"from": ["u0"], "to": ["v10@0"]}))
    assert {one.video for one in recommend(placed, copied, frames).items} == {"v11"}
    inside = Request("u0", k=99, label="Frame", within="v10")
    assert [one.id for one in recommend(placed, copied, inside).items] == ["v10@1"]
    with pytest.raises(ConfigError, match="segments or frames of a video, not Item"):
        recommend(placed, copied, Request("u0", label="Item", within="v1"))
    popular = recommend(placed, copied, Request("newcomer", k=2, label="Frame"))
    assert (popular.basis, [one.id for one in popular.items]) == ("popularity", ["v10@0"])
    popular = recommend(placed, copied, Request("newcomer", k=99, label="Item"))
    users = placed.read(
        "MATCH (u:User)-[:HIGHLIGHTED]->(:Segment)<-[:HAS_SEGMENT]-(v:Item) "
        "RETURN v.id AS id, count(DISTINCT u) AS users"
    ).to_pylist()
    assert {one.id: one.score for one in popular.items} == {row["id"]: row["users"] for row in users}


def test_similar_explain_and_audience_take_them(placed, copied, trained) -> None:
    assert [int(one.id[-1]) for one in similar(placed, "v5@1", 10)] == [1] * 10
    assert [int(one.id[1:]) % 2 for one in similar(placed, "v5", 5)] == [1] * 5
    told = explain(placed, copied, "u1", "v11")
    seen = placed.read("MATCH (:User {id: 'u1'})-[:HIGHLIGHTED]->(s:Segment) RETURN DISTINCT s.id AS id")[
        "id"
    ]
    assert told.run == trained[1].run.id
    assert {one.id for one in told.embedding} <= {key.split("#")[0] for key in seen.to_pylist()}
    placed.write_relationships(
        "LIKED", "User", "Frame", pa.table({"from": ["u1", "u3", "u3"], "to": ["v1@1", "v1@1", "v2@1"]})
    )
    told = explain(placed, copied, "u1", "v2@1")
    assert [(one.via, one.users) for one in told.shared] == [("v1@1", 1)]
    assert told.embedding[0].id == "v1@1"
    assert audience(placed, "v11", 3).label == "Segment"


def test_a_label_that_nobody_has_placed_is_told(described, copied, trained) -> None:
    run = trained[1].run.id
    with pytest.raises(
        NotFoundError, match=r"no published run has embeddings of Frame nodes; `graphrec embed`"
    ):
        recommend(described, copied, Request("u0", label="Frame"))
    with pytest.raises(
        NotFoundError, match=rf"no run of 'transgrec' for Item .*`graphrec embed --run {run}`"
    ):
        recommend(described, copied, Request("u0", label="Item", model="transgrec"))
    with pytest.raises(ConfigError, match=rf"{run} recommends Segment nodes, not Frame.*embed --run {run}"):
        recommend(described, copied, Request("u0", label="Frame", run=run))
    with pytest.raises(NotFoundError, match="no label to recommend named 'User'"):
        recommend(described, copied, Request("u0", label="User"))
    with pytest.raises(NotFoundError, match="no published run has embeddings of Frame nodes"):
        similar(described, "v5@1")


def test_a_later_run_does_not_serve_what_the_one_before_has_placed(copied, trained) -> None:
    old = load_run(copied, trained[1].run)
    with closing(LadybugStore(copied, write=True)) as store:
        describe_siblings(store, copied)
        embed(store, old, copied)
        before = dict(zip(*map(list, store.read_embeddings("Frame", "transgrec")), strict=True))
    later = load_run(copied, train(copied, Plan("transgrec", {"dimension": 16, "epochs": 1, "seed": 5})).run)
    with closing(LadybugStore(copied, write=True)) as store:
        publish(store, later)
        for label in ("Frame", "Item"):
            assert not store.has_embeddings(label, "transgrec")
            with pytest.raises(NotFoundError, match="graphrec embed"):
                recommend(store, copied, Request("u0", label=label))
        with pytest.raises(NotFoundError, match="Frame"):
            similar(store, "v5@1")
        embed(store, later, copied)
        keys, vectors = store.read_embeddings("Frame", "transgrec")
        expected = later.model.place(torch.from_numpy(LOOKS)).numpy(force=True)
        for key, vector in zip(keys.to_pylist(), vectors, strict=True):
            np.testing.assert_allclose(vector, expected[int(key[-1])], rtol=1e-5, atol=1e-7)
        assert len(keys) == len(before)
        assert recommend(store, copied, Request("u0", label="Frame")).basis == later.run.id


def test_a_run_on_videos_places_segments_and_frames(described, copied) -> None:
    likes = [(f"u{u}", f"v{v}", 100 + v) for u in range(24) for v in range(1, 10) if v % 2 == u % 2]
    users, videos, at = zip(*likes, strict=True)
    described.write_relationships("LIKED", "User", "Item", pa.table({"from": users, "to": videos, "at": at}))
    described.close()
    given = {"dimension": 16, "epochs": 40, "learning_rate": 0.02, "neighbours": 3}
    plan = Plan("transgrec", given, split="random-70-10-20", projection="likes", features=["look-item"])
    loaded = load_run(copied, train(copied, plan).run)
    with closing(LadybugStore(copied, write=True)) as store:
        publish(store, loaded, "ofvideos")
        done = embed(store, loaded, copied)
        assert [(one.label, one.embedded) for one in (done, *done.siblings)] == [
            ("Item", 0), ("Segment", 96), ("Frame", 22)
        ]  # fmt: skip
        assert {int(one.id[-1]) for one in similar(store, "v5@1", 10)} == {1}
        best = recommend(store, copied, Request("u1", k=10, label="Frame"))
        assert [int(one.id[-1]) for one in best.items] == [1] * 10
        assert best.basis == loaded.run.id


def test_a_matrix_of_another_width_or_label_is_no_sibling(copied, trained) -> None:
    features = FeatureStore(copied.features)
    features.write("look-item", "Item", ["v1"], np.ones((1, 3), np.float32))
    features.write("look-frame", "Segment", ["v1#0"], np.ones((1, 8), np.float32))
    with closing(LadybugStore(copied, write=True)) as store:
        assert embed(store, load_run(copied, trained[1].run), copied).siblings == ()


def test_the_command_tells_each_label(described, copied, trained) -> None:
    described.close()
    command = [sys.executable, "-m", "graphrec", "embed", "-w", str(copied.root)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    run = trained[1].run.id
    assert told == [
        f"0 Segment nodes embedded by {run}",
        f"11 Item nodes embedded by {run}; 1 have no features",
        "1 lack look-item: load them as the others of look-item were loaded",
        f"22 Frame nodes embedded by {run}; 2 have no features",
        "2 lack look-frame: load them as the others of look-frame were loaded",
    ]
    again = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout
    assert [one["label"] for one in json.loads(again)["siblings"]] == ["Item", "Frame"]
