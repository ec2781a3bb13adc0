"""Ranking where each case brings its own candidates, for example the segments of one video."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from graphrec.errors import DataError
from graphrec.evaluation.rankings import Rankings
from graphrec.evaluation.scores import finite
from graphrec.evaluation.ties import TieBreaker
from graphrec.models.base import Scorer
from graphrec.ragged import Ints, Ragged
from graphrec.tasks.cases import RankingCases


def rank_lists(
    scorer: Scorer,
    cases: RankingCases,
    candidates: Ragged,
    depth: int | None,
    ties: TieBreaker,
    block: int,
    model: str,
) -> Rankings:
    """Rank all ``candidates`` of every case; see ``ranking.rank``."""
    lengths = candidates.lengths
    kept = lengths if depth is None else np.minimum(lengths, depth)
    ranks, items = [], []
    for part in _parts(lengths, block):
        own = candidates.take(part)
        scores = _scores(scorer, cases.users[part], own, model)
        order, place = _order(scores, cases.users[part], own, ties)
        found = place[_find(own, cases.relevant.take(part))]
        ranks.append(found[np.lexsort((found, cases.relevant.take(part).rows))])
        items.append(own.indices[order[place[order] <= kept[part][own.rows]]])
    return Rankings(
        cases.users,
        Ragged(cases.relevant.indptr, _joined(ranks)),
        Ragged(np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)]), _joined(items)),
        lengths,
        len(np.unique(candidates.indices)),
    )


def _scores(scorer: Scorer, users: Ints, candidates: Ragged, model: str) -> npt.NDArray[np.floating]:
    """Return the score of each candidate.

    One call per case: candidates differ, and scoring their union for all would grow with the square of cases.
    """
    scored = [
        scorer.grid(torch.from_numpy(users[case : case + 1]), torch.from_numpy(candidates[case])).reshape(-1)
        for case in np.flatnonzero(candidates.lengths).tolist()
    ]
    if not scored:
        return np.empty(0, np.float32)
    told = finite(torch.cat(scored), users[candidates.rows], candidates.indices, model)
    scores: npt.NDArray[np.floating] = told.numpy(force=True)
    return scores


def _order(
    scores: npt.NDArray[np.floating], users: Ints, candidates: Ragged, ties: TieBreaker
) -> tuple[Ints, Ints]:
    """Return the candidates' order, case by case, and each one's place in its case, from 1."""
    rows = candidates.rows
    keys = ties.keys(torch.from_numpy(users[rows]), torch.from_numpy(candidates.indices)).numpy()
    order = np.lexsort((keys, -scores, rows))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - candidates.indptr[rows] + 1
    return order, place


def _find(candidates: Ragged, relevant: Ragged) -> Ints:
    """Return where in ``candidates.indices`` each relevant item stands in its own case."""
    width = int(max(candidates.indices.max(initial=0), relevant.indices.max(initial=0))) + 1
    pairs = candidates.rows * width + candidates.indices
    wanted = relevant.rows * width + relevant.indices
    order = np.argsort(pairs, kind="stable")
    pairs = pairs[order]
    if np.any(twice := pairs[1:] == pairs[:-1]):
        raise DataError(f"a case lists candidate item {pairs[1:][twice][0] % width} twice; keep one")
    at = np.searchsorted(pairs, wanted)
    missing = at == len(pairs)
    missing[~missing] = pairs[at[~missing]] != wanted[~missing]
    if missing.any():
        raise DataError(
            f"relevant item {relevant.indices[missing][0]} is not among its case's candidates; "
            "add it or drop the case"
        )
    return order[at]


def _parts(lengths: Ints, block: int) -> Iterator[Ints]:
    """Yield runs of cases with about ``block`` candidates in all, at least one case each."""
    cuts = np.flatnonzero(np.diff(np.cumsum(lengths) // block)) + 1
    yield from (part for part in np.split(np.arange(len(lengths), dtype=np.int64), cuts) if len(part))


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate([np.empty(0, np.int64), *parts])
