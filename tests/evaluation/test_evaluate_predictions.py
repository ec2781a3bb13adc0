import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.evaluation.confidence import mean_interval
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.evaluate_predictions import evaluate_predictions, whole_intervals
from graphrec.evaluation.prediction_metrics import PER_CASE, WHOLE, prediction_metric
from graphrec.evaluation.predictions import Predictions

ALL = [*WHOLE, *PER_CASE, "ap:0"]


def clicks(seed: int = 0, cases: int = 300, users: int = 40, noise: float = 0.2) -> Predictions:
    # What is true is the same for every noise.
    rng = np.random.default_rng(seed)
    chances = rng.random(cases)
    true = (rng.random(cases) < chances).astype(float)
    who = rng.integers(0, users, cases)
    guess = np.clip(chances + noise * rng.normal(0, 1, cases), 0, 1)
    return Predictions(who, true, guess, rng.random(cases) < 0.9)


def judged(found: Predictions, metrics: list[str] = ALL, seed: int = 0) -> Evaluation:
    return evaluate_predictions(found, metrics, found.users, seed=seed)


def test_figures_intervals_and_order() -> None:
    found = clicks()
    evaluation = judged(found)
    assert list(evaluation.metrics) == list(evaluation.ci95) == ALL
    assert set(evaluation.values) == set(PER_CASE)
    assert (evaluation.groups, evaluation.left_out) == (300, 0)
    for name, value in evaluation.metrics.items():
        assert value == prediction_metric(name).overall(found)
        low, high = evaluation.ci95[name]
        # The error of calibration is larger in samples, which differ from the truth twice.
        assert low < value < high or name == "calibration", name


def test_seed_is_all_that_matters() -> None:
    assert judged(clicks()).to_dict() == judged(clicks()).to_dict()
    assert judged(clicks()).ci95 != judged(clicks(), seed=1).ci95


def test_interval_of_the_root_is_that_of_its_mean() -> None:
    found = clicks(users=10**6)
    evaluation = judged(found, ["rmse"])
    expected = np.sqrt(mean_interval((found.targets - found.predicted) ** 2, seed=0, clusters=found.users))
    np.testing.assert_allclose(evaluation.ci95["rmse"], expected)


def test_users_are_drawn_with_all_their_cases() -> None:
    # As sure as a fifth of the cases, were each user's five cases the same.
    one = replace(clicks(cases=100), users=np.arange(100))
    five = one.take(np.random.default_rng(0).permutation(np.repeat(np.arange(100), 5)))
    few, many = judged(one), judged(five)
    assert many.metrics == pytest.approx(few.metrics, nan_ok=True)
    for name in few.ci95:
        np.testing.assert_allclose(many.ci95[name], few.ci95[name], err_msg=name)


def test_intervals_of_what_no_case_has_are_those_of_samples_drawn_one_by_one() -> None:
    found = clicks(cases=60, users=20)
    rng = np.random.default_rng(3)
    members = [np.flatnonzero(found.users == user) for user in np.unique(found.users)]
    theirs: dict[str, list[float]] = {name: [] for name in WHOLE}
    for _ in range(200):
        drawn = rng.integers(len(members), size=len(members))
        sample = found.take(np.concatenate([members[user] for user in drawn]))
        for name in WHOLE:
            theirs[name].append(prediction_metric(name).overall(sample))
    ours = whole_intervals(found, list(WHOLE), seed=3, rounds=200)
    for name in WHOLE:
        np.testing.assert_allclose(ours[name], np.quantile(theirs[name], [0.025, 0.975]), err_msg=name)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    truth = prediction_metric("auc").overall(clicks(cases=200_000))
    inside = 0
    for seed in range(100):
        low, high = judged(clicks(seed, 120, 10**6), ["auc"]).ci95["auc"]
        inside += low <= truth <= high
    assert 86 <= inside <= 100


def test_buckets_have_every_figure_of_their_cases() -> None:
    found = clicks()
    buckets = judged(found).buckets
    assert {name: bucket.groups for name, bucket in buckets.items()} == {
        "[0,8)": (found.users < 8).sum(),
        "[8,16)": ((found.users >= 8) & (found.users < 16)).sum(),
        "[16,..)": (found.users >= 16).sum(),
    }
    some = found.take(np.flatnonzero(found.users < 8))
    assert buckets["[0,8)"].metrics == {name: prediction_metric(name).overall(some) for name in ALL}


