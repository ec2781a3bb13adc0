"""Users who come back to what they have chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.evaluation.judged import judge_model
from graphrec.graph.projection import PROJECTIONS
from graphrec.graph.records import Records
from graphrec.graph.snapshot import Snapshot
from graphrec.models.popularity import Popularity
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.ranking import Ranking
from graphrec.testing.planted import planted
from graphrec.testing.training_data import attached


@pytest.fixture
def again_and_again() -> Snapshot:
    """Views, each of them made three times."""
    once = planted(PROJECTIONS["views"])
    user, item, order, split = (
        np.repeat(column, 3)
        for column in (once.records.user, once.records.item, once.records.order, once.records.split)
    )
    return replace(once, records=Records(Ragged.from_sorted(user, item, len(once.users)), order, split))


def pairs(users: np.ndarray, lists: Ragged) -> set[tuple[int, int]]:
    return {(int(user), int(item)) for case, user in enumerate(users) for item in lists[case]}


def test_what_is_known_already_is_not_asked_for(again_and_again: Snapshot) -> None:
    split: Split[RankingCases] = Ranking().split(again_and_again, "random-70-10-20")
    known = pairs(np.arange(split.data.users), split.data.by_user)
    asked = pairs(split.test.users, split.test.relevant)
    assert asked
    assert not asked & known
    assert split.test.relevant.lengths.min() > 0
    held_out = pairs(np.arange(split.data.users), again_and_again.records.by_user) - known
    assert len(asked | pairs(split.valid.users, split.valid.relevant)) == len(held_out)
    assert split.test.known > 0
    found = judge_model(
        attached(Popularity, split.data), Ranking(), split.data, split.test, ["recall@20"], seed=0
    )
    assert found.groups == len(split.test)


def test_nothing_else_is_held_out(again_and_again: Snapshot) -> None:
    codes = np.tile([1, 2, 3], len(again_and_again.records) // 3).astype(np.int8)
    given = replace(again_and_again, records=replace(again_and_again.records, split=codes))
    with pytest.raises(
        DataError, match="every held-out record of split given is of an item that its user had chosen"
    ):
        Ranking().split(given, "given")
