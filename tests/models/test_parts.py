"""Lists of parts as tensors: shares within a list, and sums over it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphrec.graph.content import Joined, Mapped
from graphrec.models import parts
from graphrec.models.features import FeatureScaling
from graphrec.models.parts import Lists, PartRows, pool_within, softmax_within
from graphrec.ragged import Ragged

RAGGED = Ragged(np.array([0, 0, 3, 4, 4]), np.array([5, 1, 5, 2]))
LISTS = Lists.of(RAGGED, torch.device("cpu"))


def test_rows_are_taken_as_of_a_ragged():
    rows = np.array([2, 1, 0, 1, 3])
    taken, expected = LISTS.take(torch.from_numpy(rows)), RAGGED.take(rows)
    assert taken.indptr.tolist() == expected.indptr.tolist()
    assert taken.indices.tolist() == expected.indices.tolist()
    assert LISTS.take(torch.tensor([], dtype=torch.int64)).indices.shape == (0,)


def test_a_value_is_left_out_of_its_list():
    left = LISTS.without(torch.tensor([5, 5, 2, 1]))
    assert (left.indptr.tolist(), left.indices.tolist()) == ([0, 0, 1, 1, 1], [1])


def test_softmax_is_within_each_list():
    logits = torch.tensor([1.0, 80.0, 79.0, -500.0], requires_grad=True)
    shares = softmax_within(logits, LISTS)
    expected = torch.cat([logits[:3].softmax(0), logits[3:].softmax(0)])
    torch.testing.assert_close(shares, expected)
    weights = torch.tensor([1.0, 2.0, -3.0, 4.0])
    told = [torch.autograd.grad((one * weights).sum(), logits, retain_graph=True) for one in (shares, expected)]
    torch.testing.assert_close(*told)


def test_sums_and_their_gradients_are_those_of_a_matrix():
    torch.manual_seed(0)
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.rand(4, dtype=torch.float64, requires_grad=True)
    matrix = torch.tensor([[0, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=torch.float64)
    torch.testing.assert_close(pool_within(weights, x, LISTS), (matrix * weights) @ x)
    assert torch.autograd.gradcheck(lambda w, y: pool_within(w, y, LISTS), (weights, x))


@pytest.mark.parametrize("resident", [0, 1 << 20])
def test_rows_are_scaled_in_memory_or_where_they_are_read(monkeypatch, resident):
    monkeypatch.setattr(parts, "RESIDENT", resident)
    values = np.random.default_rng(0).normal(3, 2, size=(6, 4)).astype(np.float32)
    features = Joined([Mapped("Frame", values, np.ones(6, bool))], 6)
    scaling = FeatureScaling(4, "standard")
    scaling.fit(features, np.ones(6, bool))
    rows = torch.tensor([3, 0, 3])
    torch.testing.assert_close(PartRows(features, scaling)(rows), scaling(torch.from_numpy(values))[rows])
