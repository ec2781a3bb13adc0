"""Ranks of many relevant columns of a row, or of tied ones, in one pass over its scores; compiled, on the CPU.

Each score is looked up among those of the relevant columns, instead of each relevant column being compared with all
scores, and a key is made only where a score equals one of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from graphrec.evaluation.ties import TieBreaker, joined
from graphrec.models.compiled import compiled
from graphrec.ragged import Ints, Ragged

_key = compiled(joined)


def sweep(scores: Tensor, users: Tensor, items: Tensor, ties: TieBreaker, relevant: Ragged) -> Ints:
    """Return the rank of each relevant column, int64 [n], from 1, in the order of ``relevant.indices``.

    Args:
        scores: float [rows, columns], not NaN, on the CPU.
        users: int64 [rows].
        items: int64 [columns].
        ties: the order of equal scores.
        relevant: of each row its relevant columns.
    """
    rows, columns = torch.from_numpy(relevant.rows), torch.from_numpy(relevant.indices)
    # Numba knows no half-precision numbers; each is a float32 as well.
    known = (scores if scores.dtype in (torch.float32, torch.float64) else scores.float()).numpy()
    own, keys = known[relevant.rows, relevant.indices], ties.keys(users[rows], items[columns]).numpy()
    order = np.lexsort((keys, -own, relevant.rows))
    own, keys = own[order], keys[order]
    # A level is a score of a row that relevant columns have.
    begins = np.flatnonzero(np.diff(own, prepend=np.nan).astype(bool) | np.diff(relevant.rows, prepend=-1).astype(bool))
    starts = np.append(begins, len(own))
    levels, of_row = own[begins], np.searchsorted(starts, relevant.indptr)
    halves = ties.user_halves(users).numpy(), ties.item_halves(items).numpy()
    behind = np.zeros(len(own), np.int64)

    def count(part: Ints) -> None:
        _sweep(part, known, *halves, of_row, levels, starts, keys, behind)

    threads = torch.get_num_threads()
    with ThreadPoolExecutor(threads) as pool:
        # Dealt out in turns: the first rows have the most to find.
        list(pool.map(count, (np.arange(first, len(relevant), threads) for first in range(threads))))
    ahead = np.cumsum(behind)
    before = np.concatenate([np.zeros(1, np.int64), ahead])[relevant.indptr[:-1]]
    ranks = np.empty_like(ahead)
    ranks[order] = ahead - np.repeat(before, relevant.lengths) + 1
    return ranks


@compiled
def _sweep(
    rows: Ints,
    scores: npt.NDArray[np.floating],
    users: Ints,
    items: Ints,
    of_row: Ints,
    levels: npt.NDArray[np.floating],
    starts: Ints,
    keys: Ints,
    behind: Ints,
) -> None:
    """Count each column of ``rows`` at the first relevant one that comes behind it.

    Args:
        rows: int64 [n].
        scores: float [rows, columns].
        users: int64 [rows], halves of keys.
        items: int64 [columns], halves of keys.
        of_row: int64 [rows + 1], where each row's levels start.
        levels: float [levels], falling within a row.
        starts: int64 [levels + 1], where each level's relevant columns start.
        keys: int64 [relevant], rising within a level.
        behind: int64 [relevant], what is added to.
    """
    for row in rows:
        first, end = of_row[row], of_row[row + 1]
        if first == end:
            continue
        lowest = levels[end - 1]
        for column in range(len(items)):
            score = scores[row, column]
            if score < lowest:
                continue
            level, high = first, end
            while level < high:
                middle = (level + high) >> 1
                if levels[middle] > score:
                    level = middle + 1
                else:
                    high = middle
            at = starts[level]
            if levels[level] == score:
                key: np.int64 = _key(users[row], items[column])
                last = starts[level + 1]
                # Keys are spread evenly over [0, 2^63), so that a key's own size says about where it is.
                at += ((key >> 31) * (last - at)) >> 32
                while at < last and keys[at] <= key:
                    at += 1
                while at > starts[level] and keys[at - 1] > key:
                    at -= 1
                if at == starts[end]:
                    continue
            behind[at] += 1
