import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as theirs
from sklearn.calibration import calibration_curve

from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.evaluation.agreement import auc_by_group
from graphrec.evaluation.prediction_metrics import PER_CASE, WHOLE, prediction_metric
from graphrec.evaluation.predictions import Floats, Predictions


def predictions(
    targets: Floats | list[float], predicted: Floats | list[float], users: list[int] | None = None
) -> Predictions:
    true, guess = np.array(targets, np.float64), np.array(predicted, np.float64)
    who = np.arange(len(true)) if users is None else np.array(users)
    return Predictions(who, true, guess, np.arange(len(true)) % 4 > 0)


def figure(name: str, found: Predictions) -> float:
    return prediction_metric(name).overall(found)


RATINGS = predictions([5, 3, 1, 4], [4, 3, 3, 4], [7, 7, 7, 2])
CLICKS = predictions([1, 0, 1, 0, 1], [0.9, 0.8, 0.8, 0.1, 0.4], [4, 4, 4, 9, 1])


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("rmse", RATINGS, (5 / 4) ** 0.5),
        ("mae", RATINGS, 3 / 4),
        ("rmse@user", RATINGS, ((5 / 3) ** 0.5 + 0) / 2),
        ("mae@user", RATINGS, (1 + 0) / 2),
        ("r2", RATINGS, 1 - 5 / 8.75),
        ("calibration_ratio", RATINGS, 14 / 13),
        ("coverage", RATINGS, 3 / 4),
        # Of six pairs four are right and one is a tie.
        ("auc", CLICKS, 4.5 / 6),
        # User 4 alone has both kinds: a pair right and a tie.
        ("gauc", CLICKS, 1.5 / 2),
        # Of the three best two are clicks, as 0.8 is tied; of the four best three.
        ("ap", CLICKS, (1 + 2 / 3 + 3 / 4) / 3),
        ("ap:0", CLICKS, (1 + 2 / 3 + 3 / 4) / 3),
        ("logloss", CLICKS, -np.log([0.9, 0.2, 0.8, 0.9, 0.4]).mean()),
        ("calibration", CLICKS, (0.1 + 0.6 + 0.1 + 0.6) / 5),
    ],
)
def test_by_hand(name: str, found: Predictions, expected: float) -> None:
    assert figure(name, found) == pytest.approx(expected)


def test_values_of_cases_make_the_figure() -> None:
    for name in PER_CASE:
        found = prediction_metric(name)
        assert found.per_case is not None
        values = found.per_case(CLICKS)
        assert len(values) == 5
        assert found.overall(CLICKS) == pytest.approx(found.final(np.nanmean(values)))
    user = prediction_metric("mae@user").per_case
    assert user is not None
    np.testing.assert_allclose(user(RATINGS), [1, np.nan, np.nan, 0])
    assert all(prediction_metric(name).per_case is None for name in WHOLE)


def test_which_way_is_better() -> None:
    better = {name for name in (*PER_CASE, *WHOLE, "ap:3") if prediction_metric(name).higher_is_better}
    assert better == {"auc", "gauc", "ap", "ap:3", "r", "r2", "coverage"}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("grid", [3, 10, 1 << 40])
