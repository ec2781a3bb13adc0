"""Metrics that are the same whatever the order: cut off at a length that no list of candidates exceeds."""

from __future__ import annotations

import numpy as np

from graphrec.tasks.cases import RankingCases

CUT = ("recall", "hr", "precision", "f1", "coverage")
"""Count what is among the first k, and not where: of a case with no more than k candidates that is all."""
NEARLY_ALL = 0.9
"""Of so many of the cases must a metric say nothing to count as saturated."""


def saturated(name: str, cases: RankingCases) -> bool:
    """Return whether ``name``, such as ``recall@20``, is the same for any order of nearly all ``cases``."""
    stem, _, cut = name.partition("@")
    sizes = cases.sizes
    if stem not in CUT or not cut.isdigit() or sizes is None or not len(sizes):
        return False
    return float(np.mean(sizes <= int(cut))) >= NEARLY_ALL
