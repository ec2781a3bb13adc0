"""Metrics of predicted numbers, and the registry that names them.

Of several classes each is judged alone, as a yes or no of its own: errors and log losses are means over the
classes, and what only all cases have together is the mean over the classes that have a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graphrec.errors import ConfigError, DataError, unknown
from graphrec.evaluation import agreement
from graphrec.evaluation.confidence import as_is
from graphrec.evaluation.predictions import Floats, Predictions

OfClass = Callable[[Floats, Floats, Floats], float]

CLIP = 1e-15
"""Least distance of a probability from 0 and 1 in the log loss, which one sure and wrong would make infinite."""


@dataclass(frozen=True)
class PredictionMetric:
    """A metric of predictions, as ``prediction_metric("rmse")`` gives it; it has either per_case or of_class.

    Attributes:
        name: as it was asked for.
        higher_is_better: False for errors; for calibration_ratio too, of which 1 is best.
        per_case: the value of each case, float64 [cases]; None where only a whole run has one. NaN where a case
            has none: what is per user stands at the user's first case.
        overall: the value of the run, NaN where it has none: ``final`` of the mean over cases with a value, or
            the mean of of_class over classes with a value. Raises ``DataError`` where targets or predictions are
            not what the metric is of.
        final: from a mean of per_case to the figure, rising: the root for rmse, whose cases have squared errors.
        of_class: the value of one class, from its targets, its predictions and how often each case counts.
        number: the only class that counts; None: all of them.
    """

    name: str
    higher_is_better: bool
    per_case: Callable[[Predictions], Floats] | None
    overall: Callable[[Predictions], float]
    final: Callable[[Floats], Floats] = as_is
    of_class: OfClass | None = None
    number: int | None = None


def prediction_metric(name: str) -> PredictionMetric:
    """Return the metric called ``name``, such as ``rmse``, ``auc`` or ``ap:3``.

    Raises:
        NotFoundError: there is no such metric.
        ConfigError: the class of ``ap:CLASS`` is not a whole number from 0.
    """
    if name in PER_CASE:
        return _of_cases(name, PER_CASE[name], np.sqrt if name == "rmse" else as_is)
    if name in WHOLE:
        return _of_classes(name, name, None)
    stem, colon, number = name.partition(":")
    if stem != "ap" or not colon:
        raise unknown("metric", name, [*PER_CASE, *WHOLE, "ap:CLASS"])
    if not number.isascii() or not number.isdigit():
        raise ConfigError(f"the class of {name!r} must be a whole number from 0, as in ap:2")
    return _of_classes(name, "ap", int(number))


def mean_of_some(values: Floats) -> Floats:
    """Return the means over the last axis of what is not NaN; NaN where all is."""
    some = ~np.isnan(values)
    count = some.sum(axis=-1)
    total = np.where(some, values, 0).sum(axis=-1)
    means: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return means


def _of_cases(
    name: str, per_case: Callable[[Predictions], Floats], final: Callable[[Floats], Floats]
) -> PredictionMetric:
    def overall(found: Predictions) -> float:
        return float(final(mean_of_some(per_case(found))))

    return PredictionMetric(name, name in HIGHER, per_case, overall, final)


def _of_classes(name: str, stem: str, number: int | None) -> PredictionMetric:
    of_class = WHOLE[stem]

    def overall(found: Predictions) -> float:
        if stem == "ap":
            _yes_or_no(found, stem)
        if stem == "calibration":
            _shares(found, stem)
        if number is not None and number >= len(found.classes):
            raise DataError(f"there is no class {number}; classes are 0 to {len(found.classes) - 1}")
        classes = found.classes if number is None else found.classes[number : number + 1]
        once = np.ones(found.cases)
        return float(mean_of_some(np.array([of_class(*pair, once) for pair in classes])))

    return PredictionMetric(name, stem in HIGHER, None, overall, as_is, of_class, number)


def squared_error(found: Predictions) -> Floats:
    """Return each case's squared error; the root of their mean is RMSE, pooled over all cases as Surprise's is."""
    return _over_classes((found.targets - found.predicted) ** 2)


def absolute_error(found: Predictions) -> Floats:
    """Return each case's absolute error; their mean is MAE, pooled over all cases as Surprise's is."""
    return _over_classes(np.abs(found.targets - found.predicted))


def user_rmse(found: Predictions) -> Floats:
    """Return each user's RMSE; users weigh the same, as in LensKit's and Cornac's means by user."""
    return np.sqrt(_user_mean(found, squared_error(found)))


