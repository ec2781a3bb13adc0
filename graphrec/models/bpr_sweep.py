"""LearnBPR (Rendle et al., UAI 2009, Figure 4), compiled: each record's move is made before the next is looked at."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from graphrec.graph.negatives import Line
from graphrec.ragged import Ints

Floats = npt.NDArray[np.float32]


# What may be reordered is a sum; numbers that are not finite stay what they are, for whoever looks at the loss.
@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"})
def sweep(
    p: Floats, q: Floats, users: Ints, items: Ints, line: Line, many: int, l2: float, rows: Ints, rate: float, seed: int
) -> float:
    """Move ``p`` and ``q`` in place, record after record, and return the sum of the losses.

    Args:
        p: float32 [users, D].
        q: float32 [items, D + 1], the bias last.
        users: int64 [E], of each record.
        items: int64 [E].
        line: what negatives are drawn from.
        many: negatives for each record; its move is the mean of theirs.
        l2: λ.
        rows: int64 [n], the records to go over, in order.
        rate: the learning rate.
        seed: of the negatives.
    """
    size = p.shape[1]
    step, shrink = np.float32(rate / many), np.float32(2 * l2)
    state, total = np.uint64(2 * seed + 1), 0.0
    for row in rows:
        user = users[row]
        u, i = p[user], q[items[row]]
        for _ in range(many):
            # xorshift64* (Vigna, 2016); its upper 53 bits as a number from 0 to 1.
            state ^= state >> np.uint64(12)
            state ^= state << np.uint64(25)
            state ^= state >> np.uint64(27)
            draw = np.float64((state * np.uint64(2685821657736338717)) >> np.uint64(11)) * 2.0**-53
            point = min(np.int64(draw * line.free[user]), line.free[user] - 1)
            first = line.indptr[user]
            passed, end = first, line.indptr[user + 1]
            while passed < end:
                middle = (passed + end) >> 1
                if line.gaps[middle] <= user * line.stride + point:
                    passed = middle + 1
                else:
                    end = middle
            j = q[line.item_at[point + line.removed[passed] - line.removed[first]]]
            margin, squares = i[size] - j[size], i[size] * i[size] + j[size] * j[size]
            for k in range(size):
                margin += u[k] * (i[k] - j[k])
                squares += u[k] * u[k] + i[k] * i[k] + j[k] * j[k]
            far = math.exp(-abs(margin))
            total += math.log1p(far) + max(-margin, np.float32(0)) + l2 * squares
            wrong = np.float32(far / (1 + far) if margin > 0 else 1 / (1 + far))
            for k in range(size):
                of_u, of_i, of_j = u[k], i[k], j[k]
                u[k] += step * (wrong * (of_i - of_j) - shrink * of_u)
                i[k] += step * (wrong * of_u - shrink * of_i)
                j[k] -= step * (wrong * of_u + shrink * of_j)
            i[size] += step * (wrong - shrink * i[size])
            j[size] -= step * (wrong + shrink * j[size])
    return total / many
