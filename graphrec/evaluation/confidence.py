"""How sure a figure is, and whether two models differ, by resampling cases."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError
from graphrec.ragged import Ints

Floats = npt.NDArray[np.float64]

FEWEST = 20
"""Below so many cases no interval is given: it would say more than there is to know."""
CELLS = 1 << 22
"""How many random draws to hold at a time."""
ROUNDING = 1e-12
"""Of the numbers that are added up, what adding them in another order may change."""


def as_is(means: Floats) -> Floats:
    """Return what it is given: the figure of a metric that is the mean itself."""
    return means


@dataclass(frozen=True)
class Comparison:
    """What a paired test says of one metric.

    Attributes:
        difference: figure of the first less figure of the second.
        ci95: bootstrap interval of the difference; None of fewer than 20 cases.
        p_value: two-sided, of the hypothesis that swapping the two in any case changes nothing.
        cases: how many cases were paired.
    """

    difference: float
    ci95: tuple[float, float] | None
    p_value: float
    cases: int


def mean_interval(values: Floats, *, seed: int, rounds: int = 1000, clusters: Ints | None = None) -> Floats:
    """Return the 95 % percentile bootstrap interval of the mean.

    Args:
        values: float64 [cases] or [cases, metrics]; the metrics of a case are drawn together. NaN where a case
            has no value: the mean is over those that have one.
        seed: of the draws.
        rounds: how many bootstrap samples.
        clusters: int64 [cases], such as users: cases of one number are drawn together (Field & Welsh 2007).

    Returns:
        float64 [2] or [2, metrics]: lower and upper bound.

    Raises:
        DataError: there are no cases.
    """
    sums, counts = _totals(values.reshape(len(values), prod(values.shape[1:])), clusters)
    bounds = interval(len(sums), lambda times: _means(times, sums, counts).T, seed=seed, rounds=rounds)
    return bounds.reshape(2, *values.shape[1:])


def interval(units: int, statistic: Callable[[Floats], Floats], *, seed: int, rounds: int = 1000) -> Floats:
    """Return the 95 % percentile bootstrap interval of any figure (Efron 1979), by ``scipy.stats.bootstrap``.

    Args:
        units: how many there are to draw from.
        statistic: from how often each unit was drawn, float64 [batch, units], to the figures of those samples,
            float64 [figures, batch]; samples of which one is NaN do not count for it.
        seed: of the draws; how many are held at a time changes nothing.
        rounds: how many bootstrap samples.

    Returns:
        float64 [2, figures]: lower and upper bound, NaN where no sample has the figure.

    Raises:
        DataError: there are no units.
    """
    if not units:
        raise DataError("a confidence interval needs at least one case")
    if units == 1:  # which scipy refuses
        return np.repeat(statistic(np.ones((1, 1))).T, 2, axis=0)

    def of(drawn: Ints, axis: int) -> Floats:
        numbers = drawn + np.arange(len(drawn))[:, None] * units
        times = np.bincount(numbers.reshape(-1), minlength=numbers.size).reshape(drawn.shape)
        return statistic(times.astype(np.float64))

    # Here, not above: it takes most of a second to import, and every command would.
    from scipy.stats import DegenerateDataWarning, bootstrap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)
        warnings.filterwarnings("ignore", "All-NaN slice")
        # Numbers are drawn, not values: scipy would copy every metric's values for every draw (2 to 7 times slower).
        samples = bootstrap(
            (np.arange(units),),
            of,
            n_resamples=rounds,
            batch=max(1, CELLS // units),
            vectorized=True,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).bootstrap_distribution
        bounds: Floats = np.nanquantile(samples, [0.025, 0.975], axis=-1)
    return bounds


def paired_test(
    first: Floats,
    second: Floats,
    *,
    seed: int,
    rounds: int = 10_000,
    final: Callable[[Floats], Floats] = as_is,
    clusters: Ints | None = None,
) -> Comparison:
    """Compare two models' values of the same cases by a sign-flip permutation test.

    Our own, since ``scipy.stats.permutation_test`` shuffles each case alone: ten times slower for 10,000 cases.

    Args:
        first: float64 [cases]; cases where either has no value (NaN) are left out.
        second: float64 [cases], the same cases in the same order.
        seed: of the draws.
        rounds: how many permutations; the smallest p value is 1 / (rounds + 1).
        final: from a mean to the figure, rising, such as the root of the mean squared error. The p value is that
            of the means: a swap leaves their sum as it is, so that the figures differ more where the means do.
        clusters: int64 [cases], such as users: cases of one number are drawn and swapped together.

    Raises:
        DataError: the lengths differ, or there are no cases.
    """
    if len(first) != len(second):
        raise DataError(f"a paired test needs the same cases on both sides; got {len(first)}, {len(second)}")
    both = np.stack([first, second], axis=1)
    valued = ~np.isnan(both).any(axis=1)
    both = both[valued]
    sums, counts = _totals(both, None if clusters is None else clusters[valued])

    def difference(times: Floats) -> Floats:
        figures = final(_means(times, sums, counts))
        return (figures[:, 0] - figures[:, 1])[None]

    if not len(both):
        raise DataError("a paired test needs at least one case")
    observed = difference(np.ones((1, len(sums))))
    p_value = sign_flips(sums[:, 0] - sums[:, 1], seed=seed, rounds=rounds)
    ci95 = None
    if len(both) >= FEWEST:
        low, high = interval(len(sums), difference, seed=seed)[:, 0]
        ci95 = float(low), float(high)
    return Comparison(float(observed[0, 0]), ci95, p_value, len(both))


def sign_flips(differences: Floats, *, seed: int, rounds: int = 10_000) -> float:
    """Return the two-sided p value of the sum of ``differences``, float64 [units], when each may have either sign."""
    # Units without a difference stay as they are under every flip. What is only rounding is none, neither of a unit nor
    # of the sum, so that a metric and its fifth (recall@5 and precision@5 of one relevant item) have one p value.
    moving = differences[np.abs(differences) > ROUNDING * np.abs(differences).max(initial=0)]
    observed = abs(moving.sum()) - ROUNDING * np.abs(moving).sum()
    rng = np.random.default_rng(seed)
    extreme = 0
    step = max(1, CELLS // max(1, len(moving)))
    for start in range(0, rounds, step):
        count = min(step, rounds - start)
        flips = np.unpackbits(rng.integers(256, size=(count, -(-len(moving) // 8)), dtype=np.uint8), axis=1)
        flipped = flips[:, : len(moving)].astype(np.float64) @ moving
        extreme += int(np.count_nonzero(np.abs(moving.sum() - 2 * flipped) >= observed))
    return (extreme + 1) / (rounds + 1)


def _totals(values: Floats, clusters: Ints | None) -> tuple[Floats, Floats]:
    """Return what each unit adds to sum and to count: float64 [units, metrics] and [units, metrics or 1]."""
    present = ~np.isnan(values)
    counts = np.ones((len(values), 1)) if present.all() else present.astype(np.float64)
    sums = np.where(present, values, 0)
    if clusters is None:
        return sums, counts
    unit = np.unique(clusters, return_inverse=True)[1]
    return _by_unit(unit, sums), _by_unit(unit, counts)


def _by_unit(unit: Ints, values: Floats) -> Floats:
    return np.stack([np.bincount(unit, column) for column in values.T], axis=1)


def _means(times: Floats, sums: Floats, counts: Floats) -> Floats:
    """Return float64 [batch, metrics]: the means where each unit counts as often as ``times`` says."""
    total, among = times @ sums, times @ counts
    means: Floats = np.divide(total, among, out=np.full_like(total, np.nan), where=among > 0)
    return means
