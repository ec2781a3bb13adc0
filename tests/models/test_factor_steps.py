"""Descent of a factorization machine, against automatic derivatives of Rendle's equation."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse

from graphrec.models.factor_steps import steps

L2, RATE = 0.3, 0.05


def test_a_record_is_a_step_down_its_own_error() -> None:
    rng = np.random.default_rng(0)
    sides = [sparse.csr_array(rng.normal(size=(3, 5)) * (rng.random((3, 5)) < 0.7)).astype(np.float32) for _ in "ui"]
    given = [rng.normal(size=(5, 4)).astype(np.float32) for _ in sides]
    users, items, values = np.array([0, 2], np.int32), np.array([1, 1], np.int32), np.array([4, 2], np.float32)
    mean, moved = np.array([3.0], np.float32), [table.copy() for table in given]
    table, zero = torch.tensor(np.concatenate(given), dtype=torch.float64), torch.tensor(3.0, dtype=torch.float64)
    squared = 0.0
    for record in (1, 0):
        rows = [one.toarray()[at[record]] for one, at in zip(sides, (users, items), strict=True)]
        x = torch.tensor(np.concatenate(rows), dtype=torch.float64)
        table, zero = table.detach().requires_grad_(), zero.detach().requires_grad_()
        pairs = (x[:, None] * table[:, :-1]) @ (x[:, None] * table[:, :-1]).T
        error = zero + x @ table[:, -1] + pairs.triu(1).sum() - float(values[record])
        there = (x != 0)[:, None]
        (0.5 * error**2 + 0.5 * L2 * (there * table).square().sum()).backward()
        squared += float(error.detach() ** 2)
        table, zero = table - RATE * table.grad, zero - RATE * zero.grad
    parts = [
        array
        for one, own in zip(sides, moved, strict=True)
        for array in (one.indptr.astype(np.int32), one.indices.astype(np.int32), one.data, own)
    ]
    found = steps(*parts, users, items, values, mean, L2, np.array([1, 0]), RATE)
    np.testing.assert_allclose(np.concatenate(moved), table.detach().numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose([mean[0], found], [float(zero.detach()), squared], rtol=1e-5)
