from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from graphrec.errors import ConfigError, DataError, TrainingError
from graphrec.evaluation.metrics import auc, average_precision, recall
from graphrec.evaluation.ranking import rank
from graphrec.evaluation.rankings import Rankings
from graphrec.graph.data import Data
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases
from graphrec.testing.training_data import data_of


@dataclass
class Fixed:
    """Scores from a matrix; notes the most scores that were asked for at once."""

    scores: Tensor
    largest: int = field(default=0)

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        rows = self.scores[users]
        block = rows if items is None else rows[:, items]
        self.largest = max(self.largest, block.numel())
        return block


def ragged(rows: list[list[int]]) -> Ragged:
    indptr = np.cumsum([0, *map(len, rows)])
    return Ragged(indptr, np.array([v for row in rows for v in row], np.int64))


def training(seen: list[list[int]], items: int) -> Data:
    by_user = ragged(seen)
    return data_of(by_user.rows, by_user.indices, len(by_user), items, sampled=np.ones(items, np.bool_))


def world(
    users: int, items: int, levels: int, seed: int = 0
) -> tuple[Fixed, list[list[int]], list[list[int]], npt.NDArray[np.int64]]:
    """Return scores with ``levels`` different values, training items, relevant items and a pool of both."""
    rng = np.random.default_rng(seed)
    scores = torch.from_numpy(rng.integers(levels, size=(users, items)).astype(np.float32))
    pool = np.sort(rng.choice(items, items * 2 // 3, replace=False))
    seen, relevant = [], []
    for _ in range(users):
        shuffled = rng.permutation(pool)
        relevant.append(shuffled[: rng.integers(0, 7)].tolist())
        seen.append(shuffled[7 : 7 + rng.integers(0, 9)].tolist())
    return Fixed(scores), seen, relevant, pool


def same(one: Rankings, other: Rankings) -> bool:
    return (
        np.array_equal(one.ranks.indices, other.ranks.indices)
        and np.array_equal(one.ranks.indptr, other.ranks.indptr)
        and np.array_equal(one.items.indices, other.items.indices)
        and np.array_equal(one.items.indptr, other.items.indptr)
        and np.array_equal(one.candidates, other.candidates)
    )


@pytest.mark.parametrize("levels", [1, 3, 20, 10**6])
@pytest.mark.parametrize("depth", [0, 1, 5, None])
def test_pool_and_lists_agree_and_are_in_order(levels: int, depth: int | None) -> None:
    scorer, seen, relevant, pool = world(40, 60, levels)
    data, users = training(seen, 60), np.arange(40)
    own = [[int(i) for i in pool if i not in set(row)] for row in seen]
    from_pool = rank(scorer, RankingCases(users, ragged(relevant), pool=pool), data, depth=depth, seed=3)
    from_lists = rank(scorer, RankingCases(users, ragged(relevant), ragged(own)), data, depth=depth, seed=3)
    assert same(from_pool, from_lists)
    whole = rank(scorer, RankingCases(users, ragged(relevant), ragged(own)), data, depth=None, seed=3)
    for case in range(40):
        best = whole.items[case]
        assert sorted(best) == own[case]
        assert np.all(np.diff(scorer.scores[case, best].numpy()) <= 0)
        assert from_pool.items[case].tolist() == best[:depth].tolist()
        assert from_pool.ranks[case].tolist() == [n + 1 for n, i in enumerate(best) if i in relevant[case]]


@pytest.mark.parametrize("levels", [2, 10**6])
def test_block_size_changes_nothing(levels: int) -> None:
    scorer, seen, relevant, pool = world(50, 90, levels)
    data, users = training(seen, 90), np.arange(50)
    own = ragged([np.setdiff1d(pool, row).tolist() for row in seen])
    for cases in (
        RankingCases(users, ragged(relevant), pool=pool),
        RankingCases(users, ragged(relevant), own),
    ):
        whole = rank(scorer, cases, data, depth=10, seed=1)
        for block in (1, 200, 1000):
            assert same(whole, rank(scorer, cases, data, depth=10, seed=1, block=block))


def test_a_case_does_not_depend_on_the_others() -> None:
    scorer, seen, relevant, _ = world(30, 40, 2)
    data = training(seen, 40)
    everyone = rank(scorer, RankingCases(np.arange(30), ragged(relevant)), data, depth=5, seed=1)
    alone = rank(scorer, RankingCases(np.array([7]), ragged([relevant[7]])), data, depth=5, seed=1)
    assert alone.ranks[0].tolist() == everyone.ranks[7].tolist()
    assert alone.items[0].tolist() == everyone.items[7].tolist()


def test_training_items_never_show() -> None:
    seen = [[0, 1, 1], []]
    scorer = Fixed(torch.tensor([[9.0, 8, 1, 2, 3], [9, 8, 1, 2, 3]]))
    found = rank(scorer, RankingCases(np.arange(2), ragged([[2], [2]])), training(seen, 5), depth=4, seed=0)
    assert [found.items[0].tolist(), found.items[1].tolist()] == [[4, 3, 2], [0, 1, 4, 3]]
    assert found.candidates.tolist() == [3, 5]
    assert found.ranks.indices.tolist() == [3, 5]


def test_scores_of_the_model_stay_as_they_are() -> None:
    @dataclass
    class OneRow:
        row: Tensor

        def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
            return self.row.expand(len(users), -1)

    scorer = OneRow(torch.arange(4.0))
    rank(scorer, RankingCases(np.arange(2), ragged([[1], [1]])), training([[0], [3]], 4), depth=2, seed=0)
    assert scorer.row.tolist() == [0, 1, 2, 3]


def test_a_constant_model_is_at_chance_wherever_the_item_stands() -> None:
    users, items = 3000, 50
    scorer, data = Fixed(torch.zeros(users, items)), training([[]] * users, items)
    for item in (0, 17, 49):
        cases = RankingCases(np.arange(users), ragged([[item]] * users))
        found = rank(scorer, cases, data, depth=10, seed=item)
        counts = np.bincount(found.ranks.indices - 1, minlength=items)
        chi2 = float(((counts - users / items) ** 2).sum() / (users / items))
        assert chi2 < 95  # 49 degrees of freedom: exceeded with probability 1e-4
        assert auc(found).mean() == pytest.approx(0.5, abs=0.03)
        assert recall(found, 10).mean() == pytest.approx(0.2, abs=0.03)
        assert average_precision(found).mean() == pytest.approx((1 / np.arange(1, 51)).mean(), abs=0.02)
        # Every item is shown about as often as any other, not the first ones.
        shown = np.bincount(found.items.indices, minlength=items)
        assert shown.min() > 500
        assert shown.max() < 700
    assert not same(rank(scorer, cases, data, depth=10, seed=1), rank(scorer, cases, data, depth=10, seed=2))


def test_distinct_scores_are_never_swapped() -> None:
    close = torch.nextafter(torch.ones(1), torch.tensor(2.0))
    scorer = Fixed(torch.tensor([[1.0, float(close), 1.0]]).repeat(50, 1))
    found = rank(scorer, RankingCases(np.arange(50), ragged([[1]] * 50)), training([[]] * 50, 3), depth=1, seed=0)
    assert set(found.ranks.indices) == {1}
    assert set(found.items.indices) == {1}


def test_users_by_items_is_never_built() -> None:
    scorer, seen, relevant, _ = world(200, 100, 10)
    rank(scorer, RankingCases(np.arange(200), ragged(relevant)), training(seen, 100), depth=5, seed=0, block=1000)
    assert scorer.largest == 1000


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("candidates", [None, ragged([[0, 1, 2], [0, 1, 2]])])
def test_scores_that_are_no_numbers(wrong: float, candidates: Ragged | None) -> None:
    scorer = Fixed(torch.tensor([[1.0, 2, 3], [1, wrong, 3]]))
    cases = RankingCases(np.arange(2), ragged([[0], [0]]), candidates)
    told = r"transgrec: 1 of 6 scores .* NaN or infinite, of 1 user \(number 1\) and 1 item \(number 1\)"
    with pytest.raises(TrainingError, match=told):
        rank(scorer, cases, training([[], []], 3), depth=1, seed=0, model="transgrec")


def test_wrong_cases() -> None:
    scorer, data = Fixed(torch.zeros(1, 5)), training([[3]], 5)
    users = np.array([0])
    with pytest.raises(DataError, match="relevant item 3 of user number 0"):
        rank(scorer, RankingCases(users, ragged([[3]])), data, depth=1, seed=0)
    with pytest.raises(DataError, match="relevant item 4 of user number 0"):
        rank(scorer, RankingCases(users, ragged([[0, 4]]), pool=np.array([0, 1])), data, depth=1, seed=0)
    with pytest.raises(DataError, match="relevant item 4 is not among"):
        rank(scorer, RankingCases(users, ragged([[4]]), ragged([[0, 1]])), data, depth=1, seed=0)
    with pytest.raises(DataError, match="candidate item 1 twice"):
        rank(scorer, RankingCases(users, ragged([[1]]), ragged([[1, 0, 1]])), data, depth=1, seed=0)
    with pytest.raises(DataError, match="relevant item 2 twice"):
        rank(scorer, RankingCases(users, ragged([[2, 2]])), data, depth=1, seed=0)
    with pytest.raises(ConfigError, match="depth"):
        rank(scorer, RankingCases(users, ragged([[2]])), data, depth=-1, seed=0)


def test_no_cases_and_no_candidates() -> None:
    scorer, data = Fixed(torch.zeros(2, 5)), training([[], []], 5)
    assert len(rank(scorer, RankingCases(np.empty(0, np.int64), ragged([])), data, depth=3, seed=0)) == 0
    assert len(rank(scorer, RankingCases(np.empty(0, np.int64), ragged([]), ragged([])), data, depth=3, seed=0)) == 0
    bare = rank(scorer, RankingCases(np.arange(2), ragged([[], []]), ragged([[], []])), data, depth=3, seed=0)
    assert bare.candidates.tolist() == [0, 0]
