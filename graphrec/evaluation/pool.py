"""Ranking from one pool of items that all cases share, a block of users at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from graphrec.errors import DataError
from graphrec.evaluation.rankings import Rankings
from graphrec.evaluation.score_block import OUT, ScoreBlock
from graphrec.evaluation.scores import finite
from graphrec.evaluation.ties import TieBreaker
from graphrec.graph.data import Data
from graphrec.models.base import Scorer
from graphrec.ragged import Ints, Ragged
from graphrec.tasks.cases import RankingCases


def rank_pool(
    scorer: Scorer,
    cases: RankingCases,
    data: Data,
    depth: int | None,
    ties: TieBreaker,
    block: int,
    model: str,
) -> Rankings:
    """Rank the pool, less each user's training items; see ``ranking.rank``.

    The best are found by partition; the rank of a relevant item is one more than the number of candidates
    ahead of it. Nothing is sorted whole.
    """
    pool = np.arange(data.items, dtype=np.int64) if cases.pool is None else cases.pool
    asked = None if len(pool) == data.items else torch.from_numpy(pool)
    keep = len(pool) if depth is None else min(depth, len(pool))
    # Longest first: then the cases that still have a j-th relevant item are always the first rows of a block.
    order = np.argsort(-cases.relevant.lengths, kind="stable")
    ranks, items, candidates = [], [], []
    step = max(1, block // max(1, len(pool)))
    for start in range(0, len(order), step):
        part = order[start : start + step]
        users, wanted = cases.users[part], cases.relevant.take(part)
        # A copy, since items are struck from it: the scorer may hand out what it keeps, or one row for all.
        scores = scorer.grid(torch.from_numpy(users), asked).clone(memory_format=torch.contiguous_format)
        finite(scores, users, pool, model)
        sizes = len(pool) - _leave_out(scores, data.by_user.take(users), pool)
        columns = _wanted_columns(scores, users, wanted, pool)
        on = scores.device
        of_block = ScoreBlock(scores, torch.from_numpy(users).to(on), torch.from_numpy(pool).to(on), ties)
        found, best = (tensor.cpu().numpy() for tensor in of_block.rank(columns, keep))
        ranks.append(found[np.lexsort((found, wanted.rows))])
        items.append(pool[best[np.arange(keep) < sizes[:, None]]])
        candidates.append(sizes)
    ranked = _joined(candidates)
    back = np.argsort(order, kind="stable")
    return Rankings(
        cases.users,
        _ragged(cases.relevant.lengths[order], ranks).take(back),
        _ragged(np.minimum(ranked, keep), items).take(back),
        ranked[back],
        len(pool),
    )


def _leave_out(scores: Tensor, seen: Ragged, pool: Ints) -> Ints:
    """Strike each row's ``seen`` items from ``scores``, in place; return int64 [rows], how many."""
    at, found = _columns(seen.indices, pool)
    pairs = np.unique(seen.rows[found] * len(pool) + at[found])
    scores.view(-1)[torch.from_numpy(pairs).to(scores.device)] = OUT
    return np.bincount(pairs // max(1, len(pool)), minlength=len(seen))


def _wanted_columns(scores: Tensor, users: Ints, wanted: Ragged, pool: Ints) -> Ragged:
    """Return where in ``pool`` each row's ``wanted`` items are."""
    at, found = _columns(wanted.indices, pool)
    rows = wanted.rows
    if found.all():
        own = scores[torch.from_numpy(rows).to(scores.device), torch.from_numpy(at).to(scores.device)]
        found = (own != OUT).cpu().numpy()
    if not found.all():
        item, user = wanted.indices[~found][0], users[rows[~found][0]]
        raise DataError(
            f"relevant item {item} of user number {user} is no candidate: "
            "it is outside the pool or among the user's training items; drop it from the cases"
        )
    return Ragged(wanted.indptr, at)


def _columns(items: Ints, pool: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return where in ``pool`` the ``items`` are, and which are there at all."""
    at = np.minimum(np.searchsorted(pool, items), max(0, len(pool) - 1))
    return at, pool[at] == items if len(pool) else np.zeros(len(items), np.bool_)


def _ragged(lengths: Ints, parts: list[Ints]) -> Ragged:
    return Ragged(np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]), _joined(parts))


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate([np.empty(0, np.int64), *parts])
