"""Several runs of several models: intervals and tests that count a user once, against computations by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.evaluation.confidence import mean_interval, paired_test
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.side_by_side import side_by_side
from graphrec.evaluation.systems import Measured, Values, holm

RNG = np.random.default_rng(0)


def run(values: object, whose: object | None = None, **how: object) -> Measured:
    each = np.asarray(values, float)
    users = np.arange(len(each)) if whose is None else np.asarray(whose)
    found = Evaluation("", users, 0, {"map": each}, {"map": float(np.nanmean(each))}, {}, 0)
    return Measured(replace(found, **how), users.astype(np.uint64))


def of(*runs: Measured) -> Values:
    found = Values.of(runs, "map")
    assert found is not None
    return found


def test_one_run_is_what_the_paired_test_of_two_runs_says() -> None:
    first, second = RNG.random((2, 60))
    said = paired_test(first, second, seed=3)
    found = of(run(first)).against(of(run(second)), 3)
    assert found.difference == pytest.approx(said.difference)
    assert found.p_value == said.p_value
    assert found.ci95 == pytest.approx(said.ci95)
    assert of(run(first)).ci95(3) == pytest.approx(tuple(mean_interval(first, seed=3)))


def test_seeds_of_a_user_count_as_one_case() -> None:
    first, second = RNG.random((2, 3, 40))
    found = of(*map(run, first)).against(of(*map(run, second)), 5)
    averaged = paired_test(first.mean(axis=0), second.mean(axis=0), seed=5)
    assert found.difference == pytest.approx(averaged.difference)
    assert found.p_value == averaged.p_value
    assert found.ci95 == pytest.approx(averaged.ci95)
    assert found.cases == 40
    # Taken as cases of their own, 120 of them would look surer than 40 users are.
    tripled = of(run(np.tile(first[0], 3))).against(of(run(np.tile(second[0], 3))), 5)
    one = of(run(first[0])).against(of(run(second[0])), 5)
    assert tripled.p_value < one.p_value
    again = of(*[run(first[0])] * 3).against(of(*[run(second[0])] * 3), 5)
    assert again.p_value == one.p_value


def test_users_come_in_any_order_and_are_in_some_folds_only() -> None:
    folds = [([7, 3, 7], [1.0, 0.0, 0.5]), ([3, 9], [0.25, 1.0])]
    one = of(*(run(values, whose) for whose, values in folds))
    other = of(*(run(values[::-1], whose[::-1]) for whose, values in folds))
    assert one.units == 3
    mean = (np.mean([1.0, 0.0, 0.5]) + np.mean([0.25, 1.0])) / 2
    for found in (one, other):
        assert found.figures(np.ones((1, 3)))[0] == pytest.approx(mean)
        assert found.shares().sum() == pytest.approx(mean)
    # User 7 left out: what remains of each fold.
    assert one.figures(np.array([[1.0, 0.0, 1.0]]))[0] == pytest.approx((0.0 + 0.625) / 2)
    assert one.against(other, 0).difference == 0


def test_the_p_value_is_that_of_all_swaps() -> None:
    first, second = RNG.random((2, 2, 8))
    apart = (first - second).mean(axis=0) / 8
    signs = np.array(list(product((-1, 1), repeat=8)))
    exact = np.mean(np.abs(signs @ apart) >= abs(apart.sum()) - 1e-12)
    found = of(*map(run, first)).against(of(*map(run, second)), 0)
    assert found.p_value == pytest.approx(exact, abs=0.02)
    assert found.ci95 is None


def test_roots_of_means_and_cases_without_a_value() -> None:
    values = np.array([[1.0, 4.0, np.nan], [9.0, np.nan, 1.0]])
    found = of(*(run(one, finals={"map": np.sqrt}) for one in values))
    assert found.figures(np.ones((1, 3)))[0] == pytest.approx((np.sqrt(2.5) + np.sqrt(5)) / 2)


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.6, 0.5], [1.0, 1.0]),
    ],
)
def test_holm(p_values: list[float], corrected: list[float]) -> None:
    assert holm(p_values) == pytest.approx(corrected)


def test_a_table_tests_all_against_one() -> None:
    base = RNG.random(50)
    systems = {
        "first": [run(base), run(base + 0.02)],
        "better": [run(base + 0.1), run(base + 0.11)],
        "same": [run(base)],
    }
    reference, rows = side_by_side(systems, "map", "first", higher_is_better=True)
    assert reference == "first"
    assert [row.system for row in rows] == ["first", "better", "same"]
    first, better, same = rows
    assert (first.difference, first.p_value, first.p_holm) == (None, None, None)
    assert better.difference == pytest.approx(0.095)
    assert better.mean == pytest.approx(base.mean() + 0.105)
    assert better.deviation == pytest.approx(0.01 / np.sqrt(2))
    assert better.p_value == pytest.approx(1 / 10_001)
    assert better.p_holm == pytest.approx(2 / 10_001)
    assert same.deviation is None
    assert better.low is not None
    assert better.high is not None
    assert better.low < better.mean < better.high
    assert side_by_side(systems, "map", "best", higher_is_better=True)[0] == "better"
    assert side_by_side(systems, "map", "best", higher_is_better=False)[0] == "same"
    with pytest.raises(DataError, match="first has no recall@20; choose another --metric"):
        side_by_side(systems, "recall@20", "first", higher_is_better=True)


def test_what_no_single_case_has_is_not_tested() -> None:
    runs = [Measured(Evaluation("", np.arange(30), 0, {}, {"coverage@5": one}, {}, 0), np.arange(30, dtype=np.uint64))
            for one in (0.2, 0.4)]  # fmt: skip
    _, rows = side_by_side({"a": runs[:1], "b": runs[1:]}, "coverage@5", "a", higher_is_better=True)
    assert [(row.mean, row.low, row.difference, row.p_holm) for row in rows] == [
        (0.2, None, None, None), (0.4, None, None, None)
    ]  # fmt: skip
