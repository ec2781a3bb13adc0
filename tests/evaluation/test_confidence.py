import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.evaluation import confidence
from graphrec.evaluation.confidence import mean_interval, paired_test


def test_interval_is_the_normal_one_for_many_cases() -> None:
    values = np.random.default_rng(0).exponential(size=2000)
    low, high = mean_interval(values, seed=0)
    half = 1.96 * values.std() / np.sqrt(2000)
    assert low == pytest.approx(values.mean() - half, abs=half / 8)
    assert high == pytest.approx(values.mean() + half, abs=half / 8)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for seed in range(200):
        low, high = mean_interval(rng.normal(3, 1, 60), seed=seed, rounds=300)
        inside += low <= 3 <= high
    assert 175 <= inside <= 199


def test_metrics_are_drawn_together_and_chunks_keep_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random((50, 3))
    whole = mean_interval(values, seed=5)
    np.testing.assert_allclose(whole[:, 1], mean_interval(values[:, 1], seed=5))
    monkeypatch.setattr(confidence, "CELLS", 120)
    np.testing.assert_allclose(mean_interval(values, seed=5), whole)


def test_paired_test_is_exact_for_few_cases() -> None:
    # Of 2^5 sign flips of five positive differences, two are as extreme as what was seen.
    found = paired_test(np.array([1.0, 2, 3, 4, 5]), np.zeros(5), seed=0, rounds=20_000)
    assert found.difference == 3
    assert found.cases == 5
    assert found.p_value == pytest.approx(2 / 32, abs=0.006)
    assert found.ci95[0] < 3 < found.ci95[1]


def test_paired_test_sees_a_small_but_steady_difference() -> None:
    rng = np.random.default_rng(0)
    cases = rng.normal(size=400)
    found = paired_test(cases + 0.1 + rng.normal(0, 0.2, 400), cases, seed=0)
    assert found.p_value < 0.001
    assert found.ci95[0] > 0


def test_paired_test_of_like_models_is_uniform() -> None:
    rng = np.random.default_rng(3)
    found = [paired_test(rng.random(30), rng.random(30), seed=s, rounds=400).p_value for s in range(200)]
    assert 2 <= sum(p < 0.05 for p in found) <= 20
    assert paired_test(np.ones(4), np.ones(4), seed=0).p_value == 1


def test_wrong_input() -> None:
    with pytest.raises(DataError, match="same cases"):
        paired_test(np.ones(3), np.ones(4), seed=0)
    with pytest.raises(DataError, match="at least one case"):
        mean_interval(np.empty(0), seed=0)
