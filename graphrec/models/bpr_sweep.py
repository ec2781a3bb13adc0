"""LearnBPR (Rendle et al., UAI 2009, Figure 4), compiled: each record's move is made before the next is looked at."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from graphrec.graph.negatives import Line
from graphrec.models.compiled import Floats, compiled_sums
from graphrec.ragged import Ints

BLOCK = 1 << 13
"""So many records are drawn for at a time, in another thread than moves are made in."""
AHEAD = 16
"""So many records' rows are asked of the memory before the first of them is moved."""


def sweep(
    p: Floats,
    q: Floats,
    p_squares: Floats,
    q_squares: Floats,
    users: Ints,
    items: Ints,
    line: Line,
    many: int,
    l2: float,
    rows: Ints,
    rate: float,
    seed: int,
) -> float:
    """Move ``p`` and ``q`` in place, record after record, and return the sum of the losses.

    A row's step is the rate by the root of the sum of its mean squared gradients so far, which this adds to (Adagrad,
    Duchi et al. 2011, with one number for each row). Where there are several threads one of them draws the negatives
    and another makes the moves: the result is the same.

    Args:
        p: float32 [users, D].
        q: float32 [items, D + 1], the bias last.
        p_squares: float32 [users].
        q_squares: float32 [items].
        users: int64 [E], of each record.
        items: int64 [E].
        line: what negatives are drawn from.
        many: negatives for each record; its gradient is the mean of theirs.
        l2: λ.
        rows: int64 [n], the records to go over, in order.
        rate: the learning rate.
        seed: of the negatives.
    """
    drawing = partial(draws, users, items, line, many, np.array([2 * seed + 1], np.uint64))
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    with ThreadPoolExecutor(1) as other:
        drawn = map(drawing, blocks) if torch.get_num_threads() == 1 else other.map(drawing, blocks)
        return sum(moves(p, q, p_squares, q_squares, triples, l2, rate)[0] for triples in drawn)


@compiled_sums
def draws(users: Ints, items: Ints, line: Line, many: int, state: npt.NDArray[np.uint64], rows: Ints) -> Ints:
    """Return the user, the item and the negatives of each record, int64 [n, 2 + many].

    Args:
        users: int64 [E], of each record.
        items: int64 [E].
        line: what negatives are drawn from.
        many: negatives for each record.
        state: uint64 [1], not 0, of the random numbers; changed in place.
        rows: int64 [n], the records.
    """
    found = np.empty((len(rows), 2 + many), np.int64)
    bits = state[0]
    for at in range(len(rows)):
        user = users[rows[at]]
        found[at, 0], found[at, 1] = user, items[rows[at]]
        first, free = line.indptr[user], line.free[user]
        for which in range(many):
            # xorshift64* (Vigna, 2016); its upper 53 bits as a number from 0 to 1.
            bits ^= bits >> np.uint64(12)
            bits ^= bits << np.uint64(25)
            bits ^= bits >> np.uint64(27)
            draw = np.float64((bits * np.uint64(2685821657736338717)) >> np.uint64(11)) * 2.0**-53
            point = min(np.int64(draw * free), free - 1)
            passed, end = first, line.indptr[user + 1]
            while passed < end:
                middle = (passed + end) >> 1
                if line.gaps[middle] <= user * line.stride + point:
                    passed = middle + 1
                else:
                    end = middle
            found[at, 2 + which] = line.item_at[point + line.removed[passed] - line.removed[first]]
    state[0] = bits
    return found


@compiled_sums
def moves(
    p: Floats, q: Floats, p_squares: Floats, q_squares: Floats, triples: Ints, l2: float, rate: float
) -> tuple[float, float]:
    """Make the moves of ``triples``, int64 [n, 2 + many], one after the other; see ``sweep``.

    Returns the sum of the losses, and a number without meaning: rows are read ahead for it, as the processor waits
    longer for memory than it computes.
    """
    size, many = p.shape[1], triples.shape[1] - 2
    share, eps = np.float32(1 / many), np.float32(1e-10)
    lr, shrink = np.float32(rate), np.float32(2 * l2 / many)
    total, read = 0.0, np.float32(0)
    for begin in range(0, len(triples), AHEAD):
        end = min(begin + AHEAD, len(triples))
        for at in range(begin, end):
            user = triples[at, 0]
            read += p_squares[user]
            for k in range(0, size, 16):
                read += p[user, k]
            for which in range(1, 2 + many):
                item = triples[at, which]
                read += q_squares[item] + q[item, size]
                for k in range(0, size, 16):
                    read += q[item, k]
        for at in range(begin, end):
            user, item = triples[at, 0], triples[at, 1]
            u, i = p[user], q[item]
            for which in range(many):
                other = triples[at, 2 + which]
                j = q[other]
                # All that score, loss and the gradients' lengths are made of, in one go.
                ui = uj = uu = ii = jj = ij = np.float32(0)
                for k in range(size):
                    ui += u[k] * i[k]
                    uj += u[k] * j[k]
                    uu += u[k] * u[k]
                    ii += i[k] * i[k]
                    jj += j[k] * j[k]
                    ij += i[k] * j[k]
                margin = ui - uj + i[size] - j[size]
                ui, ii, uj, jj = ui + i[size], ii + i[size] * i[size], uj + j[size], jj + j[size] * j[size]
                far = math.exp(-abs(margin))
                total += math.log1p(far) + max(-margin, np.float32(0)) + l2 * (uu + ii + jj)
                wrong = share * np.float32(far / (1 + far) if margin > 0 else 1 / (1 + far))
                apart = ii + jj - 2 * ij - i[size] * i[size] - j[size] * j[size]
                between = margin - i[size] + j[size]
                p_squares[user] += max(
                    (wrong * wrong * apart - 2 * wrong * shrink * between + shrink * shrink * uu) / np.float32(size),
                    np.float32(0),
                )
                whole = wrong * wrong * (uu + 1)
                q_squares[item] += max(
                    (whole - 2 * wrong * shrink * ui + shrink * shrink * ii) / np.float32(size + 1), np.float32(0)
                )
                q_squares[other] += max(
                    (whole + 2 * wrong * shrink * uj + shrink * shrink * jj) / np.float32(size + 1), np.float32(0)
                )
                step_u = lr / (math.sqrt(p_squares[user]) + eps)
                step_i = lr / (math.sqrt(q_squares[item]) + eps)
                step_j = lr / (math.sqrt(q_squares[other]) + eps)
                for k in range(size):
                    of_u, of_i, of_j = u[k], i[k], j[k]
                    u[k] += step_u * (wrong * (of_i - of_j) - shrink * of_u)
                    i[k] += step_i * (wrong * of_u - shrink * of_i)
                    j[k] -= step_j * (wrong * of_u + shrink * of_j)
                i[size] += step_i * (wrong - shrink * i[size])
                j[size] -= step_j * (wrong + shrink * j[size])
    return total / many, float(read)
