"""SVD++: one epoch against Koren's rules followed to the letter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.models.svdpp import SVDPP
from graphrec.models.svdpp_sweep import sweep
from graphrec.testing.training_data import attached, data_of, learned

MEAN, L2, RATE = 3.2, 0.05, 0.02


@pytest.fixture
def rated() -> Data:
    """30 users of 20 items, but for the last of each."""
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((29, 19)) < 0.4)
    data = data_of(pairs[:, 0], pairs[:, 1], 30, 20, rating=rng.integers(1, 6, len(pairs)).astype(float))
    return replace(data, value="rating")


def test_an_epoch_is_that_of_the_paper_whatever_order_a_users_records_come_in() -> None:
    """With a single record in a user's list at a time the order is known; of several, sets of two have two orders."""
    rng = np.random.default_rng(1)
    indptr, items = np.array([0, 2, 3, 5]), np.array([0, 1, 1, 2, 0], np.int32)
    values = np.array([4, 2, 5, 1, 3], np.float32)
    given = [rng.normal(0, 0.5, size).astype(np.float32) for size in ((3, 3), (3, 3), (3, 2))]
    users = np.array([2, 0, 1])
    moved = [table.copy() for table in given]
    squared = sweep(*moved, indptr, items, values, MEAN, L2, users, RATE, 5)
    possible = []
    for first in ([0, 1], [1, 0]):
        for last in ([3, 4], [4, 3]):
            order = {0: first, 1: [2], 2: last}
            possible.append(literally(given, indptr, items, values, [order[user] for user in users], users))
    near = [np.allclose(squared, error, rtol=1e-5) for _, error in possible]
    assert sum(near) == 1
    for own, expected in zip(moved, possible[near.index(True)][0], strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-6)


def literally(given, indptr, items, values, orders, users):
    """Return the tables and the sum of squared errors, every y_j of a user moved by each of its records."""
    p, q, y = (table.astype(float) for table in given)
    total = 0.0
    for user, order in zip(users, orders, strict=True):
        own = items[indptr[user] : indptr[user + 1]]
        for record in order:
            item, before = items[record], (p[user].copy(), q[items[record]].copy())
            said = y[own].sum(0) / np.sqrt(len(own))
            error = values[record] - MEAN - p[user, -1] - q[item, -1] - q[item, :-1] @ (p[user, :-1] + said)
            total += error**2
            p[user] += RATE * (error * np.append(before[1][:-1], 1) - L2 * before[0])
            q[item] += RATE * (error * np.append(before[0][:-1] + said, 1) - L2 * before[1])
            y[own] += RATE * (error * before[1][:-1] / np.sqrt(len(own)) - L2 * y[own])
    return (p, q, y), total


def test_a_rating_is_what_equation_15_says(rated: Data) -> None:
    model = learned(SVDPP, rated, {"epochs": 3}, dimension=4)
    p, q, y = (table.detach().double().numpy() for table in (model.users, model.items, model.said))
    own = rated.by_user[3]
    said = y[own].sum(0) / np.sqrt(len(own))
    expected = float(model.mean) + p[3, -1] + q[:, -1] + q[:, :-1] @ (p[3, :-1] + said)
    found = model.scorer().grid(torch.tensor([3]))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_who_comes_later_is_known_by_what_they_have(rated: Data) -> None:
    model = learned(SVDPP, rated, {"epochs": 3}, dimension=4)
    known = model.user_vector(rated.by_user[3], 3)
    assert known is not None
    torch.testing.assert_close(known, model.vectors()[0][3])
    new = model.user_vector(np.array([1, 2]))
    assert new is not None
    torch.testing.assert_close(new[:-2], model.said[[1, 2]].sum(0) / 2**0.5)
    assert model.user_vector(np.empty(0, np.int64)) is None


def test_of_whom_nothing_is_known_nothing_is_predicted(rated: Data) -> None:
    model = attached(SVDPP, rated, dimension=4)
    told = model.scorer().pairs(torch.tensor([0, 29, 0]), torch.tensor([0, 0, 19]))
    assert told.isnan().tolist() == [False, True, True]
