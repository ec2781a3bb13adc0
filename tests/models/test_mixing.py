import numpy as np
import torch
from scipy.stats import rankdata

from graphrec.models.mixing import MIXABLE, Mixed, as_ranks, as_scores

SCORES = torch.tensor([[3.0, 1.0, 1.0, -2.0, 9.0], [0.5, 0.5, 0.5, 0.5, 7.0], [1e8, 1e8 + 8, 1e8, 1e8, 0.0]])
PLACED = torch.tensor([True, True, True, True, False])


class Told:
    """A scorer that says what it was told."""

    def __init__(self, scores: torch.Tensor) -> None:
        self.scores = scores

    def grid(self, users: torch.Tensor, items: torch.Tensor | None = None) -> torch.Tensor:
        return self.scores[users] if items is None else self.scores[users][:, items]

    def pairs(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return self.scores[users, items]


def test_scores_are_standardised_for_each_user_over_the_items_that_are_placed() -> None:
    found = as_scores(SCORES, PLACED).numpy()
    first = SCORES[0, :4].numpy()
    np.testing.assert_allclose(found[0, :4], (first - first.mean()) / first.std(), rtol=1e-6)
    assert not found[:, 4].any(), "of what is not placed nothing is said"
    assert not found[1].any(), "who is told nothing apart is told nothing"
    assert not found[2].any(), "rounding is no difference"


def test_ranks_are_counted_from_1_and_equal_scores_share_theirs() -> None:
    found = as_ranks(SCORES, PLACED).numpy()
    for row, scores in zip(found[:2], SCORES[:2, :4].numpy(), strict=True):
        np.testing.assert_allclose(row[:4], 1 / (60 + rankdata(-scores)), rtol=1e-6)
    assert not found[:, 4].any()


def test_a_mix_is_the_weighted_sum_and_what_nobody_places_comes_last() -> None:
    told = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(0))
    placed = torch.tensor([[True] * 4 + [False] * 2, [True] * 3 + [False, True, False]])
    weights = torch.tensor([0.3, 0.7])
    mixed = Mixed([Told(one) for one in told], placed, weights, MIXABLE["scores"])
    due = np.zeros((4, 6))
    for scores, known, weight in zip(told.numpy(), placed.numpy(), (0.3, 0.7), strict=True):
        some = scores[:, known]
        due[:, known] += weight * (some - some.mean(1, keepdims=True)) / some.std(1, keepdims=True)
    users, items = torch.tensor([2, 0, 2]), torch.tensor([3, 5, 0])
    np.testing.assert_allclose(mixed.grid(users)[:, :5], due[users, :5], rtol=1e-5)
    assert (mixed.grid(users)[:, 5] < -1e30).all()
    torch.testing.assert_close(mixed.grid(users, items), mixed.grid(users)[:, items])
    torch.testing.assert_close(mixed.pairs(users, items), mixed.grid(users)[torch.arange(3), items])
    parts = torch.stack([*mixed.parts(users)])
    torch.testing.assert_close(parts.sum(0)[:, :5], mixed.grid(users)[:, :5])


def test_who_counts_for_nothing_is_not_asked() -> None:
    told = torch.randn(3, 4)
    mixed = Mixed([Told(told), None], torch.ones(2, 4, dtype=torch.bool), torch.tensor([1.0, 0.0]), as_scores)
    torch.testing.assert_close(mixed.grid(torch.arange(3)), as_scores(told, torch.ones(4, dtype=torch.bool)))
