import json

import numpy as np
import pytest
import torch

from graphrec.errors import DataError, NotFoundError
from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.graph.data import Data
from graphrec.models.base import EmbeddingScorer
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases
from graphrec.testing.training_data import data_of

METRICS = ["map", "nmsd", "recall@2", "coverage@1"]
# User 0 ranks items 0 to 4 in that order, user 1 the other way round, and so on in turn.
WIDE = EmbeddingScorer(torch.ones(4, 1), torch.arange(40.0)[:, None])
SCORER = EmbeddingScorer(torch.tensor([[-1.0], [1], [-1], [1]]), torch.arange(5.0)[:, None])


def ragged(rows: list[list[int]]) -> Ragged:
    indptr = np.cumsum([0, *map(len, rows)])
    return Ragged(indptr, np.array([v for row in rows for v in row], np.int64))


SEEN = [[], list(range(10, 19)), list(range(10, 30)), list(range(10, 18))]


def training(seen: list[list[int]] = SEEN) -> Data:
    items, by_user = 40, ragged(seen)
    return data_of(by_user.rows, by_user.indices, len(by_user), items, sampled=np.ones(items, np.bool_))


def judged(scorer: EmbeddingScorer = SCORER) -> Evaluation:
    cases = RankingCases(np.arange(4), ragged([[0], [0], [], [4, 2]]), pool=np.arange(5))
    return evaluate(scorer, cases, training(), METRICS, seed=0)


def test_figures() -> None:
    found = judged()
    assert found.users.tolist() == [0, 1, 3]
    assert (found.groups, found.left_out) == (3, 1)
    assert found.values["map"].tolist() == pytest.approx([1, 1 / 5, (1 + 2 / 3) / 2])
    assert found.metrics["map"] == pytest.approx((1 + 1 / 5 + 5 / 6) / 3)
    assert found.metrics["coverage@1"] == 2 / 5
    assert "coverage@1" not in found.values


def test_buckets_by_training_records() -> None:
    buckets = judged().buckets
    assert {name: bucket.groups for name, bucket in buckets.items()} == {"[0,8)": 1, "[8,16)": 2}
    assert buckets["[8,16)"].metrics["map"] == pytest.approx((1 / 5 + 5 / 6) / 2)


def test_metrics_json() -> None:
    found = json.loads(json.dumps(judged().to_dict()))
    assert list(found) == ["groups", "left_out", "metrics", "ci95", "buckets", "cold", "unscored"]
    assert list(found["metrics"]) == METRICS
    assert found["ci95"] == {}, "three cases are too few for an interval"
    assert found["cold"] == {"groups": 1, "metrics": {"map": 1.0, "nmsd": 1 / 9, "recall@2": 1.0}}


@pytest.mark.parametrize("cases", [19, 20])
def test_no_interval_of_fewer_than_20_cases(cases: int) -> None:
    many = RankingCases(np.zeros(cases, np.int64), ragged([[n % 5] for n in range(cases)]), pool=np.arange(5))
    found = evaluate(SCORER, many, training(), METRICS, seed=0)
    assert list(found.ci95) == ([] if cases < 20 else METRICS[:3])
    for name, (low, high) in found.ci95.items():
        assert low <= found.metrics[name] <= high


def test_against() -> None:
    other = judged(EmbeddingScorer(-SCORER.users, SCORER.items))
    found = judged().against(other, "recall@2")
    assert found.difference == pytest.approx(judged().metrics["recall@2"] - other.metrics["recall@2"])
    assert found.cases == 3
    with pytest.raises(DataError, match="no per-case values of coverage@1"):
        judged().against(other, "coverage@1")
    one = RankingCases(np.array([1]), ragged([[0]]), pool=np.arange(5))
    fewer = evaluate(SCORER, one, training(), ["map"], seed=0)
    with pytest.raises(DataError, match="different cases"):
        judged().against(fewer, "map")


@pytest.mark.parametrize(
    "other",
    [
        RankingCases(np.arange(2), ragged([[0], [2]]), pool=np.arange(5)),
        RankingCases(np.arange(2), ragged([[0], [1]]), pool=np.arange(4)),
        RankingCases(np.arange(2), ragged([[0], [1]])),
        RankingCases(np.arange(2), ragged([[0], [1]]), candidates=ragged([[0, 1], [1, 2, 3]])),
        RankingCases(np.arange(2), ragged([[0], [1]]), candidates=ragged([[0, 1], [1, 2]])),
    ],
)
def test_other_cases_of_the_same_users_are_not_paired(other: RankingCases) -> None:
    ours = RankingCases(np.arange(2), ragged([[0], [1]]), pool=np.arange(5))
    data = training()
    found = evaluate(WIDE, ours, data, ["map"], seed=0)
    assert found.against(evaluate(WIDE, ours, data, ["map"], seed=1), "map").difference == 0
    with pytest.raises(DataError, match="different cases"):
        found.against(evaluate(WIDE, other, data, ["map"], seed=0), "map")


def test_candidates_differ_where_the_training_items_do() -> None:
    ours = RankingCases(np.arange(2), ragged([[0], [1]]), pool=np.arange(20))
    found, again = (
        evaluate(WIDE, ours, training(rows), ["map"], seed=0)
        for rows in ([[5], [], [], []], [[], [5], [], []])
    )
    with pytest.raises(DataError, match="different cases"):
        found.against(again, "map")


def test_wrong_input() -> None:
    with pytest.raises(NotFoundError, match="no metric named 'mapp'; did you mean 'map'"):
        evaluate(SCORER, RankingCases(np.array([1]), ragged([[0]])), training(), ["mapp"], seed=0)
    with pytest.raises(DataError, match="no case has anything to find"):
        evaluate(SCORER, RankingCases(np.array([1]), ragged([[]])), training(), ["map"], seed=0)
