"""Losses of the embedding network, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from graphrec.models import trailer_losses
from graphrec.models.trailer_losses import classes_loss, identity_loss, number_loss, triplet_loss


def test_telling_a_trailer_is_a_cross_entropy_over_those_that_are_learned() -> None:
    torch.manual_seed(0)
    hidden, weight, bias = torch.randn(3, 4), torch.randn(6, 4), torch.randn(6)
    among, own = torch.tensor([1, 3, 4]), torch.tensor([4, 1, 4])
    logits = (hidden @ weight.T + bias)[:, among]
    expected = -(logits.log_softmax(1)[torch.arange(3), torch.tensor([2, 0, 2])]).mean()
    torch.testing.assert_close(identity_loss(hidden, weight, bias, own, among), expected)


def test_of_many_trailers_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    hidden, weight, bias = torch.randn(500, 4), torch.randn(50, 4), torch.randn(50)
    among, own = torch.arange(50), torch.arange(500) % 50
    whole = identity_loss(hidden, weight, bias, own, among)
    monkeypatch.setattr(trailer_losses, "MANY", 49)
    drawn = identity_loss(hidden, weight, bias, own, among)
    assert float(drawn) == pytest.approx(float(whole), abs=0.5)
    assert drawn != whole


def test_negatives_are_the_nearest_beyond_the_positive_or_else_the_farthest() -> None:
    def at(degrees: float) -> list[float]:
        return [math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]

    # Of the first, the positive is at 20 degrees, and others at 60 and 10: 10 is nearer than the positive.
    anchors = torch.tensor([at(0), at(180), at(180)])
    others = torch.tensor([at(20), at(60), at(10)])
    lost = triplet_loss(anchors, others, torch.tensor([0, 1, 2]), 0.5)

    def far(one: float, two: float) -> float:
        return 1 - math.cos(math.radians(one - two))

    first = max(0, far(0, 20) - far(0, 60) + 0.5)
    second = max(0, far(180, 60) - far(180, 20) + 0.5)
    # Nothing is beyond 170 degrees: the farthest of the others, at 160, counts.
    third = max(0, far(180, 10) - far(180, 20) + 0.5)
    assert float(lost) == pytest.approx((first + second + third) / 3, abs=1e-6)


def test_a_batch_of_one_trailer_teaches_nothing() -> None:
    embedded = torch.randn(4, 3, requires_grad=True)
    lost = triplet_loss(embedded, embedded + 1, torch.zeros(4, dtype=torch.int64), 0.2)
    assert lost.item() == 0
    assert torch.isfinite(torch.autograd.grad(lost, embedded)[0]).all()


def test_what_is_not_known_costs_nothing() -> None:
    told = torch.tensor([0.5, 3.0], requires_grad=True)
    lost = number_loss(told, torch.tensor([1.0, torch.nan]))
    assert lost.item() == pytest.approx(0.25)
    assert torch.autograd.grad(lost, told)[0].tolist() == [-1.0, 0.0]
    assert (number_loss(told, torch.full((2,), torch.nan))).item() == 0
    logits = torch.tensor([[0.0, 2.0], [9.0, 9.0]])
    lost = classes_loss(logits, torch.tensor([[1.0, 0.0], [torch.nan, torch.nan]]))
    assert float(lost) == pytest.approx((math.log(2) + math.log(1 + math.exp(2))) / 2)