def test_few_of_equal_models_differ_in_auc() -> None:
    """Which the same truth and as much noise make, drawn anew."""
    wrong = 0
    for seed in range(100):
        rng, found = np.random.default_rng([1, seed]), clicks(seed, cases=240, users=60)
        pair = [replace(found, predicted=np.clip(found.targets * 0.2 + rng.random(240), 0, 1)) for _ in range(2)]
        first, second = (judged(one, ["auc"]) for one in pair)
        wrong += first.against(second, "auc").p_value < 0.05
    assert 1 <= wrong <= 12


def test_against() -> None:
    near, far = judged(clicks(noise=0.1)), judged(clicks(noise=0.8))
    for name in PER_CASE:
        test = near.against(far, name)
        assert test.difference == pytest.approx(near.metrics[name] - far.metrics[name]), name
        assert test.cases == (~np.isnan(near.values[name])).sum()
        if name != "coverage":
            assert test.ci95[0] <= test.difference <= test.ci95[1]
            assert test.p_value < 0.01
    assert near.against(near, "rmse").p_value == 1
    with pytest.raises(DataError, match="no per-case values of ap"):
        near.against(far, "ap")
    with pytest.raises(DataError, match="different cases"):
        near.against(judged(clicks(seed=1)), "rmse")
    other = replace(clicks(), users=clicks().users + 1)
    with pytest.raises(DataError, match="different cases"):
        near.against(judged(other), "rmse")


def test_figures_that_there_are_none_of() -> None:
    found = clicks()
    ones = judged(replace(found, targets=np.ones(300)))
    none = {name for name, value in ones.metrics.items() if np.isnan(value)}
    assert none == {"auc", "gauc", "r", "r2"}
    assert set(ones.ci95) == set(ALL) - none
    told = json.loads(json.dumps(ones.to_dict(), allow_nan=False))
    assert told["metrics"]["auc"] is None
    assert told["buckets"]["[0,8)"]["metrics"]["gauc"] is None
    assert told["metrics"]["rmse"] == ones.metrics["rmse"]


def test_samples_without_the_figure_do_not_count() -> None:
    rare = Predictions(np.arange(30), np.eye(30)[0], np.linspace(1, 0, 30), np.ones(30, np.bool_))
    found = judged(rare, ["auc", "ap"])
    assert found.ci95["auc"] == (1, 1)
    assert found.ci95["ap"][1] == 1


def test_one_user_is_its_own_interval() -> None:
    found = replace(clicks(), users=np.zeros(300, np.int64))
    evaluation = judged(found)
    for name, value in evaluation.metrics.items():
        assert evaluation.ci95[name] == pytest.approx((value, value)), name


def test_of_several_classes() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, (200, 3)).astype(float)
    found = Predictions(
        np.arange(200), true, np.clip(true * 0.4 + rng.random((200, 3)) * 0.6, 0, 1), true[:, 0] == 1
    )
    names = ["rmse", "logloss", "ap", "ap:2", "auc", "calibration"]
    evaluation = evaluate_predictions(found, names, np.zeros(200, np.int64), seed=0)
    assert list(evaluation.ci95) == names
    low, high = evaluation.ci95["ap"]
    assert low < evaluation.metrics["ap"] < high
    assert list(evaluation.buckets) == ["[0,8)"]


def test_an_evaluation_can_be_sent_to_another_process() -> None:
    evaluation = judged(clicks())
    assert pickle.loads(pickle.dumps(evaluation)).ci95 == evaluation.ci95


def test_wrong_input() -> None:
    found = clicks()
    with pytest.raises(NotFoundError, match="did you mean 'rmse'"):
        judged(found, ["rmsa"])
    with pytest.raises(ConfigError, match="from 0"):
        judged(found, ["ap:one"])
    with pytest.raises(DataError, match="got 2 for 300"):
        evaluate_predictions(found, ["rmse"], np.zeros(2, np.int64), seed=0)
    with pytest.raises(DataError, match="no class 1"):
        judged(found, ["ap:1"])
