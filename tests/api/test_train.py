"""The verb train: what a run says of itself, and that it can be repeated from that."""

from __future__ import annotations

import json
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, resume, train
from graphrec.errors import ConfigError, DataError
from graphrec.features import FeatureStore
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.training.runs import find_run, list_runs, new_run_folder
from graphrec.workspace import Workspace

GIVEN = {"dimension": 8, "epochs": 3, "device": "cpu", "learning_rate": 1e-5}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Ratings from 1 to 5, two feature matrices."""
    folder = Workspace(tmp_path_factory.mktemp("trained"))
    rng = np.random.default_rng(0)
    items = [f"i{number}" for number in range(30)]
    rows = [
        (f"u{user}", item, float(rng.integers(1, 6)))
        for user in range(40)
        for item in rng.permutation(items)[:12]
    ]
    users, rated, rating = zip(*rows, strict=True)
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": sorted(set(users))}))
        store.write_nodes("Item", pa.table({"id": items}))
        store.write_relationships(
            "RATED", "User", "Item", pa.table({"from": users, "to": rated, "rating": rating})
        )
    for name in ("image", "été"):
        FeatureStore(folder.features).write(name, "Item", items, rng.normal(size=(30, 4)).astype(np.float32))
    return folder


def config(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))


def test_a_run_is_repeated_from_its_config(workspace: Workspace) -> None:
    plan = Plan("transgrec", {**GIVEN, "seed": 3}, "random-k-fold", 2, None, ["rating>=3"], ["été"])
    first = train(workspace, plan)
    again = train(workspace, Plan.of(config(first.run.folder)))
    assert again.test.metrics == first.test.metrics
    for key in ("split", "snapshot", "settings", "options", "projection", "fold"):
        assert again.run.manifest[key] == first.run.manifest[key]
    assert first.run.manifest["split"] == "random-k-fold-2"
    assert config(again.run.folder) == config(first.run.folder)


def test_a_seed_is_that_of_the_split_too_where_a_model_has_a_seed_of_its_own(workspace: Workspace) -> None:
    first, second = (train(workspace, Plan("random", {"seed": seed})) for seed in (0, 1))
    assert [found.run.manifest["seed"] for found in (first, second)] == [0, 1]
    assert [found.run.manifest["settings"]["seed"] for found in (first, second)] == [0, 1]
    assert first.test.cases != second.test.cases
    assert train(workspace, Plan.of(config(second.run.folder))).test.metrics == second.test.metrics


def test_what_was_chosen_by_default_is_written_down(workspace: Workspace) -> None:
    said = config(train(workspace, Plan("popularity", {})).run.folder)
    assert said == {
        "model": "popularity", "split": "random-70-10-20", "fold": 0, "projection": "ratings", "where": [],
        "features": [], "task": "ranking", "folds": 5, "also": [], "baselines": True, "seed": 0,
    }  # fmt: skip


def test_content_models_without_content_are_refused_before_a_run_begins(workspace: Workspace) -> None:
    before = sorted(workspace.runs.glob("*"))
    for model, given in (("contentknn", {}), ("transgrec", {"free_items": False})):
        with pytest.raises(DataError, match=f"{model}.* needs features"):
            train(workspace, Plan(model, given, features=[]))
    assert sorted(workspace.runs.glob("*")) == before


def test_how_many_relationships_train_is_said(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        train(workspace, Plan("random", {}))
    (said,) = caplog.messages
    assert "of 480 RATED, where rating>=4; --where changes that" in said


class Killed(Exception):
    """Stands for whatever cuts a run off."""


def cut_off(*given: object, **named: object) -> None:
    raise Killed


def test_a_run_cut_off_before_its_test_is_not_finished(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(workspace, Plan("transgrec", GIVEN))
    with monkeypatch.context() as patched:
        patched.setattr("graphrec.api.train.judge_model", cut_off)
        with pytest.raises(Killed):
            train(workspace, Plan("transgrec", GIVEN))
    run = list_runs(workspace)[-1]
    assert "best_epoch" in run.manifest
    assert not run.finished
    assert find_run(workspace).id == whole.run.id
    resumed = resume(workspace, run.id)
    assert resumed.run.finished
    assert resumed.test.metrics == whole.test.metrics


def test_resuming_a_finished_run_and_being_cut_off_leaves_it_finished(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(workspace, Plan("transgrec", GIVEN)).run
    monkeypatch.setattr("graphrec.api.train.judge_model", cut_off)
    with pytest.raises(Killed):
        resume(workspace, run.id)
    assert find_run(workspace, run.id).finished
    monkeypatch.setattr("graphrec.training.trainer._Run.finish", cut_off)
    with pytest.raises(Killed):
        resume(workspace, run.id)
    assert find_run(workspace, run.id).manifest.keys() == run.manifest.keys()


def test_runs_that_begin_together_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.strftime", lambda form: "20260102-030405")
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: new_run_folder(Workspace(tmp_path), "random"), range(40)))
    assert sorted(path.name for path in tmp_path.glob("runs/*")) == sorted(path.name for path in folders)
    assert {"random-20260102-030405", "random-20260102-030405-40"} <= {path.name for path in folders}


@pytest.mark.parametrize(("name", "value"), [("split", 7), ("where", "rating>=4"), ("fold", "two")])
def test_a_config_of_wrong_types_is_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        Plan.of({"model": "popularity", name: value})


def test_a_plan_survives_json() -> None:
    plan = Plan("transgrec", {"epochs": 2}, "given", 1, "likes", ["at>=3"], [], also=["frame-likes"])
    assert Plan.of(json.loads(json.dumps(plan.to_dict()))).to_dict() == plan.to_dict()
