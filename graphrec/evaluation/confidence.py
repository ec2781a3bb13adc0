"""How sure a mean is, and whether two models differ, by resampling cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError

Floats = npt.NDArray[np.float64]

CELLS = 1 << 22
"""How many random draws to hold at a time."""


@dataclass(frozen=True)
class Comparison:
    """What a paired test says of one metric.

    Attributes:
        difference: mean of the first less mean of the second.
        ci95: bootstrap interval of the difference.
        p_value: two-sided, of the hypothesis that swapping the two in any case changes nothing.
        cases: how many cases were paired.
    """

    difference: float
    ci95: tuple[float, float]
    p_value: float
    cases: int


def mean_interval(values: Floats, *, seed: int, rounds: int = 1000) -> Floats:
    """Return the 95 % percentile bootstrap interval of the mean (Efron 1979).

    Args:
        values: float64 [cases] or [cases, metrics]; the metrics of a case are drawn together.
        seed: of the draws.
        rounds: how many bootstrap samples.

    Returns:
        float64 [2] or [2, metrics]: lower and upper bound.

    Raises:
        DataError: there are no cases.
    """
    cases = len(values)
    if not cases:
        raise DataError("a confidence interval needs at least one case")
    rng = np.random.default_rng(seed)
    means = np.empty((rounds, *values.shape[1:]))
    step = max(1, CELLS // cases)
    for start in range(0, rounds, step):
        part = means[start : start + step]
        drawn = rng.integers(cases, size=(len(part), cases))
        drawn += np.arange(len(part))[:, None] * cases
        times = np.bincount(drawn.reshape(-1), minlength=drawn.size).reshape(drawn.shape)
        part[:] = times @ values / cases
    bounds: Floats = np.quantile(means, [0.025, 0.975], axis=0)
    return bounds


def paired_test(first: Floats, second: Floats, *, seed: int, rounds: int = 10_000) -> Comparison:
    """Compare two models' values of the same cases by a sign-flip permutation test.

    Args:
        first: float64 [cases].
        second: float64 [cases], the same cases in the same order.
        seed: of the draws.
        rounds: how many permutations; the smallest p value is 1 / (rounds + 1).

    Raises:
        DataError: the lengths differ, or there are no cases.
    """
    if len(first) != len(second):
        raise DataError(f"a paired test needs the same cases on both sides; got {len(first)}, {len(second)}")
    differences = first - second
    low, high = mean_interval(differences, seed=seed)
    # Cases without a difference stay as they are under every flip.
    moving = differences[differences != 0]
    observed = abs(moving.sum()) * (1 - 1e-12)
    rng = np.random.default_rng(seed)
    extreme = 0
    step = max(1, CELLS // max(1, len(moving)))
    for start in range(0, rounds, step):
        count = min(step, rounds - start)
        flips = np.unpackbits(rng.integers(256, size=(count, -(-len(moving) // 8)), dtype=np.uint8), axis=1)
        flipped = flips[:, : len(moving)].astype(np.float64) @ moving
        extreme += int(np.count_nonzero(np.abs(moving.sum() - 2 * flipped) >= observed))
    return Comparison(
        float(differences.mean()), (float(low), float(high)), (extreme + 1) / (rounds + 1), len(differences)
    )
