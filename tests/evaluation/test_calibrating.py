"""Probabilities calibrated on validation cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from graphrec.errors import DataError
from graphrec.evaluation.calibrating import FITS, calibrate, check_calibration, isotonic, platt, temperature
from graphrec.evaluation.judged import judge_model, predicted_pairs
from graphrec.learning.learner import Learner
from graphrec.models.answers import scorer_of
from graphrec.models.base import ANYTHING, Model, Scorer, Target
from graphrec.models.calibration import Calibration
from graphrec.settings import Settings
from graphrec.tasks.cases import PairCases, Split
from graphrec.tasks.click import Click
from graphrec.testing.training_data import data_of

USERS, ITEMS = 60, 80


class Sure(Model[Settings]):
    """Says σ(z) of what is σ(0.4 z - 0.8) likely."""

    name, title, Settings, tasks = "sure", "a model that is too sure", Settings, ("click",)

    def learner(self, *_: Any) -> Learner:
        raise NotImplementedError

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        return _Sure()


class _Sure:
    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        found: Tensor = torch.from_numpy(LOGITS)[users][:, slice(None) if items is None else items].sigmoid().float()
        return found

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        found: Tensor = torch.from_numpy(LOGITS)[users, items].sigmoid().float()
        return found


LOGITS = np.random.default_rng(0).normal(0, 2.5, (USERS, ITEMS))
CLICKED = np.random.default_rng(1).random((USERS, ITEMS)) < 1 / (1 + np.exp(0.8 - 0.4 * LOGITS))


def cases(items: slice) -> PairCases:
    user, item = (one.ravel() for one in np.mgrid[:USERS, items])
    return PairCases(user, item, CLICKED[user, item].astype(np.float64))


@pytest.fixture
def split() -> Split[PairCases]:
    data = data_of(np.arange(USERS), np.arange(USERS), USERS, ITEMS, click=np.arange(USERS) % 2)
    data = replace(data, value="click", binary=True)
    return Split("given", data, cases(slice(0, 40)), cases(slice(40, 80)))


@pytest.fixture
def model(split: Split[PairCases]) -> Sure:
    return Sure(split.data.shape, Settings())


def true_loss(of: PairCases) -> float:
    chance = 1 / (1 + np.exp(0.8 - 0.4 * LOGITS[of.users, of.items]))
    return float(-np.mean(np.log(np.where(of.targets == 1, chance, 1 - chance))))


@pytest.mark.parametrize("by", FITS)
def test_what_a_sure_model_lost_is_found_again(by: str, model: Sure, split: Split[PairCases]) -> None:
    task = Click(calibrate=by)
    before = judge_model(model, task, split.data, split.test, ["logloss", "auc", "calibration"], seed=0).metrics
    raw = predicted_pairs(model, split.test)
    found = calibrate(model, task, split, seed=0)
    assert found is not None
    assert found.cases == len(split.valid)
    assert found.test == before["logloss"]
    after = judge_model(model, task, split.data, split.test, ["logloss", "auc", "calibration"], seed=0).metrics
    at_best = true_loss(split.test)
    assert before["logloss"] > at_best + 0.2
    # A temperature alone cannot say that clicks are rarer than the model thinks.
    assert after["logloss"] < at_best + (0.1 if by == "temperature" else 0.01)
    assert after["calibration"] < before["calibration"]
    assert after["auc"] == pytest.approx(before["auc"], abs=1e-9)
    assert found.valid[1] < found.valid[0]
    told = predicted_pairs(model, split.test)
    assert (np.argsort(told, kind="stable") == np.argsort(raw, kind="stable")).all()
    assert f"on {len(split.valid):,} validation cases" in found.sentence(after["logloss"])


@pytest.mark.parametrize("by", FITS)
def test_test_cases_do_not_matter(by: str, model: Sure, split: Split[PairCases]) -> None:
    first = calibrate(model, Click(calibrate=by), split, seed=0)
    wrong = replace(split.test, targets=1 - split.test.targets)
    second = calibrate(model, Click(calibrate=by), replace(split, test=wrong), seed=0)
    assert first is not None
    assert second is not None
    assert first.calibration == second.calibration
    assert first.test != second.test


def test_lines_find_their_slope_and_shift() -> None:
    logits, targets = LOGITS.ravel(), CLICKED.ravel().astype(float)
    found = platt(logits, targets)
    assert (found.slope, *found.meant) == (pytest.approx(0.4, abs=0.03), pytest.approx(-0.8, abs=0.08))
    rng = np.random.default_rng(2)
    even = (rng.random(len(logits)) < 1 / (1 + np.exp(-0.4 * logits))).astype(float)
    assert temperature(logits, even).slope == pytest.approx(0.4, abs=0.03)
    # What is worse than chance is not turned round.
    assert platt(logits, (logits < 0).astype(float)).slope == pytest.approx(0.01)


def test_steps_rise_from_the_middle_of_one_to_the_next_by_hand() -> None:
    # Steps: {-3, -1} nothing, {0, 1} one of two, {2} one of one.
    found = isotonic(np.array([-3.0, -1, 0, 1, 2]), np.array([0.0, 0, 1, 0, 1]))
    assert found.logits == (-2, 0.5, 2)
    chance = 1 / (1 + np.exp(-np.array(found.meant)))
    # Of 2 cases without a click 1 / 4; of 1 click 2 / 3, which is less than half-way from the step before to 1.
    np.testing.assert_allclose(chance, [1 / 4, 1 / 2, 3 / 4])
    told = found(torch.tensor([-2, 0.5, 2, 1.25]).sigmoid())
    torch.testing.assert_close(told[:3], torch.from_numpy(chance), rtol=1e-5, atol=1e-6)
    assert float(told[3]) == pytest.approx(1 / (1 + 3**-0.5), rel=1e-5)
    beyond = found(torch.tensor([-9.0, -8, 8, 9]).sigmoid())
    assert (beyond.diff() > 0).all()


@pytest.mark.parametrize("targets", [[0.0, 1], [1.0, 0], [1.0, 1, 0, 0]])
def test_few_cases_are_no_certainty(targets: list[float]) -> None:
    found = isotonic(np.arange(len(targets), dtype=float), np.array(targets))
    told = found(torch.linspace(-5, 5, 50).sigmoid())
    assert ((told > 0.1) & (told < 0.9)).all()
    assert (told.diff() > 0).all()


def test_it_is_said_again_from_plain_numbers_and_knows_no_answer_where_there_is_none() -> None:
    found = isotonic(LOGITS[0], CLICKED[0].astype(float))
    again = Calibration.of(found.told())
    chances = torch.tensor([0.0, 0.2, torch.nan, 1.0])
    torch.testing.assert_close(again(chances), found(chances), equal_nan=True, rtol=0, atol=0)
    assert again(chances).isnan().tolist() == [False, False, True, False]


def test_small_chances_keep_their_order() -> None:
    told = Calibration((0.0,), (0.3,), 1.0)(torch.tensor([0.0, 1e-30, 1e-9, 1e-8, 5e-8]))
    assert (told.diff() > 0).all()


def test_all_who_ask_get_calibrated_answers(model: Sure, split: Split[PairCases]) -> None:
    calibrate(model, Click(calibrate="platt"), split, seed=0)
    users, items = torch.tensor([3, 4]), torch.tensor([5, 6])
    grid, pairs = scorer_of(model).grid(users, items), scorer_of(model).pairs(users, items)
    torch.testing.assert_close(grid.diagonal(), pairs)
    assert model.calibration is not None
    torch.testing.assert_close(pairs, model.calibration(_Sure().pairs(users, items)))


def test_without_validation_nothing_is_calibrated(model: Sure, split: Split[PairCases]) -> None:
    none = PairCases(*(np.empty(0, np.int64),) * 2, np.empty(0))
    with pytest.raises(DataError, match="split given has 0 clicks to validate on"):
        check_calibration(Click(calibrate="isotonic"), replace(split, valid=none))
    only = replace(split.valid, targets=np.ones(len(split.valid)))
    with pytest.raises(DataError, match="has 0 cases that are no click"):
        check_calibration(Click(calibrate="platt"), replace(split, valid=only))
    check_calibration(Click(), replace(split, valid=none))
    assert calibrate(model, Click(), split, seed=0) is None


def test_what_the_model_cannot_tell_does_not_calibrate_it(
    model: Sure, split: Split[PairCases], monkeypatch: pytest.MonkeyPatch
) -> None:
    clicks = np.flatnonzero(split.valid.targets)[:5]

    def few(model: object, cases: PairCases) -> np.ndarray:
        told = np.full(len(cases), np.nan)
        told[clicks] = 0.5
        return told

    monkeypatch.setattr("graphrec.evaluation.calibrating.predicted_pairs", few)
    with pytest.raises(DataError, match="sure can tell 0 cases that are no click of those"):
        calibrate(model, Click(calibrate="platt"), split, seed=0)
