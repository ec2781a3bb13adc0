import numpy as np
import pytest
from scipy import stats

from graphrec.errors import DataError
from graphrec.evaluation import confidence
from graphrec.evaluation.confidence import interval, mean_interval, paired_test


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
    assert found.ci95 is None


def test_no_difference_of_fewer_than_twenty_cases_has_an_interval() -> None:
    rng = np.random.default_rng(0)
    first = rng.random(20)
    assert paired_test(first[1:], np.zeros(19), seed=0).ci95 is None
    low, high = paired_test(first, np.zeros(20), seed=0).ci95
    assert low < first.mean() < high
    # What has no value is no case.
    gaps = np.append(first[1:], np.nan)
    assert paired_test(gaps, np.zeros(20), seed=0).ci95 is None


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


def test_interval_is_scipys_of_the_values() -> None:
    values = np.random.default_rng(0).random((70, 3))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=1000, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    np.testing.assert_allclose(mean_interval(values, seed=5), theirs)


def test_p_value_is_scipys_of_the_differences() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.random(12), rng.random(12) + 0.2
    exact = stats.permutation_test(
        (first - second,), lambda x, axis: x.sum(axis=axis), permutation_type="samples", n_resamples=2**12
    ).pvalue
    assert 0.01 < exact < 0.9
    assert paired_test(first, second, seed=0, rounds=40_000).p_value == pytest.approx(exact, abs=0.01)


def test_one_case_is_its_own_interval() -> None:
    assert mean_interval(np.array([3.0]), seed=0).tolist() == [3, 3]
    assert mean_interval(np.array([[3.0, 4], [1, 2]]), seed=0, clusters=np.array([7, 7])).tolist() == [
        [2, 3],
        [2, 3],
    ]


def test_cases_without_a_value_count_for_no_mean() -> None:
    values = np.random.default_rng(0).random(40)
    gaps = np.stack([values, np.where(np.arange(40) % 4, values, np.nan), np.full(40, np.nan)], axis=1)
    found = mean_interval(gaps, seed=3)
    np.testing.assert_allclose(found[:, 0], mean_interval(values, seed=3))
    assert found[0, 1] < np.nanmean(gaps[:, 1]) < found[1, 1]
    assert np.isnan(found[:, 2]).all()
    tested = paired_test(gaps[:, 1], gaps[:, 0] + 1, seed=0)
    assert (tested.cases, tested.difference) == (30, pytest.approx(-1))


def test_cases_of_a_cluster_stand_or_fall_together() -> None:
    # Fifty users of twenty like cases each are as sure as fifty cases.
    rng = np.random.default_rng(0)
    single = rng.normal(0.2, 1, 50)
    users = rng.permutation(np.repeat(np.arange(50), 20))
    many = single[users]
    np.testing.assert_allclose(mean_interval(many, seed=1, clusters=users), mean_interval(single, seed=1))
    alone, together = (
        paired_test(single, 0 * single, seed=2),
        paired_test(many, 0 * many, seed=2, clusters=users),
    )
    assert together.p_value == alone.p_value
    assert together.cases == 1000
    np.testing.assert_allclose(together.ci95, alone.ci95)
    assert paired_test(many, 0 * many, seed=2).p_value < alone.p_value


def test_roots_are_compared_as_roots_and_judged_as_their_means() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random(60), rng.random(60) + 0.1
    found, means = paired_test(first, second, seed=0, final=np.sqrt), paired_test(first, second, seed=0)
    assert found.difference == pytest.approx(np.sqrt(first.mean()) - np.sqrt(second.mean()))
    assert found.ci95[0] < found.difference < found.ci95[1]
    assert found.p_value == means.p_value
    exact = stats.permutation_test(
        (first, second),
        lambda a, b, axis: np.sqrt(a.mean(axis=axis)) - np.sqrt(b.mean(axis=axis)),
        permutation_type="samples",
        rng=np.random.default_rng(0),
    ).pvalue
    assert found.p_value == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("scale", [1.0, 0.2, 1 / 3, 7.0])
def test_a_scaled_metric_has_the_same_p_value(scale: float) -> None:
    """Such as recall@5 and precision@5 of one relevant item: also where gains and losses are level."""
    rng = np.random.default_rng(0)
    first = rng.permutation(np.repeat([0.0, 1.0], 50)) * 0.3 + 0.1
    second = rng.permutation(first)
    whole = paired_test(first, second, seed=0)
    assert paired_test(first * scale, second * scale, seed=0).p_value == whole.p_value == 1.0
    second[:20] = 0.1
    assert paired_test(first * scale, second * scale, seed=0).p_value == paired_test(first, second, seed=0).p_value


def test_interval_of_any_figure_leaves_out_samples_that_have_none() -> None:
    values = np.arange(6.0)

    def largest_of_the_rare(times: np.ndarray) -> np.ndarray:
        return np.where(times[:, 5] > 0, times @ values, np.nan)[None]

    low, high = interval(6, largest_of_the_rare, seed=0)[:, 0]
    assert 5 <= low < high <= 30


def test_wrong_input() -> None:
    with pytest.raises(DataError, match="same cases"):
        paired_test(np.ones(3), np.ones(4), seed=0)
    with pytest.raises(DataError, match="at least one case"):
        mean_interval(np.empty(0), seed=0)
    with pytest.raises(DataError, match="at least one case"):
        paired_test(np.full(3, np.nan), np.ones(3), seed=0, clusters=np.arange(3))
