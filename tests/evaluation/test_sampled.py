from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.errors import ConfigError
from graphrec.evaluation.evaluate import evaluate
from graphrec.evaluation.sampled import mean_of_draws, sampled, told_draws
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases, Split
from graphrec.testing.training_data import data_of


def ragged(*rows: list[int]) -> Ragged:
    return Ragged(np.cumsum([0, *map(len, rows)]), np.array([v for row in rows for v in row], np.int64))


@pytest.fixture
def split() -> Split[RankingCases]:
    data = data_of(np.array([0, 0, 1]), np.array([3, 5, 0]), users=3, items=40)
    valid = RankingCases(np.array([0]), ragged([7]))
    return Split("hand", data, valid, RankingCases(np.array([0, 1]), ragged([1, 9], [39])))


def test_a_draw_is_of_what_the_user_has_no_record_of(split) -> None:
    drawn = sampled(split.test, split, negatives=10, draws=300)
    assert drawn.users.tolist() == [0, 1] * 300
    seen = Counter()
    for draw in range(300):
        first, second = (drawn.candidates[2 * draw + case].tolist() for case in (0, 1))
        assert first == sorted(set(first))
        assert second == sorted(set(second))
        assert len(first) == 12
        assert {1, 9} <= set(first)
        assert not {3, 5, 7} & set(first)
        assert len(second) == 11
        assert 39 in second
        assert 0 not in second
        seen.update(set(first) - {1, 9})
    assert set(seen) == set(range(40)) - {1, 3, 5, 7, 9}
    # 300 draws of 10 among 35: each about 86 times.
    assert min(seen.values()) > 50
    assert max(seen.values()) < 125


@pytest.mark.parametrize(
    ("negatives", "said"),
    [
        (10, "10 others at random, mean of 2 draws;"),
        (36, "36 others at random, mean of 2 draws, or all where they are fewer (35 the fewest);"),
        (1000, "all others, 35 to 38, as there are fewer than 1,000;"),
    ],
)
def test_what_was_drawn_is_told(split, negatives: int, said: str) -> None:
    drawn = sampled(split.test, split, negatives=negatives, draws=2)
    assert f"what is relevant and {said} what the user has in training" in told_draws(drawn, negatives, 2)


def test_the_seed_alone_decides(split) -> None:
    first, again, other = (
        sampled(split.test, split, negatives=10, draws=2, seed=seed).candidates.indices.tolist() for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert first[:23] != first[23:]


def test_a_pool_smaller_than_the_draw_is_ranked_whole(split) -> None:
    cold = replace(split.test, users=np.array([0]), relevant=ragged([9]), pool=np.array([2, 3, 9, 11]))
    cases = sampled(cold, split, draws=1)
    assert cases.candidates[0].tolist() == [2, 9, 11]


def test_no_cases_are_no_cases(split) -> None:
    none = replace(split.test, users=np.empty(0, np.int64), relevant=ragged())
    assert len(sampled(none, split)) == 0


def test_cases_with_candidates_are_refused(split) -> None:
    within = replace(split.test, candidates=ragged([1, 9], [39]))
    with pytest.raises(ConfigError, match="ranked within videos"):
        sampled(within, split)


def test_the_mean_is_over_draws_case_by_case(split) -> None:
    class Scores:
        def grid(self, users, items=None):
            scores = torch.arange(40.0).repeat(len(users), 1)
            return scores if items is None else scores[:, items]

    every = evaluate(
        Scores(), sampled(split.test, split, negatives=10, draws=4), split.data, ["ndcg@5", "hr@5"], seed=0
    )
    mean = mean_of_draws(every, 4)
    for case in (0, 1):
        of_case = [every.values["ndcg@5"][2 * draw + case] for draw in range(4)]
        assert mean.values["ndcg@5"][case] == pytest.approx(np.mean(of_case))
    assert mean.metrics["hr@5"] == pytest.approx(mean.values["hr@5"].mean())
    assert mean.buckets["[0,8)"].metrics["ndcg@5"] == pytest.approx(mean.metrics["ndcg@5"])
    assert mean.users.tolist() == [0, 1]
    assert mean.buckets["[0,8)"].groups == 2
