"""Matrix factorization record by record, compiled: each record's move is made before the next is looked at."""

from __future__ import annotations

import math

import numpy as np

from graphrec.models.compiled import Floats, Ints32, compiled_sums
from graphrec.ragged import Ints


@compiled_sums
def sweep(
    p: Floats,
    q: Floats,
    p_squares: Floats,
    q_squares: Floats,
    users: Ints32,
    items: Ints32,
    values: Floats,
    mean: float,
    l2: float,
    rows: Ints,
    rate: float,
) -> float:
    """Move ``p`` and ``q`` in place, record after record, and return the sum of squared errors.

    The gradient of half of e² + λ |θ|², where each weight's step is the rate by the root of the sum of its squared
    gradients so far, which this adds to (Adagrad, Duchi et al. 2011).

    Args:
        p: float32 [users, D + 1], the bias last.
        q: float32 [items, D + 1], likewise.
        p_squares: float32 [users, D + 1].
        q_squares: float32 [items, D + 1].
        users: int32 [E], of each record.
        items: int32 [E].
        values: float32 [E].
        mean: μ.
        l2: λ.
        rows: int64 [n], the records to go over, in order.
        rate: the learning rate.
    """
    size = p.shape[1] - 1
    lr, keep, eps = np.float32(rate), np.float32(l2), np.float32(1e-10)
    total = 0.0
    for row in rows:
        user, item = users[row], items[row]
        u, i, of_u, of_i = p[user], q[item], p_squares[user], q_squares[item]
        told = np.float32(mean) + u[size] + i[size]
        for f in range(size):
            told += u[f] * i[f]
        error = values[row] - told
        total += error * error
        for f in range(size + 1):
            # What holds a bias meets a 1 on the other side.
            x, y = u[f], i[f]
            along_u, along_i = (y, x) if f < size else (np.float32(1), np.float32(1))
            down_u, down_i = error * along_u - keep * x, error * along_i - keep * y
            of_u[f] += down_u * down_u
            of_i[f] += down_i * down_i
            u[f] = x + lr * down_u / (math.sqrt(of_u[f]) + eps)
            i[f] = y + lr * down_i / (math.sqrt(of_i[f]) + eps)
    return total
