"""A run of several projections: of items, and of their frames beside."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from graphrec.api.evaluate import evaluate_run
from graphrec.api.train import Plan, resume, train
from graphrec.config import read_toml
from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.models.base import Target
from graphrec.serving.load_model import load_run
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.tasks.beside import FurtherTask, together
from graphrec.tasks.ranking import Ranking
from graphrec.testing.command_line import graphrec
from graphrec.training.manifest import write_manifest
from graphrec.workspace import Workspace

USERS, ITEMS, PER_ITEM = 30, 12, 3


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Users who like items and frames of items, and view items."""
    folder = Workspace(tmp_path_factory.mktemp("several"))
    rng = np.random.default_rng(0)
    items = [f"i{n:02}" for n in range(ITEMS)]
    frames = [f"{item}-{n}" for item in items for n in range(PER_ITEM)]
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{n}" for n in range(USERS)]}))
        store.write_nodes("Item", pa.table({"id": items}))
        store.write_nodes("Frame", pa.table({"id": frames}))
        done = (("LIKED", "Item", items, 6), ("LIKED", "Frame", frames, 9), ("VIEWED", "Item", items, 6))
        for kind, label, names, many in done:
            pairs = [
                (f"u{u}", names[i]) for u in range(USERS) for i in rng.choice(len(names), many, replace=False)
            ]
            start, end = zip(*pairs, strict=True)
            store.write_relationships(kind, "User", label, pa.table({"from": start, "to": end}))
    return folder


PLAN = Plan("popularity", {"device": "cpu"}, also=["frame-likes"])


def test_each_projection_is_learned_and_tested_by_its_own_records(workspace: Workspace) -> None:
    trained = train(workspace, PLAN)
    data = trained.loaded.split.data
    frames = data.others["frame-likes"]
    assert (data.item, frames.item) == ("Item", "Frame")
    assert (frames.users, data.nodes["Frame"]) == (USERS, ITEMS * PER_ITEM)
    of_frames = trained.loaded.model.scorer(Target("Frame")).grid(torch.arange(2))
    assert of_frames[1].tolist() == frames.by_item.lengths.tolist()
    held_out = trained.loaded.beside["frame-likes"].split.test.relevant
    assert len(frames.records) + len(held_out.indices) < USERS * 9
    assert set(trained.also) == {"frame-likes"}
    assert trained.also["frame-likes"].metrics != trained.test.metrics
    told = trained.run.manifest["also"]["frame-likes"]
    assert told["item_label"] == "Frame"
    assert told["test"]["metrics"] == trained.also["frame-likes"].metrics


def test_what_is_loaded_or_resumed_is_the_same_run(workspace: Workspace) -> None:
    trained = train(workspace, PLAN)
    loaded = load_run(workspace, trained.run)
    assert set(loaded.split.data.others) == {"frame-likes"}
    assert loaded.model.shape == trained.loaded.model.shape
    again = evaluate_run(workspace, trained.run.id, cuts=[20])
    assert again.also["frame-likes"].metrics["recall@20"] == trained.also["frame-likes"].metrics["recall@20"]
    cut_off = {key: value for key, value in trained.run.manifest.items() if key != "test"}
    write_manifest(trained.run.folder, cut_off)
    assert (
        resume(workspace, trained.run.id).also["frame-likes"].metrics == trained.also["frame-likes"].metrics
    )


def test_chance_knows_each_label(workspace: Workspace) -> None:
    trained = train(workspace, Plan("random", {"device": "cpu"}, also=["frame-likes"]))
    assert trained.loaded.model.scorer(Target("Frame")).grid(torch.arange(1)).shape == (1, ITEMS * PER_ITEM)


def test_a_run_is_repeated_from_its_config(workspace: Workspace) -> None:
    first = train(workspace, PLAN)
    again = train(workspace, Plan.of(read_toml(first.run.folder / "config.toml")))
    assert again.run.manifest["also"] == first.run.manifest["also"]


def test_the_commands_tell_all(workspace: Workspace) -> None:
    folder = ["--workspace", str(workspace.root)]
    named = ["--model", "popularity", "--also", "frame-likes"]
    trained = graphrec("train", *named, *folder, "--json").json
    measured = graphrec("evaluate", trained["run"], *folder, "--json").json
    name = "ndcg@10"
    assert measured["also"]["frame-likes"]["metrics"][name] == trained["also"]["frame-likes"]["metrics"][name]
    assert "frame-likes: " in graphrec("evaluate", trained["run"], *folder).out


@pytest.mark.parametrize(
    ("model", "also", "told"),
    [
        ("bpr", ["frame-likes"], "bpr learns from one kind of record; leave out --also frame-likes"),
        ("popularity", ["likes"], "projection 'likes' is named twice"),
        ("popularity", ["frame-likes", "frame-likes"], "projection 'frame-likes' is named twice"),
    ],
)
def test_what_cannot_be(workspace: Workspace, model: str, also: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        train(workspace, Plan(model, {}, also=also))


def test_an_unknown_projection_is_named(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="frame-likes"):
        train(workspace, Plan("popularity", {}, also=["frame-like"]))


def test_lists_do_not_tell_what_is_held_out_beside(workspace: Workspace) -> None:
    task = Ranking()
    with closing(LadybugStore(workspace)) as store:
        views = snapshot(store, PROJECTIONS["views"], workspace)
        # A model of frames may read who viewed which items; not where those views are held out beside it.
        asked = PROJECTIONS["frame-likes"].asking(lists=("User>Item:VIEWED",))
        frames = snapshot(store, asked, workspace)
    alone = task.split(frames)
    assert set(alone.data.lists) == {"User>Item:VIEWED"}
    split = together(task.split(views), views, {"frame-likes": FurtherTask(task, frames, alone)})
    assert split.data.others["frame-likes"].lists == {}


def test_a_graph_that_changed_between_two_reads(workspace: Workspace, tmp_path: Path) -> None:
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(workspace.root, copy.root)
    task = Ranking()
    with closing(LadybugStore(copy, write=True)) as store:
        first = snapshot(store, PROJECTIONS["likes"], copy)
        store.write_nodes("User", pa.table({"id": ["a new one"]}))
        frames = snapshot(store, PROJECTIONS["frame-likes"], copy)
    with pytest.raises(DataError, match="User nodes were added or removed while frame-likes was read"):
        together(task.split(first), first, {"frame-likes": FurtherTask(task, frames, task.split(frames))})