def test_numbers_are_those_of_sklearn_and_scipy(seed: int, grid: int) -> None:
    rng = np.random.default_rng(seed)
    true = rng.integers(1, 6, 200).astype(float)
    guess = np.round((true + rng.normal(0, 1, 200)) * grid) / grid
    found = predictions(true, guess, rng.integers(0, 30, 200).tolist())
    assert figure("rmse", found) == pytest.approx(theirs.root_mean_squared_error(true, guess))
    assert figure("mae", found) == pytest.approx(theirs.mean_absolute_error(true, guess))
    assert figure("r2", found) == pytest.approx(theirs.r2_score(true, guess))
    assert figure("r", found) == pytest.approx(stats.pearsonr(true, guess).statistic)
    each = [found.users == user for user in np.unique(found.users)]
    assert figure("rmse@user", found) == pytest.approx(
        np.mean([theirs.root_mean_squared_error(true[user], guess[user]) for user in each])
    )
    assert figure("mae@user", found) == pytest.approx(
        np.mean([theirs.mean_absolute_error(true[user], guess[user]) for user in each])
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("grid", [1, 4, 10, 1 << 40])
def test_chances_are_judged_as_sklearn_does(seed: int, grid: int) -> None:
    rng = np.random.default_rng(seed)
    guess = np.round(rng.random(300) * grid) / grid
    true = (rng.random(300) < 0.2 + 0.5 * guess).astype(float)
    found = predictions(true, guess, rng.integers(0, 30, 300).tolist())
    assert figure("auc", found) == pytest.approx(theirs.roc_auc_score(true, guess))
    assert figure("ap", found) == pytest.approx(theirs.average_precision_score(true, guess))
    assert figure("logloss", found) == pytest.approx(theirs.log_loss(true, np.clip(guess, 1e-15, 1 - 1e-15)))
    shares, means = calibration_curve(true, guess, n_bins=10)
    cases = np.unique(np.searchsorted(np.linspace(0, 1, 11)[1:-1], guess), return_counts=True)[1]
    assert figure("calibration", found) == pytest.approx((np.abs(shares - means) * cases).sum() / 300)
    each = [found.users == user for user in range(30)]
    both = [user for user in each if len(set(true[user])) == 2]
    assert figure("gauc", found) == pytest.approx(
        np.mean([theirs.roc_auc_score(true[user], guess[user]) for user in both])
    )


def test_auc_is_the_mann_whitney_statistic() -> None:
    rng = np.random.default_rng(0)
    true, guess = rng.integers(0, 2, 500).astype(float), rng.integers(0, 9, 500).astype(float)
    u = stats.mannwhitneyu(guess[true == 1], guess[true == 0]).statistic
    expected = u / ((true == 1).sum() * (true == 0).sum())
    assert figure("auc", predictions(true, guess)) == pytest.approx(expected, rel=1e-12)
    assert auc_by_group(np.zeros(500, np.int64), true, guess).tolist() == [expected]


@pytest.mark.parametrize("seed", range(4))
def test_cases_that_count_several_times_are_as_if_repeated(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true, guess, times = (
        rng.integers(0, 2, 90).astype(float),
        rng.integers(0, 12, 90) / 12,
        rng.integers(0, 4, 90).astype(float),
    )
    times[guess == guess.max()] = 0
    repeated = np.repeat(np.arange(90), times.astype(int))
    for name, measure in WHOLE.items():
        alone = figure(name, predictions(true[repeated], guess[repeated]))
        assert measure(true, guess, times) == pytest.approx(alone, rel=1e-12), name
    assert WHOLE["ap"](true, guess, times) == pytest.approx(
        theirs.average_precision_score(true, guess, sample_weight=times)
    )
    assert WHOLE["r2"](true, guess, times) == pytest.approx(theirs.r2_score(true, guess, sample_weight=times))


def test_several_classes_are_judged_each_alone() -> None:
    rng = np.random.default_rng(1)
    true, guess = rng.integers(0, 2, (80, 4)).astype(float), rng.integers(0, 20, (80, 4)) / 20
    true[:, 3] = 0
    found = predictions(true, guess)
    some = true[:, :3], guess[:, :3]
    assert figure("ap", found) == pytest.approx(theirs.average_precision_score(*some, average="macro"))
    assert figure("auc", found) == pytest.approx(theirs.roc_auc_score(*some, average="macro"))
    assert figure("r2", found) == pytest.approx(theirs.r2_score(*some))
    assert figure("mae", found) == pytest.approx(theirs.mean_absolute_error(true, guess))
    assert figure("rmse", found) == pytest.approx(theirs.mean_squared_error(true, guess) ** 0.5)
    each = [
        theirs.log_loss(true[:, c], np.clip(guess[:, c], 1e-15, 1 - 1e-15), labels=[0, 1]) for c in range(4)
    ]
    assert figure("logloss", found) == pytest.approx(np.mean(each))
    for number in range(3):
        alone = theirs.average_precision_score(true[:, number], guess[:, number])
        assert figure(f"ap:{number}", found) == pytest.approx(alone)
    assert np.isnan(figure("ap:3", found))
    alone = [figure("calibration", predictions(true[:, c], guess[:, c])) for c in range(4)]
    assert figure("calibration", found) == pytest.approx(np.mean(alone))
    with pytest.raises(DataError, match="no class 4; classes are 0 to 3"):
        figure("ap:4", found)
    with pytest.raises(DataError, match="gauc is of one number per case"):
        figure("gauc", found)


def test_one_kind_of_target_alone() -> None:
    ones, zeros = predictions([1, 1], [0.2, 0.3]), predictions([0, 0], [0.2, 0.3])
    for name in ("auc", "gauc", "r", "r2"):
        assert np.isnan(figure(name, ones)), name
        assert np.isnan(figure(name, zeros)), name
    assert figure("ap", ones) == 1
    assert np.isnan(figure("ap", zeros))
    assert np.isnan(figure("calibration_ratio", zeros))


def test_constant_predictions() -> None:
    same = predictions([1, 0, 0, 0], [0.3] * 4, [1, 1, 2, 2])
    assert figure("auc", same) == figure("gauc", same) == 0.5
    assert figure("ap", same) == 1 / 4
    assert np.isnan(figure("r", same))
    assert figure("r2", same) == pytest.approx(theirs.r2_score(same.targets, same.predicted))
    assert figure("calibration", same) == pytest.approx(0.05)


def test_correlation_of_very_small_and_of_large_numbers() -> None:
    few = predictions([1e-200, 2e-200, 4e-200], [1e12, 1e12 + 1, 1e12 + 3])
    assert figure("r", few) == pytest.approx(1)
    assert figure("r", predictions([0, 1, 0], [1, 0, 1])) == pytest.approx(-1)


def test_a_sure_mistake_costs_a_finite_loss() -> None:
    assert figure("logloss", predictions([1], [0])) == pytest.approx(-np.log(1e-15))
    assert figure("logloss", predictions([0], [1])) == pytest.approx(-np.log(1e-15), rel=1e-2)
    assert figure("logloss", predictions([0], [0])) == pytest.approx(1e-15)


def test_bins_are_closed_above() -> None:
    # 0.1 is in the first bin and 0.10001 in the second, where they would cancel out were they together.
    assert figure("calibration", predictions([0, 1], [0.1, 0.9 - 1e-9])) == pytest.approx(0.1)
    assert figure("calibration", predictions([1, 0], [0.1, 0.10001])) == pytest.approx((0.9 + 0.10001) / 2)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("rmsee", NotFoundError, "did you mean 'rmse'"),
        ("rmse@users", NotFoundError, "did you mean 'rmse@user'"),
        ("ap@3", NotFoundError, "ap"),
        ("map", NotFoundError, "no metric named 'map'"),
        ("ap:x", ConfigError, "from 0"),
        ("ap:-1", ConfigError, "from 0"),
        ("ap:", ConfigError, "from 0"),
        ("auc:1", NotFoundError, "auc"),
    ],
)
def test_wrong_names(name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        prediction_metric(name)


@pytest.mark.parametrize("name", ["auc", "gauc", "ap", "ap:0"])
def test_ratings_are_no_yes_or_no(name: str) -> None:
    with pytest.raises(DataError, match="needs targets of 0 and 1; one is 5"):
        figure(name, RATINGS)


@pytest.mark.parametrize("name", ["logloss", "calibration"])
def test_scores_are_no_chances(name: str) -> None:
    with pytest.raises(DataError, match=f"{name} needs targets from 0 to 1; one is 5"):
        figure(name, RATINGS)
    with pytest.raises(DataError, match=f"{name} needs predictions from 0 to 1; one is 1.5"):
        figure(name, predictions([1, 0], [1.5, 0]))
