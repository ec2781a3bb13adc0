"""One sentence of what a figure is worth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphrec.evaluation.baselines import compared
from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.evaluation.verdict import Baseline, verdict
from graphrec.models.base import EmbeddingScorer
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases
from graphrec.testing.training_data import data_of


def popularity(better: float, p: float | None) -> Baseline:
    return Baseline("popularity", 0.1, better, p)


def chance(better: float, p: float | None) -> Baseline:
    return Baseline("chance", 0.01, better, p)


@pytest.mark.parametrize(
    ("cases", "beside", "sentence", "bad"),
    [
        (100, (popularity(-0.1, 0.002), chance(0.1, 0.0001)), "below popularity (p = .002): do not publish", True),
        (100, (popularity(0.1, 0.0004), chance(0.1, 0.0001)),
         "above popularity (p < .001) and chance (p < .001)", False),
        (100, (popularity(-0.1, 0.2), chance(0.1, 0.0001)),
         "above chance (p < .001), not told apart from popularity (p = .200)", False),
        (100, (popularity(0.1, 0.01), chance(0.1, 0.06)),
         "not told apart from chance (p = .060): do not publish", True),
        (19, (popularity(-0.9, None),), "19 test cases are too few to tell it from popularity", False),
        (100, (), "not measured beside popularity and chance", False),
    ],
)  # fmt: skip
def test_verdicts(cases: int, beside: tuple[Baseline, ...], sentence: str, bad: bool) -> None:
    found = verdict(cases, beside)
    assert found.sentence == f"{sentence}."
    assert found.bad is bad


def judged(order: float, cases: int) -> Evaluation:
    """Rank five items, the first of which is to be found, from the first to the last or the other way round."""
    data = data_of(np.zeros(0, np.int64), np.zeros(0, np.int64), cases, 5)
    scorer = EmbeddingScorer(torch.full((cases, 1), float(order)), torch.arange(5.0)[:, None])
    return evaluate(scorer, listed(cases), data, ["recall@5", "recall@1", "map"], seed=0)


def listed(cases: int) -> RankingCases:
    relevant = Ragged(np.arange(cases + 1), np.zeros(cases, np.int64))
    return RankingCases(np.arange(cases), relevant, fresh=np.full(cases, 5))


def test_the_comparison_is_by_a_metric_that_the_order_changes() -> None:
    ours, theirs = judged(-1, 30), judged(1, 30)
    name, (other,) = compared(ours, {"popularity": theirs}, listed(30), "recall@5")
    assert name == "recall@1"
    assert (other.value, other.better, other.sure) == (0, 1, True)
    assert compared(ours, {"popularity": theirs}, listed(30), "map")[0] == "map"
    _, (worse,) = compared(theirs, {"popularity": ours}, listed(30), "map")
    assert worse.better == pytest.approx(1 / 5 - 1)
    assert worse.p_value == pytest.approx(1 / 10_001, rel=0.01)


def test_few_cases_have_no_p_value() -> None:
    _, (other,) = compared(judged(-1, 19), {"popularity": judged(1, 19)}, listed(19), "map")
    assert (other.p_value, other.p, other.sure) == (None, "", False)
