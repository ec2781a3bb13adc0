"""How well numbers agree with what was true, over all cases at once: what no single case can tell.

Most take ``targets``, ``predicted`` and ``times``, float64 [n], n >= 1: how often each case counts, which is
once, or as often as a bootstrap sample has it. They return NaN where there is no such value. Sums of products,
not ``@``, whose threads cost more than they save on arrays of this length.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphrec.ragged import Ints

Floats = npt.NDArray[np.float64]

BINS = 10
"""Of the calibration error, of equal width."""


def auc_shares(targets: Floats, predicted: Floats) -> Floats:
    """Return what each case adds to the AUC, float64 [n], whose mean the AUC is; NaN where all targets are alike.

    The AUC is the share of (1, 0) pairs of targets in the right order, ties counting half (Mann & Whitney 1947). A case
    adds θ + n/n_k (V_i - θ), with V_i the share of the n - n_k cases of the other kind that it is in the right order
    with (the placements of DeLong et al. 1988), θ the AUC and n_k the cases of its own kind: sums over users are those
    of Obuchowski (1997), by which AUCs of clustered cases are compared. Exact, in O(n log n).
    """
    ones = targets == 1
    if ones.all() or not ones.any():
        return np.full(len(targets), np.nan)
    shares = np.empty(len(targets))
    for own, sign in ((ones, 1), (~ones, -1)):
        others = np.sort(sign * predicted[~own])
        below, until = (np.searchsorted(others, sign * predicted[own], side) for side in ("left", "right"))
        placed = (below + until) / (2 * len(others))
        theta = placed.mean()
        shares[own] = theta + (placed - theta) * len(targets) / own.sum()
    return shares


def average_precision(targets: Floats, predicted: Floats, times: Floats) -> float:
    """Return the mean, over targets of 1, of the precision among all predicted as high or higher.

    Ties are taken together, as ``sklearn.metrics.average_precision_score`` does; NaN where no target is 1.
    """
    positive, others = (counts[::-1] for counts in _by_value(targets, predicted, times))
    true = np.cumsum(positive)
    if not true[-1]:
        return np.nan
    some = positive > 0
    precision = true[some] / (true + np.cumsum(others))[some]
    return float((positive[some] * precision).sum() / true[-1])


def pearson(targets: Floats, predicted: Floats, times: Floats) -> float:
    """Return Pearson's correlation; NaN where either is constant."""
    some = times > 0
    x, y, weights = _unit(targets[some]), _unit(predicted[some]), times[some] / times.sum()
    if not x.any() or not y.any():
        return np.nan
    x, y = x - (weights * x).sum(), y - (weights * y).sum()
    spread = (weights * x * x).sum() * (weights * y * y).sum()
    return float((weights * x * y).sum() / np.sqrt(spread))


def determination(targets: Floats, predicted: Floats, times: Floats) -> float:
    """Return 1 - squared error / squared error of the targets' mean; NaN where the targets are constant."""
    if not np.ptp(targets[times > 0]):
        return np.nan
    apart = (targets - (times * targets).sum() / times.sum()) ** 2
    return float(1 - (times * (targets - predicted) ** 2).sum() / (times * apart).sum())


def calibration_error(targets: Floats, predicted: Floats, times: Floats) -> float:
    """Return the expected calibration error (Guo et al. 2017): |mean target - mean predicted| over bins.

    Ten bins of equal width, each open below and closed above but for the first, which has 0 too, weighed by
    their cases.
    """
    inside = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], predicted)
    return float(np.abs(np.bincount(inside, times * (targets - predicted))).sum() / times.sum())


def calibration_ratio(targets: Floats, predicted: Floats, times: Floats) -> float:
    """Return mean predicted / mean target, 1 at best; NaN where the mean target is 0."""
    total = (times * targets).sum()
    return float((times * predicted).sum() / total) if total else np.nan


def auc_by_group(groups: Ints, targets: Floats, predicted: Floats) -> Floats:
    """Return the AUC within each group, float64 [groups]; ``groups`` int64 [n] counts them from 0."""
    order = np.lexsort((predicted, groups))
    # Ranks among all, lower groups first and ties in the middle, less the cases of the lower groups.
    new = (np.diff(groups[order]) != 0) | (np.diff(predicted[order]) != 0)
    code = np.empty(len(order), np.int64)
    code[order] = np.concatenate([np.zeros(1, np.int64), np.cumsum(new)])
    sizes = np.bincount(groups)
    # Here, not above: it takes most of a second to import, and every command would.
    from scipy.stats import rankdata

    ranks = rankdata(code) - (np.cumsum(sizes) - sizes)[groups]
    positive = np.bincount(groups, targets)
    pairs = positive * (sizes - positive)
    right = np.bincount(groups, targets * ranks) - positive * (positive + 1) / 2
    shares: Floats = np.divide(right, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return shares


def _by_value(targets: Floats, predicted: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Count the targets of 1, and of 0, at each different prediction, rising: float64 [values] each."""
    order = np.argsort(predicted, kind="stable")
    starts = np.flatnonzero(np.diff(predicted[order], prepend=-np.inf))
    true, times = targets[order], times[order]
    return np.add.reduceat(times * true, starts), np.add.reduceat(times * (1 - true), starts)


def _unit(values: Floats) -> Floats:
    """Stretch to 0 to 1, where no square is too small or too large a number; all 0 where they are constant."""
    width = np.ptp(values)
    return (values - values.min()) / width if width else np.zeros_like(values)
