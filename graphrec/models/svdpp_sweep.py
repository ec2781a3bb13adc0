"""SVD++ record by record, compiled: a user's records one after the other, each at a cost that is the same for all."""

from __future__ import annotations

import math

import numpy as np

from graphrec.models.compiled import Floats, Ints32, compiled_sums
from graphrec.ragged import Ints


@compiled_sums
def sweep(
    p: Floats,
    q: Floats,
    y: Floats,
    indptr: Ints,
    items: Ints32,
    values: Floats,
    mean: float,
    l2: float,
    users: Ints,
    rate: float,
    seed: int,
) -> float:
    """Move ``p``, ``q`` and ``y`` in place, user after user, and return the sum of squared errors.

    Each record of a user u moves y_j of every item j that u has by one rule, y_j := (1 - η λ) y_j + η e |N(u)|^-½ q_i
    (Koren, KDD 2008, Eq. 18), so that they are moved once, at u's end, by what the rules come to together, and their
    sum, which the next record needs, is moved by each: O(D) a record, where following the rule to the letter takes
    O(|N(u)| D), and what comes out is the same.

    Args:
        p: float32 [users, D + 1], the bias last.
        q: float32 [items, D + 1], likewise.
        y: float32 [items, D].
        indptr: int64 [users + 1], where each one's records begin.
        items: int32 [E], sorted by user.
        values: float32 [E].
        mean: μ.
        l2: λ.
        users: int64 [n], the users to go over, in order.
        rate: η.
        seed: of the order of each one's records.
    """
    size = y.shape[1]
    lr, keep = np.float32(rate), np.float32(1 - rate * l2)
    said, grown = np.empty(size, np.float32), np.empty(size, np.float32)
    longest = 0
    for user in users:
        longest = max(longest, indptr[user + 1] - indptr[user])
    order = np.empty(longest, np.int64)
    state, total = np.uint64(2 * seed + 1), 0.0
    for user in users:
        first, end = indptr[user], indptr[user + 1]
        count = end - first
        if count == 0:
            continue
        share = np.float32(1 / math.sqrt(count))
        said[:] = 0
        grown[:] = 0
        for k in range(first, end):
            other = y[items[k]]
            for f in range(size):
                said[f] += other[f]
        for f in range(size):
            said[f] *= share
        kept = np.float32(1)
        for k in range(count):
            # xorshift64* (Vigna, 2016), for a shuffle from the inside out.
            state ^= state >> np.uint64(12)
            state ^= state << np.uint64(25)
            state ^= state >> np.uint64(27)
            draw = np.float64((state * np.uint64(2685821657736338717)) >> np.uint64(11)) * 2.0**-53
            place = np.int64(draw * (k + 1))
            order[k] = order[place]
            order[place] = first + k
        u = p[user]
        for k in range(count):
            record = order[k]
            i = q[items[record]]
            told = np.float32(mean) + u[size] + i[size]
            for f in range(size):
                told += i[f] * (u[f] + said[f])
            error = values[record] - told
            total += error * error
            step = lr * error
            u[size] = keep * u[size] + step
            i[size] = keep * i[size] + step
            kept *= keep
            for f in range(size):
                of_u, of_i, of_y = u[f], i[f], said[f]
                u[f] = keep * of_u + step * of_i
                i[f] = keep * of_i + step * (of_u + of_y)
                grown[f] = keep * grown[f] + step * share * of_i
                # |N(u)|^-½ times the sum over |N(u)| items, each of which grows by step |N(u)|^-½ q.
                said[f] = keep * of_y + step * of_i
        for k in range(first, end):
            other = y[items[k]]
            for f in range(size):
                other[f] = kept * other[f] + grown[f]
    return total
