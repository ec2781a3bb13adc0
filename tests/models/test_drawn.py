"""The mean of several draws."""

from __future__ import annotations

import torch

from graphrec.models.drawn import DrawnScorer, space_of


def draws() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(5), torch.randn(5, 7, 4), torch.randn(5, 9, 4)


def expected() -> torch.Tensor:
    """Return the mean of the draws' own scores, float32 [7, 9]."""
    mean, users, items = draws()
    told = users[:, :, :-1] @ items[:, :, :-1].mT + users[:, :, -1:] + items[:, None, :, -1] + mean[:, None, None]
    return told.mean(0)


def test_the_score_is_the_mean_of_the_draws_scores() -> None:
    scorer = DrawnScorer(*draws())
    torch.testing.assert_close(scorer.grid(torch.arange(7)), expected())
    some = torch.tensor([4, 2]), torch.tensor([8, 1, 0])
    torch.testing.assert_close(scorer.grid(*some), expected()[some[0]][:, some[1]])
    users, items = torch.tensor([0, 6, 3]), torch.tensor([8, 8, 2])
    torch.testing.assert_close(scorer.pairs(users, items), expected()[users, items])


def test_a_space_wide_enough_is_exact_and_a_narrow_one_is_the_nearest() -> None:
    users, items = space_of(*draws(), 64)
    torch.testing.assert_close(users @ items.T, expected(), rtol=1e-4, atol=1e-4)
    mean, p, q = draws()
    product = (p[:, :, :-1] @ q[:, :, :-1].mT).mean(0)
    values = torch.linalg.svdvals(product)
    users, items = space_of(mean, p, q, 2)
    assert users.shape[1] == items.shape[1] == 4
    torch.testing.assert_close((users @ items.T - expected()).norm(), values[2:].norm(), rtol=1e-4, atol=1e-4)


def test_one_draw_is_its_own_space() -> None:
    mean, p, q = draws()
    users, items = space_of(mean[:1], p[:1], q[:1], 1)
    torch.testing.assert_close(users @ items.T, DrawnScorer(mean[:1], p[:1], q[:1]).grid(torch.arange(7)))
