"""Factorization machines record by record, compiled: stochastic gradient descent over any columns."""

from __future__ import annotations

import numpy as np

from graphrec.models.compiled import Floats, Ints32, compiled_sums
from graphrec.ragged import Ints


@compiled_sums
def steps(
    user_indptr: Ints32,
    user_columns: Ints32,
    user_values: Floats,
    user_weights: Floats,
    item_indptr: Ints32,
    item_columns: Ints32,
    item_values: Floats,
    item_weights: Floats,
    users: Ints32,
    items: Ints32,
    values: Floats,
    mean: Floats,
    l2: float,
    rows: Ints,
    rate: float,
) -> float:
    """Move the weights of each record's columns, one record after the other, and return the sum of squared errors.

    θ := θ - η (e h + λ θ) with e = ŷ - y and h the derivative of ŷ by θ (Rendle, TIST 2012, Eq. 22, the factor 2 in η),
    in O(columns of the record times D).

    Args:
        user_indptr: [users + 1], where each one's columns begin.
        user_columns: the columns.
        user_values: x of them.
        user_weights: [columns, D + 1], v and then w; changed here.
        item_indptr: the same of items.
        item_columns: likewise.
        item_values: likewise.
        item_weights: likewise.
        users: [E].
        items: [E].
        values: [E], y.
        mean: [1], w0; changed here.
        l2: λ.
        rows: [n], the records to go over, in order.
        rate: η.
    """
    size = user_weights.shape[1] - 1
    lr, keep = np.float32(rate), np.float32(1 - rate * l2)
    total = np.zeros(size, np.float32)
    squared = 0.0
    for record in rows:
        u, i = users[record], items[record]
        total[:] = 0
        told, twice = mean[0], np.float32(0)
        for k in range(user_indptr[u], user_indptr[u + 1]):
            x, theta = user_values[k], user_weights[user_columns[k]]
            told += x * theta[size]
            for f in range(size):
                one = x * theta[f]
                total[f] += one
                twice -= one * one
        for k in range(item_indptr[i], item_indptr[i + 1]):
            x, theta = item_values[k], item_weights[item_columns[k]]
            told += x * theta[size]
            for f in range(size):
                one = x * theta[f]
                total[f] += one
                twice -= one * one
        for f in range(size):
            twice += total[f] * total[f]
        error = told + np.float32(0.5) * twice - values[record]
        squared += error * error
        step = lr * error
        mean[0] -= step
        for k in range(user_indptr[u], user_indptr[u + 1]):
            x, theta = user_values[k], user_weights[user_columns[k]]
            for f in range(size):
                theta[f] = keep * theta[f] - step * x * (total[f] - x * theta[f])
            theta[size] = keep * theta[size] - step * x
        for k in range(item_indptr[i], item_indptr[i + 1]):
            x, theta = item_values[k], item_weights[item_columns[k]]
            for f in range(size):
                theta[f] = keep * theta[f] - step * x * (total[f] - x * theta[f])
            theta[size] = keep * theta[size] - step * x
    return squared
