"""Runs whose probabilities are calibrated: what is measured is what is served."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from graphrec.api.evaluate import evaluate_run
from graphrec.api.plan import Plan
from graphrec.api.train import Trained, resume, train
from graphrec.errors import DataError, GraphrecError
from graphrec.evaluation.judged import predicted_pairs
from graphrec.serving.load_model import load_run
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

GIVEN = {"epochs": 40, "patience": 40, "device": "cpu", "learning_rate": 0.05, "l2": 0.0, "metric": "auc"}
SPLIT = "random-70-10-20"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Ratings that one of two tastes explains a part of: a model that trains for long is far too sure of them."""
    folder, rng = Workspace(tmp_path_factory.mktemp("calibrated")), np.random.default_rng(0)
    users, items = [f"u{n}" for n in range(60)], [f"i{n}" for n in range(40)]
    rows = [
        (users[u], items[i], 5.0 if rng.random() < (0.7 if u % 2 == i % 2 else 0.3) else 1.0)
        for u in range(60)
        for i in rng.permutation(40)[:20]
    ]
    starts, ends, rating = zip(*rows, strict=True)
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": users}))
        store.write_nodes("Item", pa.table({"id": items, "title": [f"The {item}" for item in items]}))
        store.write_relationships("RATED", "User", "Item", pa.table({"from": starts, "to": ends, "rating": rating}))
    return folder


@pytest.fixture(scope="module")
def plain(workspace: Workspace) -> Trained:
    return train(workspace, Plan("fm", GIVEN, split=SPLIT))


@pytest.fixture(scope="module", params=["temperature", "platt", "isotonic"])
def calibrated(workspace: Workspace, request: pytest.FixtureRequest) -> Trained:
    return train(workspace, Plan("fm", {**GIVEN, "calibrate": request.param}, split=SPLIT))


def test_the_test_is_measured_with_calibrated_probabilities(plain: Trained, calibrated: Trained) -> None:
    told = calibrated.run.manifest["calibration"]
    assert told["by"] == calibrated.run.manifest["task"]["calibrate"]
    assert told["cases"] == len(calibrated.loaded.split.valid)
    before, after = plain.test.metrics, calibrated.test.metrics
    assert told["test_logloss"]["before"] == pytest.approx(before["logloss"], rel=1e-6)
    assert after["logloss"] < before["logloss"] - 0.05
    assert after["calibration"] < before["calibration"]
    assert after["auc"] == pytest.approx(before["auc"], abs=1e-6)
    assert told["valid_logloss"]["after"] < told["valid_logloss"]["before"]
    said = [one for one in calibrated.account.sentences if one.startswith("Probabilities are calibrated")]
    assert len(said) == 1
    assert f"on the test {before['logloss']:.4f} before and {after['logloss']:.4f} after" in said[0]
    assert "calibration" not in plain.run.manifest


def test_what_is_served_was_measured(workspace: Workspace, plain: Trained, calibrated: Trained) -> None:
    run = calibrated.run
    loaded = load_run(workspace, run)
    cases = loaded.split.test
    measured = predicted_pairs(calibrated.loaded.model, cases)
    np.testing.assert_allclose(predicted_pairs(loaded.model, cases), measured, rtol=1e-6)
    again = evaluate_run(workspace, run.id)
    assert again.warning == ""
    assert again.evaluation.metrics["logloss"] == pytest.approx(calibrated.test.metrics["logloss"], rel=1e-6)
    with closing(LadybugStore(workspace)) as store:
        served = recommend(store, workspace, Request("u3", run=run.id)).items
        raw = recommend(store, workspace, Request("u3", run=plain.run.id)).items
        ranked = recommend(store, workspace, Request("u3", k=10, run=plain.run.id, rank_by=run.id)).items
    user = torch.full((10,), int(loaded.snapshot.users.index(["u3"])[0]))
    items = torch.from_numpy(loaded.snapshot.items.index([one.id for one in served]))
    assert [one.score for one in served] == pytest.approx(loaded.scorer.pairs(user, items).tolist(), rel=1e-5)
    assert [one.id for one in served] == [one.id for one in raw] == [one.id for one in ranked]
    assert [one.score for one in served] == pytest.approx([one.score for one in ranked], rel=1e-5)
    assert max(one.score for one in served) < max(one.score for one in raw)


def test_a_run_that_was_cut_off_is_calibrated_in_the_end(
    workspace: Workspace, calibrated: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    begun: list[str] = []
    given = {**GIVEN, "calibrate": calibrated.run.manifest["task"]["calibrate"]}
    with monkeypatch.context() as patched:
        patched.setattr("graphrec.api.train.calibrate", cut)
        with pytest.raises(KeyboardInterrupt):
            train(workspace, Plan("fm", given, split=SPLIT))
    begun = sorted(path.name for path in workspace.runs.iterdir())
    last = max(begun, key=lambda name: (workspace.runs / name).stat().st_ctime)
    done = resume(workspace, last)
    assert done.test.metrics == pytest.approx(calibrated.test.metrics)


def test_without_validation_nothing_begins(workspace: Workspace, tmp_path: Path) -> None:
    with closing(LadybugStore(Workspace(tmp_path), write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": ["a", "b"]}))
        store.write_nodes("Item", pa.table({"id": ["x", "y", "z"]}))
        rated = {
            "from": ["a", "a", "b", "b"], "to": ["x", "y", "x", "z"], "rating": [5.0, 1, 1, 5],
            "split": ["train", "train", "train", "test"],
        }  # fmt: skip
        store.write_relationships("RATED", "User", "Item", pa.table(rated))
    with pytest.raises(DataError, match="split given has 0 clicks to validate on"):
        train(Workspace(tmp_path), Plan("fm", {**GIVEN, "calibrate": "platt"}))
    assert not list(Workspace(tmp_path).runs.glob("*"))
    with pytest.raises(GraphrecError, match="calibrate"):
        train(workspace, Plan("bpr", {"calibrate": "platt"}))
    with pytest.raises(GraphrecError, match="calibrate"):
        train(workspace, Plan("fm", {"calibrate": "beta"}))
