"""A table of several models: how good each is, how sure that is, and whether it differs from one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from graphrec.errors import DataError
from graphrec.evaluation.systems import Measured, Values, holm

BEST = "best"
"""As a reference: whichever is."""


@dataclass(frozen=True)
class Row:
    """A metric of a model.

    Attributes:
        metric: its name.
        system: the model's.
        runs: over how many runs.
        mean: over the runs.
        deviation: the sample's, over the runs; None of a single one.
        low: of the 95 % interval of the mean, users drawn; None where no single case has a value.
        high: likewise.
        difference: from the reference; None for the reference itself, and where no single case has a value.
        p_value: of the paired test against the reference, a user's runs swapped together.
        p_holm: the same, corrected for how many are compared with the reference.
    """

    metric: str
    system: str
    runs: int
    mean: float
    deviation: float | None
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    p_value: float | None = None
    p_holm: float | None = None


def side_by_side(
    systems: Mapping[str, Sequence[Measured]], metric: str, reference: str, *, higher_is_better: bool, seed: int = 0
) -> tuple[str, list[Row]]:
    """Return the name of the reference, and a row for each system.

    Args:
        systems: by name, the runs of each, all on the same users.
        metric: which.
        reference: the name of a system, or ``best``: the one whose mean is.
        higher_is_better: the metric's direction.
        seed: of the draws.

    Raises ``DataError`` where a run has no such figure.
    """
    figures = {title: [one.evaluation.metrics.get(metric) for one in runs] for title, runs in systems.items()}
    known = {title: [one for one in its if one is not None and one == one] for title, its in figures.items()}
    if lacking := [title for title, its in known.items() if len(its) < len(figures[title])]:
        raise DataError(f"{lacking[0]} has no {metric}; choose another --metric")
    means = {title: fmean(its) for title, its in known.items()}
    if reference == BEST:
        reference = (max if higher_is_better else min)(means, key=lambda title: means[title])
    values = {title: Values.of(runs, metric) for title, runs in systems.items()}
    other = values[reference]
    tests = {
        title: one.against(other, seed) for title, one in values.items() if title != reference and one and other
    }
    corrected = dict(zip(tests, holm([one.p_value for one in tests.values()]), strict=True))
    rows = []
    for title, its in known.items():
        ends = (own.ci95(seed) if (own := values[title]) else None) or (None, None)
        test = tests.get(title)
        told = (test.difference, test.p_value, corrected[title]) if test else (None, None, None)
        rows.append(Row(metric, title, len(its), means[title], stdev(its) if len(its) > 1 else None, *ends, *told))
    return reference, rows
