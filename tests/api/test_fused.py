"""Ratings of two runs together."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, Trained, train
from graphrec.errors import ConfigError
from graphrec.features import FeatureStore
from graphrec.serving.load_model import load_run
from graphrec.serving.rate import rate
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

SPLIT = "random-k-fold"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Ratings by kindness and by features that say more than so few ratings can."""
    folder = Workspace(tmp_path_factory.mktemp("fused"))
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((40, 60)) < 0.25)
    half = np.arange(60) % 2
    kind = rng.normal(size=40)
    ratings = 3 + 0.5 * kind[pairs[:, 0]] + np.where(half[pairs[:, 1]] == pairs[:, 0] % 2, 0.7, -0.7)
    ratings = (ratings + 0.3 * rng.normal(size=len(pairs))).clip(1, 5)
    names = [f"i{item:02}" for item in range(60)]
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{user:02}" for user in range(40)]}))
        store.write_nodes("Item", pa.table({"id": names}))
        rated = {"from": [f"u{user:02}" for user in pairs[:, 0]], "to": [names[item] for item in pairs[:, 1]]}
        store.write_relationships("RATED", "User", "Item", pa.table({**rated, "rating": ratings}))
    look = np.eye(2)[half] + 0.2 * rng.normal(size=(60, 2))
    FeatureStore(folder.features).write("look", "Item", names, look.astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def runs(made: Workspace) -> list[Trained]:
    given = {"device": "cpu", "seed": 1}
    content = Plan("trailer_content", {**given, "power": 8}, SPLIT)
    return [train(made, Plan("bias", given, SPLIT)), train(made, content)]


@pytest.fixture(scope="module")
def fused(made: Workspace, runs: list[Trained]) -> Trained:
    return train(made, Plan("fused", {"runs": ",".join(one.run.id for one in runs)}))


def test_the_sweep_goes_from_the_one_to_the_other_and_the_best_is_kept(fused: Trained, runs: list[Trained]) -> None:
    lines = [json.loads(line) for line in (fused.run.folder / "metrics.jsonl").read_text().splitlines()]
    each = zip(runs, fused.loaded.model.weights.tolist(), strict=True)
    kept = ", ".join(f"{one.run.id} {by:.3f}" for one, by in each)
    assert f"Weights, the best of those tried on validation: {kept}." in fused.account.notes
    weights = np.array([[*line["loss"].values()] for line in lines])
    np.testing.assert_allclose(weights[:, 0], np.linspace(1, 0, 21), atol=1e-6)
    np.testing.assert_allclose(weights.sum(1), 1)
    ends = [lines[0]["valid"]["rmse"], lines[-1]["valid"]["rmse"]]
    np.testing.assert_allclose(ends, [one.run.manifest["best"] or _valid(one) for one in runs], rtol=1e-5)
    assert fused.run.manifest["best"] == min(line["valid"]["rmse"] for line in lines)
    assert fused.run.manifest["best"] <= min(ends)


def _valid(one: Trained) -> float:
    return json.loads((one.run.folder / "metrics.jsonl").read_text().splitlines()[-1])["valid"]["rmse"]


def test_a_prediction_is_the_weighted_mean_of_its_runs(made: Workspace, fused: Trained, runs: list[Trained]) -> None:
    with closing(LadybugStore(made)) as store:
        both = [rate(store, made, "u03", "i07", run=one.run.id).rating for one in runs]
        told = rate(store, made, "u03", "i07", run=fused.run.id)
    weights = load_run(made, fused.run).model.weights.tolist()
    assert told.rating == pytest.approx(np.dot(weights, both), abs=1e-5)
    assert [part.name for part in told.parts] == [one.run.id for one in runs]
    assert [part.score for part in told.parts] == pytest.approx(np.multiply(weights, both).tolist(), abs=1e-5)


def test_it_outlives_its_runs(made: Workspace, fused: Trained, runs: list[Trained], tmp_path) -> None:
    copied = Workspace(tmp_path / "copy")
    shutil.copytree(made.root, copied.root)
    for one in runs:
        shutil.rmtree(copied.runs / one.run.id)
    with closing(LadybugStore(copied)) as store:
        told = rate(store, copied, "u03", "i07", run=fused.run.id)
    assert 1 <= told.rating <= 5


def test_what_predicts_no_ratings_is_refused(made: Workspace, runs: list[Trained], fused: Trained) -> None:
    other = train(made, Plan("popularity", {"seed": 1}, "random-70-10-20", where=["rating>=3"]))
    for run, said in ((other.run.id, "whose task is rating"), (fused.run.id, "made of runs themselves")):
        with pytest.raises(ConfigError, match=said):
            train(made, Plan("fused", {"runs": f"{runs[0].run.id},{run}"}))
    with pytest.raises(ConfigError, match="whose task is ranking"):
        train(made, Plan("blend", {"runs": f"{runs[0].run.id},{other.run.id}"}))
