"""A blend of finished runs: what it takes from them, what it refuses, and that it needs them no more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from graphrec.api.train import Plan, Trained, resume, train
from graphrec.errors import ConfigError, NotFoundError, TrainingError
from graphrec.features import FeatureStore
from graphrec.serving.explain import explain
from graphrec.serving.load_model import load_run
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.training.runs import find_run
from graphrec.training.trainer import Epoch
from graphrec.workspace import Workspace

SPLIT = "random-70-10-20"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Users who like items of their own half, of which features tell."""
    folder = Workspace(tmp_path_factory.mktemp("blended"))
    rng = np.random.default_rng(0)
    half = np.arange(40) % 2
    liked = [
        (f"u{user:02}", f"i{item:02}")
        for user in range(50)
        for item in np.flatnonzero(rng.random(40) < np.where(half == user % 2, 0.5, 0.1))
    ]
    users, items = zip(*liked, strict=True)
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": sorted(set(users))}))
        store.write_nodes("Item", pa.table({"id": [f"i{item:02}" for item in range(40)]}))
        store.write_relationships("LIKED", "User", "Item", pa.table({"from": users, "to": items}))
    look = np.eye(2)[half] + rng.normal(size=(40, 2))
    FeatureStore(folder.features).write("look", "Item", [f"i{item:02}" for item in range(40)], look.astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def runs(made: Workspace) -> list[Trained]:
    """Of a model that reads no features, of one that does, and of one that only proposes; of two seeds."""
    given = {"device": "cpu", "epochs": 5, "dimension": 4, "seed": 1}
    plans = [Plan("bpr", given, SPLIT), Plan("contentknn", {"seed": 1}, SPLIT), Plan("itemknn", {"seed": 1}, SPLIT)]
    return [train(made, plan) for plan in plans]


def of(runs: list[Trained]) -> str:
    return ",".join(one.run.id for one in runs)


@pytest.fixture
def workspace(made: Workspace, runs: list[Trained], tmp_path: Path) -> Workspace:
    """A copy of what was made, to spoil."""
    shutil.copytree(made.root, tmp_path / "copy")
    return Workspace(tmp_path / "copy")


@pytest.mark.parametrize("by", ["scores", "ranks"])
def test_it_is_no_worse_on_validation_than_any_of_its_runs_and_outlives_them(
    workspace: Workspace, runs: list[Trained], by: str
) -> None:
    blend = train(workspace, Plan("blend", {"runs": of(runs), "by": by, "epochs": 12}))
    manifest = blend.run.manifest
    assert manifest["split"] == runs[0].run.manifest["split"]
    assert manifest["best"] >= max(one.run.manifest["best"] for one in runs) - 1e-9
    tried = [json.loads(line) for line in (blend.run.folder / "metrics.jsonl").read_text().splitlines()]
    weights = np.array([[*line["loss"].values()] for line in tried])
    np.testing.assert_allclose(weights.sum(1), 1)
    np.testing.assert_array_equal(weights[:3], np.eye(3))
    np.testing.assert_allclose(weights[-1], 1 / 3)
    kept = blend.loaded.model.weights
    torch.testing.assert_close(kept.double(), torch.from_numpy(weights[manifest["best_epoch"] - 1]), rtol=1e-6, atol=0)
    for one in runs:
        shutil.rmtree(workspace.runs / one.run.id)
    users = torch.arange(50)
    again = load_run(workspace, find_run(workspace, blend.run.id))
    torch.testing.assert_close(again.scorer.grid(users), blend.loaded.scorer.grid(users))
    with closing(LadybugStore(workspace)) as store:
        best = recommend(store, workspace, Request("u00", k=3, run=blend.run.id)).items
        parts = explain(store, workspace, "u00", best[0].id, run=blend.run.id).parts
    assert {part.name for part in parts} == {one.run.id for one in runs}
    assert sum(part.score for part in parts) == pytest.approx(best[0].score, rel=1e-5)
    assert [part.weight for part in parts] == sorted((part.weight for part in parts), reverse=True)


def test_resuming_one_that_was_cut_off_at_once_equals_never_stopping(workspace: Workspace, runs: list[Trained]) -> None:
    plan = Plan("blend", {"runs": of(runs[:2]), "epochs": 4})
    whole = train(workspace, plan)

    def stop(line: object, epochs: int) -> None:
        if isinstance(line, Epoch):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(workspace, plan, progress=stop)
    cut = max(workspace.runs.glob("blend-*"), key=lambda folder: folder.stat().st_ctime_ns)
    shutil.rmtree(cut / "checkpoint")
    resumed = resume(workspace, cut.name)
    assert resumed.test.metrics == whole.test.metrics
    for name, tensor in whole.loaded.model.state_dict().items():
        assert torch.equal(tensor, resumed.loaded.model.state_dict()[name])


def test_what_is_no_two_runs_is_refused(made: Workspace, runs: list[Trained]) -> None:
    first = runs[0].run.id
    for given in ({}, {"runs": first}, {"runs": f"{first},{first}"}):
        with pytest.raises(ConfigError, match="two different runs"):
            train(made, Plan("blend", given))
    with pytest.raises(NotFoundError, match="no run named 'bpr-none'"):
        train(made, Plan("blend", {"runs": f"{first},bpr-none"}))


def test_runs_of_another_split_are_refused(workspace: Workspace, runs: list[Trained]) -> None:
    other = train(workspace, Plan("popularity", {"seed": 2}, SPLIT))
    with pytest.raises(TrainingError, match=f"{other.run.id} cannot be .* here: it was trained on other records"):
        train(workspace, Plan("blend", {"runs": of([runs[0], other])}))
    with pytest.raises(ConfigError, match=r"split 'cold-items' is not that of .*, 'random-70-10-20'"):
        train(workspace, Plan("blend", {"runs": of(runs)}, "cold-items"))


def test_runs_on_a_graph_that_has_changed_are_refused(workspace: Workspace, runs: list[Trained]) -> None:
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_relationships("LIKED", "User", "Item", pa.table({"from": ["u00"] * 40, "to": [
            f"i{item:02}" for item in range(40)
        ]}))  # fmt: skip
    with pytest.raises(TrainingError, match="cannot be part of a blend here"):
        train(workspace, Plan("blend", {"runs": of(runs)}))


def test_runs_whose_features_were_made_anew_are_refused(workspace: Workspace, runs: list[Trained]) -> None:
    features, ids = FeatureStore(workspace.features), [f"i{item:02}" for item in range(40)]
    features.write("look", "Item", ids, np.random.default_rng(5).normal(size=(40, 2)).astype(np.float32))
    with pytest.raises(TrainingError, match=f"{runs[1].run.id} cannot be part of a blend here: it gives other scores"):
        train(workspace, Plan("blend", {"runs": of(runs)}))
