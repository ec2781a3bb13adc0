"""Clicks: what stands for what was not clicked, and what is said of what a model cannot tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.graph.projection import PROJECTIONS
from graphrec.tasks.cases import PairCases
from graphrec.tasks.click import Click
from graphrec.testing.planted import planted
from graphrec.testing.training_data import data_of

NONE = PairCases(*(np.zeros(2, np.int64),) * 2, np.array([1.0, 0.0]))


@pytest.mark.parametrize(("clicks", "share"), [([1.0, 0, 0, 0], 0.25), ([1.0, 1, 1, 1], 0.5)])
def test_what_cannot_be_told_is_the_share_of_clicks_in_what_is_learned_from(
    clicks: list[float], share: float
) -> None:
    data = replace(data_of(np.arange(4), np.arange(4), 4, 4, click=clicks), value="click", binary=True)
    told, known = Click().complete(np.array([0.2, np.nan]), NONE, data)
    assert told.tolist() == [0.2, share]
    assert known.tolist() == [True, False]


def test_what_learns_from_clicks_alone_is_not_tested_on_others() -> None:
    once = planted(PROJECTIONS["ratings"])
    split = np.resize(np.array([1, 2, 3], np.int8), len(once.records))
    rating = np.where(split == 1, 5.0, np.resize([1.0, 5.0], len(split)))
    given = replace(once, records=replace(once.records, split=split, values={"rating": rating}))
    with pytest.raises(DataError, match="all training records are clicks, and of those that validate or test not all"):
        Click.of(PROJECTIONS["ratings"], []).split(given, "given")
