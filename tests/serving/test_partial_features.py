"""Items with part of their features are embedded, ranked and served alike, and placed again when they get more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, Trained, train
from graphrec.features import FeatureStore
from graphrec.serving.embed import embed
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

USERS, ITEMS = 24, 40
"""Even users like even items; item 30 and later nobody has viewed, and 36 and later lack the sound."""


def topic(item: str) -> int:
    return int(item[1:]) % 2


def features(items: list[str], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    known = np.eye(2, 6, dtype=np.float32)[[topic(item) for item in items]]
    return known + 0.1 * rng.standard_normal(known.shape).astype(np.float32)


def add(workspace: Workspace, items: list[str]) -> None:
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("Item", pa.table({"id": items}))


@pytest.fixture(params=["transgrec", "contentknn"])
def trained(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Workspace, Trained]:
    workspace, rng = Workspace(tmp_path), np.random.default_rng(0)
    items = [f"i{number}" for number in range(ITEMS)]
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{user}" for user in range(USERS)]}))
        store.write_nodes("Item", pa.table({"id": items}))
        rows = [
            (f"u{user}", f"i{item}")
            for user in range(USERS)
            for item in rng.choice(np.arange(user % 2, 30, 2), 9, replace=False)
        ]
        users, viewed = zip(*rows, strict=True)
        store.write_relationships("VIEWED", "User", "Item", pa.table({"from": users, "to": viewed}))
    # The look of each, and the sound of most.
    FeatureStore(workspace.features).write("look", "Item", items, features(items, 1))
    FeatureStore(workspace.features).write("sound", "Item", items[:36], features(items[:36], 2))
    own = {"dimension": 16, "epochs": 20, "learning_rate": 0.02, "scaling": "standard", "neighbours": 5}
    given = own if request.param == "transgrec" else {}
    done = train(workspace, Plan(request.param, given, split="random-70-10-20", features=["look", "sound"]))
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, load_run(workspace, done.run))
    return workspace, done


def new_ones(workspace: Workspace, user: str) -> list[str]:
    with closing(LadybugStore(workspace)) as store:
        found = recommend(store, workspace, Request(user, k=5, new_only=True))
    assert found.basis != "popularity"
    return [item.id for item in found.items]


def test_what_lacks_a_feature_is_ranked_and_served_by_the_others(trained: tuple[Workspace, Trained]) -> None:
    workspace, done = trained
    with closing(LadybugStore(workspace)) as store:
        published, vectors = store.read_embeddings("Item", done.run.model)
        for user in ("u0", "u1"):
            served = recommend(store, workspace, Request(user, k=ITEMS, include_seen=True))
            by_run = recommend(store, workspace, Request(user, k=ITEMS, include_seen=True, run=done.run.id))
            assert len(served.items) == ITEMS
            scores = {one.id: one.score for one in by_run.items}
            assert {one.id: one.score for one in served.items} == pytest.approx(scores, rel=1e-4, abs=1e-5)
    assert len(published) == ITEMS
    assert np.isfinite(vectors).all()
    for user in ("u0", "u1"):
        assert {topic(item) for item in new_ones(workspace, user)} == {int(user[1:])}


def test_a_new_one_is_placed_by_what_it_has_and_again_when_it_has_more(trained: tuple[Workspace, Trained]) -> None:
    workspace, done = trained
    store, new = FeatureStore(workspace.features), ["i100", "i101", "i103"]
    add(workspace, [*new, "i105"])
    store.write("look", "Item", new[:2], features(new[:2], 3))
    store.write("sound", "Item", new[2:], features(new[2:], 4))
    loaded = load_run(workspace, done.run)

    def placed() -> tuple[object, dict[str, np.ndarray]]:
        with closing(LadybugStore(workspace, write=True)) as graph:
            told = embed(graph, loaded, workspace)
            ids, vectors = graph.read_embeddings("Item", done.run.model)
        return told, dict(zip(ids.to_pylist(), vectors, strict=True))

    told, before = placed()
    assert (told.embedded, told.partly, told.without_features) == (3, 3, 1)
    assert [(one.name, one.nodes) for one in told.lacking] == [("look", 2), ("sound", 3)]
    assert {topic(item) for item in new_ones(workspace, "u1")} == {1}
    again, same = placed()
    assert (again.embedded, again.again) == (0, 0)
    assert all(np.array_equal(before[key], same[key]) for key in before)
    store.write("sound", "Item", ["i100", "i38"], -features(["i100", "i38"], 5))
    # What training has seen stays where it was; what it placed by content moves with its features.
    store.write("sound", "Item", ["i2"], -features(["i2"], 5))
    more, after = placed()
    assert (more.embedded, more.again) == (0, 2)
    assert {key for key in before if not np.array_equal(before[key], after[key])} == {"i100", "i38"}
    # To publish it again writes places by the features that it was trained on, and drops those of what is new.
    with closing(LadybugStore(workspace, write=True)) as graph:
        publish(graph, loaded)
    once_more, latest = placed()
    assert (once_more.embedded, once_more.again) == (3, 1)
    assert all(np.allclose(after[key], latest[key], atol=1e-5) for key in after)
