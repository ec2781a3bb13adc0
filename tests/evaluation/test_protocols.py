import numpy as np
import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.evaluation.protocols import PROTOCOLS, protocol_of, under
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases


def ragged(*rows: list[int]) -> Ragged:
    return Ragged(np.cumsum([0, *map(len, rows)]), np.array([v for row in rows for v in row], np.int64))


FULL = RankingCases(np.array([3, 5]), ragged([1], [2]))
COLD = RankingCases(np.array([3, 5]), ragged([1], [2]), pool=np.array([1, 2]))
WITHIN = RankingCases(np.array([5, 3, 5]), ragged([1], [9], [6, 7]), candidates=ragged([1, 2], [9, 8], [5, 6, 7]))


def test_cases_know_their_protocol() -> None:
    assert [protocol_of(cases) for cases in (FULL, COLD, WITHIN)] == list(PROTOCOLS)
    for cases in (FULL, COLD, WITHIN):
        assert under(cases, protocol_of(cases)) is cases


def test_full_ranks_all_items_for_each_user_once() -> None:
    found = under(WITHIN, "full")
    assert protocol_of(found) == protocol_of(under(COLD, "full")) == "full"
    assert found.users.tolist() == [3, 5]
    assert [found.relevant[row].tolist() for row in range(2)] == [[9], [1, 6, 7]]


def test_protocols_that_the_split_has_not() -> None:
    with pytest.raises(ConfigError, match="no candidates for within-video; it is measured by full"):
        under(FULL, "within-video")
    with pytest.raises(ConfigError, match="measured by within-video or full"):
        under(WITHIN, "cold-items")
    with pytest.raises(NotFoundError, match="did you mean 'within-video'"):
        under(WITHIN, "within-vidoe")
