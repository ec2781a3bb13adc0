"""Several models, each trained several times, beside each other: a user's seeds and folds count as one case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from graphrec.evaluation.confidence import FEWEST, Comparison, Floats, as_is, interval, sign_flips
from graphrec.evaluation.evaluate import Evaluation
from graphrec.graph.hashes import Hashes


@dataclass(frozen=True)
class Measured:
    """A run's evaluation, and of whom each case is: uint64 [groups], hashes of their ids."""

    evaluation: Evaluation
    whose: Hashes


@dataclass(frozen=True)
class Values:
    """A metric of one system.

    Attributes:
        sums: float64 [units, runs], of the values of a user's cases; users in the order of their hashes.
        counts: float64 [units, runs], how many values these are.
        final: from a mean to the figure.
    """

    sums: Floats
    counts: Floats
    final: Callable[[Floats], Floats]

    @classmethod
    def of(cls, runs: Sequence[Measured], metric: str) -> Values | None:
        """Return that of several runs on the same users; None where no single case has a value."""
        if any(metric not in run.evaluation.values for run in runs):
            return None
        units = np.unique(np.concatenate([run.whose for run in runs]))
        sums, counts = np.zeros((2, len(units), len(runs)))
        for column, run in enumerate(runs):
            values, unit = run.evaluation.values[metric], np.searchsorted(units, run.whose)
            there = ~np.isnan(values)
            sums[:, column] = np.bincount(unit[there], values[there], minlength=len(units))
            counts[:, column] = np.bincount(unit[there], minlength=len(units))
        return cls(sums, counts, runs[0].evaluation.finals.get(metric, as_is))

    @property
    def units(self) -> int:
        """How many users."""
        return len(self.sums)

    def figures(self, times: Floats) -> Floats:
        """Return float64 [batch], the mean over runs where each user counts as often as ``times`` [batch, units]."""
        total, among = times @ self.sums, times @ self.counts
        means = np.divide(total, among, out=np.full_like(total, np.nan), where=among > 0)
        figures: Floats = self.final(means).mean(axis=1)
        return figures

    def shares(self) -> Floats:
        """Return float64 [units], what each user adds to the mean over runs of the means over cases."""
        shares: Floats = (self.sums / self.counts.sum(axis=0)).mean(axis=1)
        return shares

    def ci95(self, seed: int) -> tuple[float, float] | None:
        """Return the 95 % bootstrap interval of the mean over runs, users drawn; None of fewer than 20."""
        if self.units < FEWEST:
            return None
        low, high = interval(self.units, lambda times: self.figures(times)[None], seed=seed)[:, 0]
        return float(low), float(high)

    def against(self, other: Values, seed: int) -> Comparison:
        """Compare with ``other``, of the same users: in a permutation all runs of a user are swapped together."""

        def difference(times: Floats) -> Floats:
            return (self.figures(times) - other.figures(times))[None]

        observed = float(difference(np.ones((1, self.units)))[0, 0])
        ci95 = None
        if self.units >= FEWEST:
            low, high = interval(self.units, difference, seed=seed)[:, 0]
            ci95 = float(low), float(high)
        return Comparison(observed, ci95, sign_flips(self.shares() - other.shares(), seed=seed), self.units)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for how many there are (Holm 1979): below .05 in 5 % of families by chance, at most."""
    order = np.argsort(p_values)
    corrected = np.asarray(p_values, float)[order] * np.arange(len(p_values), 0, -1)
    found = np.empty(len(p_values))
    found[order] = np.minimum(np.maximum.accumulate(corrected), 1.0)
    return [float(one) for one in found]
