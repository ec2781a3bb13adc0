"""Items and frames that came after training, placed by features of frames, on both databases."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphrec.api.train import Plan, train
from graphrec.features import FeatureStore
from graphrec.ragged import Ragged
from graphrec.serving.embed import embed
from graphrec.serving.explain import explain
from graphrec.serving.load_model import Loaded
from graphrec.serving.publish import publish
from graphrec.serving.published import current_run, placing
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

TASTES, USERS, ITEMS = 4, 24, 40
"""Item n is liked by those of taste n % TASTES, which its two frames show; the last has no record."""
LATER = {"new": ["new:a", "new:b"], "trailed": ["t:a"], "cut": ["s:a"], "blind": ["blind:a"]}
"""Items that come after training; the frame of ``blind`` has no features."""


def fill(store: GraphStore) -> None:
    store.write_nodes("User", nodes(*(f"u{n:02}" for n in range(USERS)), "later"))
    store.write_nodes("Item", nodes(*(f"i{n:02}" for n in range(ITEMS))))
    frames = [f"i{n:02}:{m}" for n in range(ITEMS) for m in "ab"]
    store.write_nodes("Frame", nodes(*frames))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(*((frame[:3], frame) for frame in frames)))
    kept = np.random.default_rng(0).random((USERS, ITEMS)) < 0.8
    likes = [(u, n) for u in range(USERS) for n in range(ITEMS - 1) if n % TASTES == u % TASTES and kept[u, n]]
    store.write_relationships("LIKED", "User", "Item", edges(*((f"u{u:02}", f"i{n:02}") for u, n in likes)))


def look(frames: list[str], tastes: list[int]) -> np.ndarray:
    grain = np.random.default_rng(len(frames)).normal(size=(len(frames), TASTES))
    return (np.eye(TASTES)[tastes] + 0.1 * grain).astype(np.float32)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Loaded]:
    folder = Workspace(tmp_path_factory.mktemp("parts"))
    frames = [f"i{n:02}:{m}" for n in range(ITEMS) for m in "ab"]
    tastes = [n % TASTES for n in range(ITEMS) for _ in "ab"]
    FeatureStore(folder.features).write("look-frame", "Frame", frames, look(frames, tastes))
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        fill(store)
    given = {"device": "cpu", "epochs": 60, "metric": "ndcg@10", "learning_rate": 0.02, "batch_size": 64}
    size = {"dimension": 8, "visual_dimension": 8}
    return folder, train(folder, Plan("jifr", {**given, **size}, "random-70-10-20")).loaded


@pytest.fixture
def store(database: GraphStore, trained: tuple[Workspace, Loaded]) -> GraphStore:
    fill(database)
    publish(database, trained[1])
    return database


def test_what_comes_later_is_where_its_frames_put_it(
    store: GraphStore, trained: tuple[Workspace, Loaded]
) -> None:
    workspace, loaded = trained
    model, run = loaded.model, loaded.run.id
    assert set(store.read_embeddings("Item", "jifr", ["i39"])[0].to_pylist()) == {"i39"}, "by its frames alone"
    store.write_nodes("Item", nodes(*LATER))
    store.write_nodes("Trailer", nodes("t"))
    store.write_nodes("Segment", nodes("s"))
    store.write_nodes("Frame", nodes(*(frame for own in LATER.values() for frame in own)))
    own = [(item, frame) for item in ("new", "blind") for frame in LATER[item]]
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(*own))
    store.write_relationships("HAS_TRAILER", "Item", "Trailer", edges(("trailed", "t")))
    store.write_relationships("HAS_FRAME", "Trailer", "Frame", edges(("t", "t:a")))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(("cut", "s")))
    store.write_relationships("HAS_FRAME", "Segment", "Frame", edges(("s", "s:a")))
    frames = ["new:a", "new:b", "t:a", "s:a"]
    looks = look(frames, [1, 1, 2, 3])
    FeatureStore(workspace.features).write("look-frame", "Frame", frames, looks)

    done = embed(store, loaded, workspace)
    assert (done.run, done.label, done.embedded, done.without_features) == (run, "Item", 3, 1)
    assert [(one.label, one.embedded, one.without_features) for one in done.siblings] == [("Frame", 4, 1)]
    assert "graphrec load frames" not in done.lacking[0].cure, "nobody knows what made look-frame"
    with torch.no_grad():
        single = model.place_parts(torch.from_numpy(looks), ragged([[0, 1], [2], [3]]))
    for space, name in (("", "jifr"), ("visual", "jifr_visual")):
        ids, vectors = store.read_embeddings("Item", name, ["new", "trailed", "cut"])
        order = [ids.to_pylist().index(one) for one in ("new", "trailed", "cut")]
        np.testing.assert_allclose(vectors[order], single[space]["Item"], rtol=1e-4, atol=1e-5)
    ids, vectors = store.read_embeddings("Frame", "jifr_visual", frames)
    order = [ids.to_pylist().index(one) for one in frames]
    np.testing.assert_allclose(vectors[order], single["visual"]["Frame"], rtol=1e-4, atol=1e-5)

    again = embed(store, loaded, workspace)
    assert (again.embedded, again.again, again.siblings[0].embedded) == (0, 0, 0)
    for user, item in (("u01", "new"), ("u02", "trailed"), ("u03", "cut")):
        found = recommend(store, workspace, Request(user, k=6, with_frame=True))
        assert item in [one.id for one in found.items], f"{user} is of its taste"
        (shown,) = [one.frame for one in found.items if one.id == item]
        assert shown is not None
        assert shown.id in LATER[item]
    store.write_relationships("LIKED", "User", "Item", edges(("later", "i01"), ("later", "i05"), ("later", "i09")))
    assert "new" in [one.id for one in recommend(store, workspace, Request("later", k=12)).items]

    (first, *_) = recommend(store, workspace, Request("u01", k=1, include_seen=True)).items
    for item, score in ((first.id, first.score), ("new", None)):
        told = explain(store, workspace, "u01", item)
        assert told.score == pytest.approx(sum(part.score for part in told.parts), abs=1e-5)
        assert score is None or told.score == pytest.approx(score, abs=1e-5)
        assert [part.name for part in told.parts] == ["taste", "looks"]
        assert told.account is not None
        made = told.account.item.most
        assert {one.label for one in made} == {"Frame"}
        assert sum(one.weight for one in made) == pytest.approx(1, abs=1e-5)
        assert f"Its looks rest most on frame {made[0].id}" in told.sentence
    assert set(LATER["new"]) == {one.id for one in told.account.item.most}
    assert told.parts[0].score == 0, "no record has taught its taste"
    of_frame = explain(store, workspace, "u01", "new:a")
    ids, vectors = store.read_embeddings("User", "jifr_visual", ["u01"])
    assert of_frame.score == pytest.approx(float(vectors[0] @ single["visual"]["Frame"][0].numpy()), abs=1e-4)
    assert of_frame.account is not None

    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(("cut", "new:a")))
    assert embed(store, loaded, workspace).again == 1
    published = current_run(store)
    assert published is not None
    assert placing(published, "embed") == "embed"


def ragged(rows: list[list[int]]) -> Ragged:
    pairs = [(row, value) for row, own in enumerate(rows) for value in own]
    return Ragged.from_sorted(np.array([row for row, _ in pairs]), np.array([value for _, value in pairs]), len(rows))