def user_mae(found: Predictions) -> Floats:
    """Return each user's MAE; users weigh the same, as in LensKit's and Cornac's means by user."""
    return _user_mean(found, absolute_error(found))


def log_loss(found: Predictions) -> Floats:
    """Return each case's -ln of the probability given to what was true, clipped at 1e-15.

    Targets are probabilities too: 0, 1, or between. Of several classes that of each one's yes or no, not of a
    softmax over them.
    """
    targets, chances = _shares(found, "logloss")
    chances = np.clip(chances, CLIP, 1 - CLIP)
    return _over_classes(-(targets * np.log(chances) + (1 - targets) * np.log1p(-chances)))


def auc(found: Predictions) -> Floats:
    """Return what each case adds to the AUC over all cases; see ``agreement.auc_shares``."""
    _yes_or_no(found, "auc")
    of_classes = np.stack([agreement.auc_shares(*pair) for pair in found.classes], axis=1)
    return mean_of_some(of_classes)


def user_auc(found: Predictions) -> Floats:
    """Return the AUC within each user that has both kinds of targets; users weigh the same.

    GAUC as in DIN (Zhou et al. 2018) weighs users by their cases; here an average user counts, as in rmse@user.
    """
    targets = _yes_or_no(found, "gauc")
    if targets.ndim > 1:
        raise DataError("gauc is of one number per case; for several classes ask for auc")
    _, first, user = np.unique(found.users, return_index=True, return_inverse=True)
    values = np.full(found.cases, np.nan)
    values[first] = agreement.auc_by_group(user, targets, found.predicted)
    return values


def known(found: Predictions) -> Floats:
    """Return 1 for each case that the model could predict, 0 where the fallback was used."""
    return found.known.astype(np.float64)


PER_CASE: dict[str, Callable[[Predictions], Floats]] = {
    "rmse": squared_error,
    "mae": absolute_error,
    "rmse@user": user_rmse,
    "mae@user": user_mae,
    "logloss": log_loss,
    "auc": auc,
    "gauc": user_auc,
    "coverage": known,
}
WHOLE: dict[str, OfClass] = {
    "ap": agreement.average_precision,
    "r": agreement.pearson,
    "r2": agreement.determination,
    "calibration": agreement.calibration_error,
    "calibration_ratio": agreement.calibration_ratio,
}
HIGHER = ("auc", "gauc", "ap", "r", "r2", "coverage")


def _over_classes(values: Floats) -> Floats:
    means: Floats = values.reshape(len(values), -1).mean(axis=1)
    return means


def _user_mean(found: Predictions, values: Floats) -> Floats:
    _, first, user = np.unique(found.users, return_index=True, return_inverse=True)
    means = np.full(found.cases, np.nan)
    means[first] = np.bincount(user, values) / np.bincount(user)
    return means


def _yes_or_no(found: Predictions, name: str) -> Floats:
    odd = found.targets[(found.targets != 0) & (found.targets != 1)]
    if len(odd):
        raise DataError(f"{name} needs targets of 0 and 1; one is {odd[0]:g}")
    return found.targets


def _shares(found: Predictions, name: str) -> tuple[Floats, Floats]:
    for what, values in (("targets", found.targets), ("predictions", found.predicted)):
        odd = values[(values < 0) | (values > 1)]
        if len(odd):
            raise DataError(f"{name} needs {what} from 0 to 1; one is {odd[0]:g}")
    return found.targets, found.predicted
