"""Calibration of a trained model's probabilities on its validation cases, and what it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import isotonic_regression, minimize

from graphrec.errors import DataError
from graphrec.evaluation.judged import judge_model, predicted_pairs
from graphrec.models.base import Model
from graphrec.models.calibration import Calibration, logits_of
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Floats, PairCases, Split
from graphrec.tasks.click import Click

STEEPEST = 100.0
"""So many times steeper or flatter than the model's logits are calibrated ones at most."""
BEYOND = 1 / STEEPEST
"""What is steps keeps rising by so much beyond the outermost, so that no two answers become the same."""
FEWEST = 2
LOGLOSS = "logloss"


@dataclass(frozen=True)
class Calibrated:
    """What a calibration came to.

    Attributes:
        by: how, a key of ``FITS``.
        cases: how many validation cases it was fitted on: those that the model could predict.
        calibration: from the model's logits to calibrated ones.
        valid: log loss on all validation cases, before and after; after, these are no test of it.
        test: log loss on the test cases before; what it is after is among the run's metrics.
    """

    by: str
    cases: int
    calibration: Calibration
    valid: tuple[float, float]
    test: float

    def told(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        return {
            "by": self.by,
            "cases": self.cases,
            "valid_logloss": {"before": self.valid[0], "after": self.valid[1]},
            "test_logloss": {"before": self.test},
            **self.calibration.told(),
        }

    def sentence(self, test: float) -> str:
        """Say so; ``test`` is the log loss on the test cases after."""
        return (
            f"Probabilities are calibrated ({self.by}) on {self.cases:,} validation cases: log loss there "
            f"{self.valid[0]:.4f} before and {self.valid[1]:.4f} after, on the test {self.test:.4f} before and "
            f"{test:.4f} after; the best epoch was chosen before."
        )


def check_calibration(task: Task[Any], split: Split[Any]) -> None:
    """Raise ``DataError`` where ``task`` wants probabilities calibrated and ``split`` has nothing to do it on."""
    if not isinstance(task, Click) or task.calibrate == "none":
        return
    _require_both(split.valid.targets, task, f"split {split.name} has", "to validate on")


def calibrate(model: Model[Any], task: Task[Any], split: Split[Any], *, seed: int) -> Calibrated | None:
    """Fit what ``task`` asks for on the validation cases, and give it to ``model``, which then answers by it.

    Test cases are measured, never looked at by what is fitted. None where nothing is asked for.

    Args:
        model: trained; as it will be served.
        task: what it was asked.
        split: its cases.
        seed: of the measuring.

    Raises ``DataError`` where the model cannot predict enough of the validation cases.
    """
    model.calibration = None
    if not isinstance(task, Click) or task.calibrate == "none":
        return None

    def logloss(cases: PairCases) -> float:
        return judge_model(model, task, split.data, cases, [LOGLOSS], seed=seed).metrics[LOGLOSS]

    valid, test = logloss(split.valid), logloss(split.test)
    chances, targets = predicted_pairs(model, split.valid), split.valid.targets
    known = np.isfinite(chances)
    _require_both(targets[known], task, f"{model.name} can tell", "of those")
    logits = logits_of(torch.from_numpy(chances[known])).numpy()
    model.calibration = FITS[task.calibrate](logits, targets[known])
    after = logloss(split.valid)
    return Calibrated(task.calibrate, int(known.sum()), model.calibration, (valid, after), test)


def _require_both(targets: Floats, task: Click, who: str, of_what: str) -> None:
    for what, count in (("clicks", (targets > 0).sum()), ("cases that are no click", (targets == 0).sum())):
        if count < FEWEST:
            raise DataError(
                f"calibrate={task.calibrate} is fitted on validation cases, and {who} {count} {what} {of_what}; choose "
                "a split with more, such as --split random-70-10-20, or leave it out"
            )


def temperature(logits: Floats, targets: Floats) -> Calibration:
    """Return a z with the least log loss, z the logit: temperature scaling with T = 1 / a (Guo et al., ICML 2017)."""
    return _line(logits, targets, shifted=False)


def platt(logits: Floats, targets: Floats) -> Calibration:
    """Return a z + b with the least log loss (Platt, 1999)."""
    return _line(logits, targets, shifted=True)


def isotonic(logits: Floats, targets: Floats) -> Calibration:
    """Return steps made to rise from the middle of one to that of the next.

    Steps are those of isotonic regression (Zadrozny and Elkan, KDD 2002). On a step all would be the same, in no order:
    so between the mean logits of two steps the answer is straight in logits (centered isotonic regression, Oron and
    Flournoy, 2017, does so in probabilities), and beyond the outermost it rises by ``BEYOND``. A step of n cases that
    are all clicks, or none, means 1 - 1 / (n + 2), or 1 / (n + 2).

    Args:
        logits: float64 [cases].
        targets: float64 [cases], 0 or 1.
    """
    values, place, counts = np.unique(logits, return_inverse=True, return_counts=True)
    means = np.bincount(place, targets) / counts
    starts = isotonic_regression(means, weights=counts).blocks[:-1]
    n = np.add.reduceat(counts, starts)
    middle, chance = (np.add.reduceat(counts * one, starts) / n for one in (values, means))
    chance = np.clip(chance, *_bounds(chance, n))
    meant = np.log(chance) - np.log1p(-chance)
    return Calibration(tuple(middle.tolist()), tuple(meant.tolist()), BEYOND)


FITS: Mapping[str, Callable[[Floats, Floats], Calibration]] = {
    "temperature": temperature,
    "platt": platt,
    "isotonic": isotonic,
}


def _bounds(chance: Floats, n: Floats) -> tuple[float, float]:
    """Return what the first step and the last may mean at most extreme, strictly outside of their neighbours."""
    low, high = 1 / (n[0] + 2), 1 - 1 / (n[-1] + 2)
    if len(chance) == 1:
        return min(low, high), max(low, high)
    return min(low, chance[1] / 2), max(high, (1 + chance[-2]) / 2)


def _line(logits: Floats, targets: Floats, *, shifted: bool) -> Calibration:
    def loss(given: Floats) -> tuple[float, Floats]:
        told = given[0] * logits + given[1]
        error = 1 / (1 + np.exp(-np.clip(told, -500, 500))) - targets
        value = np.mean(np.logaddexp(0, told) - targets * told)
        return float(value), np.array([np.mean(error * logits), np.mean(error)])

    bounds = [(BEYOND, STEEPEST), (None, None) if shifted else (0, 0)]
    slope, shift = minimize(loss, [1.0, 0.0], jac=True, bounds=bounds, method="L-BFGS-B").x
    return Calibration((0.0,), (float(shift),), float(slope))
