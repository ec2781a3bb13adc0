"""Losses of the audio-visual network, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from graphrec.models.av_losses import difference_loss, divergence, overlap, similarity_loss


def test_shared_features_cost_half_their_squared_distance() -> None:
    seen, heard = torch.tensor([[1.0, 2], [0, 0]]), torch.tensor([[2.0, 0], [0, 4]])
    assert float(similarity_loss(seen, heard)) == pytest.approx((1 + 4 + 16) / (2 * 2))


def test_divergence_is_that_of_softmaxes_in_bits() -> None:
    private = torch.tensor([[math.log(3), 0.0], [0.0, 0]])
    shared = torch.tensor([[0.0, 0.0], [0.0, 0]])
    # P = (3/4, 1/4) and Q = (1/2, 1/2); of the second row both are the same.
    first = 0.75 * math.log2(0.75 / 0.5) + 0.25 * math.log2(0.25 / 0.5)
    assert float(divergence(private, shared)) == pytest.approx(first / 2)
    assert float(difference_loss("kl", private, shared)) == pytest.approx(-first / 2), "it is subtracted"


def test_overlap_is_the_mean_squared_correlation() -> None:
    torch.manual_seed(0)
    private, shared = torch.randn(50, 3), torch.randn(50, 2)
    correlations = torch.corrcoef(torch.cat([private, shared], 1).T)[:3, 3:]
    torch.testing.assert_close(overlap(private, shared), correlations.square().mean(), rtol=1e-4, atol=1e-6)
    assert float(difference_loss("orthogonal", private, shared)) == float(overlap(private, shared))
    # Neither means nor sizes matter.
    torch.testing.assert_close(overlap(100 + 30 * private, shared), overlap(private, shared), rtol=1e-3, atol=1e-5)


def test_nothing_overlaps_where_nothing_varies() -> None:
    one = torch.ones(1, 3, requires_grad=True)
    assert overlap(one, torch.ones(1, 2)).item() == 0
    still = torch.ones(5, 3, requires_grad=True)
    lost = overlap(still, torch.randn(5, 2))
    assert lost.item() == 0
    assert torch.isfinite(torch.autograd.grad(lost, still)[0]).all()
