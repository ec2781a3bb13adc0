"""The columns of SLIM's W, compiled: coordinate descent on what is left of a column, never a matrix of pairs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from graphrec.models.compiled import compiled
from graphrec.models.together import Floats, meet
from graphrec.ragged import Ints

SWEEPS, TOLERANCE = 200, 1e-5
"""A column is done when no weight of it moves further than this, or after so many sweeps."""


@compiled
def solve(
    first: int,
    last: int,
    had: Ints,
    had_ptr: Ints,
    users: Ints,
    users_ptr: Ints,
    weight: Floats,
    size: Floats,
    most: int,
    l1: float,
    l2: float,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return which items tell of each item, and how much, both [last - first, most]; what tells nothing weighs 0.

    Args:
        first: the item to begin with.
        last: the one to end before.
        had: int64 [pairs], the different items of each user, those of all users in a row.
        had_ptr: int64 [users + 1], where each user's begin.
        users: int64 [pairs], the users of each item.
        users_ptr: int64 [items + 1].
        weight: float64 [users], of each user's row.
        size: float64 [items], |x_i|² of X whose rows are weighted.
        most: how many may tell of an item: the nearest by cosine.
        l1: λ.
        l2: β.
    """
    told_by, weights = np.zeros((last - first, most), np.int32), np.zeros((last - first, most), np.float32)
    # Of the item at hand, with X whose rows are weighted: x_i · x_j, and the weighted x_j - X w.
    common, left = np.zeros(len(size)), np.zeros(len(weight))
    met = np.empty(len(size), np.int64)
    for item in range(first, last):
        count = meet(item, had, had_ptr, users, users_ptr, weight, common, met)
        for user in users[users_ptr[item] : users_ptr[item + 1]]:
            left[user] = weight[user]
        # As no weight is negative, x_j - X w is never more than x_j: what x_i · x_j does not lift above λ nothing does.
        some, near = 0, np.empty(count)
        for other in met[:count]:
            if other != item and common[other] > l1:
                met[some] = other
                near[some] = common[other] / math.sqrt(size[other])
                some += 1
            common[other] = 0
        chosen = met[np.argsort(-near[:some], kind="mergesort")[:most]]
        w = np.zeros(len(chosen))
        whole = True
        for _ in range(SWEEPS):
            furthest = 0.0
            for place in range(len(chosen)):
                if not whole and w[place] == 0:
                    continue
                other = chosen[place]
                slope = 0.0
                for user in users[users_ptr[other] : users_ptr[other + 1]]:
                    slope += left[user]
                moved = max(0.0, (slope + size[other] * w[place] - l1) / (size[other] + l2)) - w[place]
                if moved != 0:
                    w[place] += moved
                    furthest = max(furthest, abs(moved))
                    for user in users[users_ptr[other] : users_ptr[other + 1]]:
                        left[user] -= moved * weight[user]
            if whole and furthest <= TOLERANCE:
                break
            # Between two sweeps over all, those that weigh something settle among themselves.
            whole = furthest <= TOLERANCE
        told_by[item - first, : len(chosen)] = chosen
        weights[item - first, : len(chosen)] = w
        for user in users[users_ptr[item] : users_ptr[item + 1]]:
            left[user] = 0
        for other in chosen:
            for user in users[users_ptr[other] : users_ptr[other + 1]]:
                left[user] = 0
    return told_by, weights
