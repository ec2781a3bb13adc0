"""Lists of parts as tensors: shares within a list, and sums over it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphrec.graph.content import Joined, Mapped
from graphrec.models import parts
from graphrec.models.features import FeatureScaling
from graphrec.models.parts import Lists, PartRows, pool_but_one, pool_within, softmax_within
from graphrec.ragged import Ragged

RAGGED = Ragged(np.array([0, 0, 3, 4, 4]), np.array([5, 1, 5, 2]))
LISTS = Lists.of(RAGGED, torch.device("cpu"))


def test_rows_are_taken_as_of_a_ragged():
    rows = np.array([2, 1, 0, 1, 3])
    taken, expected = LISTS.take(torch.from_numpy(rows)), RAGGED.take(rows)
    assert taken.indptr.tolist() == expected.indptr.tolist()
    assert taken.indices.tolist() == expected.indices.tolist()
    assert LISTS.take(torch.tensor([], dtype=torch.int64)).indices.shape == (0,)


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


def test_one_value_is_left_out_of_a_sum():
    torch.manual_seed(0)
    lists = Lists.of(Ragged(np.array([0, 0, 3, 4, 6]), np.array([1, 2, 5, 2, 0, 5])), torch.device("cpu"))
    logits = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0, 60.0], dtype=torch.float64, requires_grad=True)
    x = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    rows, values = torch.tensor([1, 1, 2, 0, 1, 3, 3]), torch.tensor([5, 3, 2, 2, 1, 0, 5])
    found = pool_but_one(softmax_within(logits, lists), x, lists, rows, values)
    others = [[0, 1], [0, 1, 2], [], [], [1, 2], [5], []]
    expected = torch.stack([logits[one].softmax(0) @ x[one] if one else x.new_zeros(3) for one in others])
    torch.testing.assert_close(found, expected.float())
    weights = torch.randn(7, 3)
    told = [torch.autograd.grad((one * weights).sum(), (logits, x), retain_graph=True) for one in (found, expected)]
    torch.testing.assert_close(*told, rtol=1e-5, atol=1e-6)


def test_nothing_is_left_of_empty_lists():
    empty = Lists.of(Ragged(np.zeros(3, np.int64), np.zeros(0, np.int64)), torch.device("cpu"))
    found = pool_but_one(torch.zeros(0), torch.zeros(0, 3), empty, torch.tensor([1, 0]), torch.tensor([0, 0]))
    assert found.tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("resident", [0, 1 << 20])
def test_rows_are_scaled_in_memory_or_where_they_are_read(monkeypatch, resident):
    monkeypatch.setattr(parts, "RESIDENT", resident)
    values = np.random.default_rng(0).normal(3, 2, size=(6, 4)).astype(np.float32)
    features = Joined([Mapped("Frame", values, np.ones(6, bool))], 6)
    scaling = FeatureScaling(4, "standard")
    scaling.fit(features, np.ones(6, bool))
    rows = torch.tensor([3, 0, 3])
    torch.testing.assert_close(PartRows(features, scaling)(rows), scaling(torch.from_numpy(values))[rows])
