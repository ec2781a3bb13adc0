"""The account of a training: what it says is counted again here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.compare import begin_comparison, compare
from graphrec.api.evaluate import evaluate_run
from graphrec.api.systems import asked_systems
from graphrec.api.train import Plan, Trained, train
from graphrec.errors import DataError
from graphrec.evaluation.baselines import baselines
from graphrec.features import FeatureStore
from graphrec.learning.options import TrainOptions
from graphrec.serving.publish import publish
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace

USERS, ITEMS, EACH = 40, 30, 12
FAST = {"dimension": 8, "epochs": 2, "device": "cpu"}


def rated(folder: Path, scale: int = 1) -> Workspace:
    """Ratings 1 to 5 (times ``scale``), one a day; half of the items have one feature, all but three the other."""
    workspace, rng = Workspace(folder), np.random.default_rng(0)
    items = [f"i{number:02d}" for number in range(ITEMS)]
    rows = [
        (f"u{user:02d}", item, float(rng.integers(1, 6)) * scale, 1_600_000_000_000 + 86_400_000 * day)
        for user in range(USERS)
        for day, item in enumerate(rng.permutation(items)[:EACH].tolist())
    ]
    users, chosen, rating, at = zip(*rows, strict=True)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": sorted(set(users))}))
        store.write_nodes("Item", pa.table({"id": [*items, "x0", "x1", "x2"]}))
        edges = {"from": users, "to": chosen, "rating": rating, "at": at}
        store.write_relationships("RATED", "User", "Item", pa.table(edges))
    features = FeatureStore(workspace.features)
    features.write("look", "Item", [*items, "x0"], rng.normal(size=(ITEMS + 1, 4)).astype(np.float32))
    features.write("sound", "Item", [*items, "x1"], rng.normal(size=(ITEMS + 1, 4)).astype(np.float32))
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return rated(tmp_path_factory.mktemp("rated"))


@pytest.fixture(scope="module")
def trained(workspace: Workspace) -> Trained:
    return train(workspace, Plan("transgrec", FAST, where=["rating>=3"]))


@pytest.mark.parametrize("seed", [0, 1])
def test_chance_is_what_is_to_be_expected_and_no_single_draw(trained: Trained, seed: int) -> None:
    task, split = trained.loaded.task, trained.loaded.split
    chance = baselines("popularity", task, split, TrainOptions(seed=seed, device="cpu"))["chance"]
    assert chance.metrics["recall@10"] == pytest.approx((10 / split.test.sizes).mean(), abs=0.03)


def test_how_it_was_validated_and_what_stays_among_the_candidates(workspace: Workspace, trained: Trained) -> None:
    said = " ".join(trained.account.sentences)
    assert "Validated on a tenth of the other records, drawn at random among all users, not by time." in said
    assert (
        "Candidates are all but those of the user's training records: items of the user's validation records and of "
        "records that do not count (all but rating>=3) stay in, while `recommend` leaves out all"
    ) in said
    parts, shot = trained.loaded.split, trained.loaded.snapshot
    user = int(parts.test.users[0])
    kept = trained.loaded.task.holds(shot.records, shot.fields)
    had = shot.records.where(kept).by_user[user]
    trains = parts.data.by_user[user]
    assert len(had) == len(trains) + parts.valid.relevant.lengths[parts.valid.users == user].sum() + 1
    assert parts.test.sizes is not None
    assert parts.test.sizes[0] == len(shot.items) - len(trains)
    cold = train(workspace, Plan("popularity", {}, split="cold-items", baselines=False)).account
    assert "Validated on all records of a tenth of the other items" in " ".join(cold.sentences)
    assert "stay in" not in " ".join(cold.sentences)


def test_what_was_used(trained: Trained) -> None:
    shot, used = trained.loaded.snapshot, trained.account.used
    values = shot.records.values["rating"]
    kept = values >= 3
    assert (used.found, used.records) == (USERS * EACH, int(kept.sum()))
    assert used.users == len(np.unique(shot.records.user[kept]))
    assert used.items == len(np.unique(np.asarray(shot.records.item)[kept]))
    assert (used.catalogue, used.train) == (ITEMS + 3, len(trained.loaded.split.data.records))
    (threshold,) = used.thresholds
    assert (threshold.rule, threshold.scale, threshold.silent) == ("rating>=3", "runs from 1 to 5", 0)
    assert threshold.chosen
    assert f"rating runs from 1 to 5: rating>=3 keeps {kept.mean():.0%}." in trained.account.sentences


def test_who_is_tested_and_among_what(trained: Trained) -> None:
    cases, data, tested = trained.loaded.split.test, trained.loaded.split.data, trained.account.tested
    sizes = [data.items - len(set(data.by_user[user].tolist())) for user in cases.users]
    assert tested.candidates == (min(sizes), int(np.median(sizes)), max(sizes))
    assert (tested.cases, tested.users) == (len(cases), len(cases))
    assert tested.untested == trained.account.used.users - len(cases)
    assert tested.watched == trained.run.manifest["metric"]


def test_what_cannot_be_placed_and_why(trained: Trained) -> None:
    unplaced = trained.account.unplaced
    assert unplaced is not None
    assert (unplaced.count, unplaced.of, unplaced.features) == (1, ITEMS + 3, ("look", "sound"))
    assert (unplaced.partly, dict(unplaced.lacking)) == (2, {"look": 1, "sound": 1})
    said = " ".join(trained.account.sentences)
    assert "1 of 33 Item nodes have neither a training record nor any features (look, sound): they are never" in said
    assert "2 Item nodes without a training record have part of their features (1 lack look, 1 lack sound)" in said


def test_what_costs_nothing_is_measured_on_the_same_cases(workspace: Workspace, trained: Trained) -> None:
    beside = {one.title: one for one in trained.account.beside}
    assert list(beside) == ["popularity", "chance", "content kNN"]
    alone = train(workspace, Plan("popularity", {}, where=["rating>=3"], split="temporal-last"))
    assert beside["popularity"].value == pytest.approx(alone.test.metrics[trained.account.metric])
    assert [one.title for one in alone.account.beside] == ["chance"]
    test = trained.test.against(alone.test, trained.account.metric)
    assert beside["popularity"].p_value == test.p_value
    assert beside["popularity"].better == pytest.approx(test.difference)


def test_the_manifest_has_it(workspace: Workspace, trained: Trained) -> None:
    told = find_run(workspace, trained.run.id).manifest["account"]
    assert told["sentences"] == trained.account.sentences
    assert told["verdict"] == {"sentence": trained.account.verdict.sentence, "bad": trained.account.verdict.bad}
    assert told["sentences"][-1] == f"Verdict: {trained.account.verdict.sentence}"
    assert told["tested"]["cases"] == trained.test.groups


def test_it_can_be_left_out(workspace: Workspace) -> None:
    plan = Plan("transgrec", FAST, baselines=False)
    account = train(workspace, plan).account
    assert account.beside == ()
    assert account.verdict.sentence == "not measured beside popularity and chance."


def test_a_threshold_of_another_scale_is_said(tmp_path: Path) -> None:
    workspace = rated(tmp_path / "tens", 10)
    said = train(workspace, Plan("popularity", {})).account.sentences
    assert "rating runs from 10 to 50: rating>=4 keeps all; --where says what counts." in said
    with pytest.raises(DataError, match=r"rating>=60 .*rating runs from 10 to 50: say with --where"):
        train(workspace, Plan("popularity", {}, where=["rating>=60"]))


def test_the_scale_of_predictions_is_said_and_what_alone_makes_it_so(tmp_path: Path) -> None:
    workspace, plan = rated(tmp_path / "five"), Plan("mf", {"epochs": 1, "device": "cpu"})
    said = train(workspace, plan).account.sentences
    assert "rating runs from 1 to 5, and so do predictions." in said
    assert not any("mistake" in one for one in said)
    with closing(LadybugStore(workspace, write=True)) as store:
        edges = {"from": ["u00", "u01"], "to": ["x0", "x0"], "rating": [77.0, -9.0], "at": [1, 1]}
        store.write_relationships("RATED", "User", "Item", pa.table(edges))
    said = train(workspace, plan).account.sentences
    assert "rating runs from -9 to 77, and so do predictions." in said
    told = "1 of 482 have rating 77, far from all others, which end at 5: --where 'rating<=5' leaves out"
    assert any(one.startswith(told) for one in said)
    mended = train(workspace, Plan("mf", plan.given, where=["rating<=5", "rating>=1"]))
    assert "rating runs from 1 to 5, and so do predictions." in mended.account.sentences


@pytest.mark.parametrize(("model", "title"), [("mf", "the means of users and items"), ("ridge", "the mean")])
def test_predictions_are_compared_with_what_stands_in(workspace: Workspace, model: str, title: str) -> None:
    given = {"target": "rating"} if model == "ridge" else {"epochs": 1}
    account = train(workspace, Plan(model, given)).account
    (other,) = account.beside
    assert (other.title, account.metric) == (title, "rmse")
    assert title in account.verdict.sentence


def test_clicks_with_one_case_a_user_have_no_auc_within_users(workspace: Workspace) -> None:
    first, second = (train(workspace, Plan("mf", {"epochs": 1, "seed": seed}, task="click")) for seed in (0, 1))
    assert np.isnan(first.test.metrics["gauc"])
    assert "gauc cannot be worked out here: too little of what is tested differs." in first.account.sentences
    assert first.account.metric == "auc"
    measured = [evaluate_run(workspace, one.run.id) for one in (first, second)]
    assert set(measured[0].against(measured[1]).metrics) == {"auc", "logloss"}
    asked = asked_systems(workspace, ["mf:dimension=2", "mf:dimension=3"], {"task": "click", "epochs": 1})
    done = compare(workspace, begin_comparison(workspace, asked, seeds=[0]))
    assert list(dict.fromkeys(row.metric for row in done.rows)) == ["auc", "logloss"]


def test_models_of_nodes_are_compared_over_nodes(workspace: Workspace) -> None:
    asked = asked_systems(workspace, ["ridge", "ridge:l2=9"], {"target": "rating"})
    done = compare(workspace, begin_comparison(workspace, asked, seeds=[0], metrics=["rmse", "r2"]))
    assert any(" of 6 Item nodes: " in one for one in done.notes)
    assert not any("users" in one for one in done.notes)
    assert "No single case has r2, so there is no interval and no test of it." in done.notes


def test_what_constant_ratings_leave_open_is_said(tmp_path: Path) -> None:
    workspace = rated(tmp_path / "nothing", 0)
    trained = train(workspace, Plan("mf", {"epochs": 1, "device": "cpu"}))
    assert np.isnan(trained.test.metrics["r2"])
    said = trained.account.sentences
    assert "r, r2 cannot be worked out here: all that is to be predicted is 0." in said
    assert any("3 of 33 Item nodes" in one and "means are predicted of them" in one for one in said)
    assert not any("popular" in one or "ranked" in one for one in said)


def test_publish_warns_of_a_bad_verdict(workspace: Workspace) -> None:
    """Of taste that is drawn, nothing can be learned: the model is not told apart from chance."""
    loaded = train(workspace, Plan("bpr", {"epochs": 1, "dimension": 2})).loaded
    verdict = loaded.run.manifest["account"]["verdict"]
    assert verdict["bad"]
    with closing(LadybugStore(workspace, write=True)) as store:
        assert publish(store, loaded).warning == verdict["sentence"]


def test_a_condition_on_a_text_that_keeps_nothing_is_one_line(workspace: Workspace) -> None:
    with pytest.raises(DataError, match=r"Item.title==no such .*Item.title is nowhere said: say with --where"):
        train(workspace, Plan("popularity", {}, where=["Item.title==no such"]))
