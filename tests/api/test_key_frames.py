"""JIFR on a graph in a database: items and key frames from one run, tested, published and served."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.evaluate import evaluate_run
from graphrec.api.train import Plan, Trained, train
from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.command_line import graphrec
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace

USERS, ITEMS, TASTES, EACH = 48, 60, 6, 3
"""Item n is liked by those of taste n % TASTES, which its first frame shows; its others show other tastes."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = Workspace(tmp_path_factory.mktemp("frames"))
    rng = np.random.default_rng(0)
    items = [f"i{n:02}" for n in range(ITEMS)]
    others = [(n + 1 + rng.permutation(TASTES - 1)[: EACH - 1]) % TASTES for n in range(ITEMS)]
    shown = [[n % TASTES, *others[n]] for n in range(ITEMS)]
    frames = [f"{item}-{n}" for item in items for n in range(EACH)]
    likes = [(u, n) for u in range(USERS) for n in range(ITEMS) if n % TASTES == u % TASTES and rng.random() < 0.9]
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{n:02}" for n in range(USERS)] + ["idle"]}))
        store.write_nodes("Item", pa.table({"id": items}))
        named = [*frames, "blind"]
        store.write_nodes("Frame", pa.table({"id": named, "uri": [f"{one}.jpg" for one in named]}))
        ends = pa.table({"from": [frame[:3] for frame in frames] + ["i00"], "to": named})
        store.write_relationships("HAS_FRAME", "Item", "Frame", ends)
        for label, names in (("Item", [items[n] for _, n in likes]), ("Frame", [f"{items[n]}-0" for _, n in likes])):
            users = [f"u{u:02}" for u, _ in likes]
            store.write_relationships("LIKED", "User", label, pa.table({"from": users, "to": names}))
    looks = np.eye(TASTES)[np.concatenate(shown)] + 0.1 * rng.normal(size=(len(frames), TASTES))
    FeatureStore(folder.features).write("look-frame", "Frame", frames, looks.astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def trained(workspace: Workspace) -> Trained:
    given = {"device": "cpu", "epochs": 40, "learning_rate": 0.02, "batch_size": 64, "dimension": 8}
    given["visual_dimension"] = 8
    run = train(workspace, Plan("jifr", given, "random-70-10-20", also=["frame-likes"]))
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, run.loaded)
    return run


def test_frames_are_asked_of_held_out_items_among_all_their_frames(trained: Trained) -> None:
    items, frames = trained.loaded.split, trained.loaded.beside["frame-likes"]
    assert frames.split.name == "as-items"
    assert len(frames.split.test) == len(items.test.relevant.indices)
    assert set(frames.split.test.candidates.lengths.tolist()) <= {EACH, EACH + 1}
    held_out = items.test.users[items.test.relevant.rows] * ITEMS + items.test.relevant.indices
    trains = frames.split.data.by_user
    assert not np.isin(trains.rows * ITEMS + trains.indices // EACH, held_out).any()


def test_key_frames_are_found_without_a_record_of_frames(trained: Trained) -> None:
    assert trained.test.metrics["recall@20"] > 0.9
    assert trained.also["frame-likes"].metrics["hr@3"] > 0.95
    assert trained.also["frame-likes"].metrics["map"] > 0.85


def test_a_loaded_run_is_measured_alike(workspace: Workspace, trained: Trained) -> None:
    again = evaluate_run(workspace, trained.run.id, cuts=[3])
    assert again.also["frame-likes"].metrics["ndcg@3"] == trained.also["frame-likes"].metrics["ndcg@3"]
    assert load_run(workspace, find_run(workspace, trained.run.id)).beside["frame-likes"].split.name == "as-items"


def test_items_come_with_the_frame_of_the_users_taste(workspace: Workspace, trained: Trained) -> None:
    with closing(LadybugStore(workspace)) as store:
        found = recommend(store, workspace, Request("u01", k=20, with_frame=True, include_seen=True))
        liked = [one for one in found.items if int(one.id[1:]) % TASTES == 1]
        assert len(liked) > 6
        chosen = [one.frame.id for one in liked if one.frame is not None]
        assert sum(frame.endswith("-0") for frame in chosen) > len(liked) / 2
        assert all(frame.startswith(one.id) for frame, one in zip(chosen, liked, strict=True))
        assert liked[0].frame is not None
        assert liked[0].frame.uri == f"{liked[0].frame.id}.jpg"
        frames = recommend(store, workspace, Request("u01", label="Frame", within="i01", include_seen=True))
        assert frames.items[0].id.startswith("i01-")
        assert len(frames.items) == EACH
        assert "blind" not in [one.id for one in recommend(store, workspace, Request("u01", 9, label="Frame")).items]
        nobody = recommend(store, workspace, Request("idle", with_frame=True))
        assert all(one.frame is None for one in nobody.items)
        assert f"no frames are chosen: {trained.run.id} knows nothing of idle" in nobody.note
        with pytest.raises(ConfigError, match="--label Item"):
            recommend(store, workspace, Request("u01", label="Frame", with_frame=True))


def test_the_command_shows_frames(workspace: Workspace, trained: Trained) -> None:
    folder = ["--workspace", str(workspace.root)]
    shown = json.loads(graphrec("recommend", "u02", "-k", "3", "--with-frame", "--json", *folder).out)
    assert all(one["frame"]["id"].startswith(one["id"]) for one in shown["items"])
    assert "picture" in graphrec("recommend", "u02", "-k", "3", "--with-frame", *folder).out


def test_what_has_no_frames_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    other = Workspace(tmp_path)
    with closing(LadybugStore(other, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": ["a"]}))
        store.write_nodes("Item", pa.table({"id": [f"i{n}" for n in range(9)]}))
        ends = pa.table({"from": ["a"] * 9, "to": [f"i{n}" for n in range(9)]})
        store.write_relationships("LIKED", "User", "Item", ends)
        with pytest.raises(NotFoundError, match="train --model jifr"):
            recommend(store, other, Request("a", with_frame=True))
    with pytest.raises(DataError, match="jifr needs items with frames that have features"):
        train(other, Plan("jifr", {"device": "cpu"}))
