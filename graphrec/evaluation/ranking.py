"""Ranks every case's candidates, exactly, in bounded memory."""

from __future__ import annotations

import numpy as np
import torch

from graphrec.errors import ConfigError, DataError
from graphrec.evaluation.lists import rank_lists
from graphrec.evaluation.pool import rank_pool
from graphrec.evaluation.rankings import Rankings
from graphrec.evaluation.ties import TieBreaker
from graphrec.graph.data import Data
from graphrec.models.base import Scorer
from graphrec.tasks.cases import RankingCases


def rank(
    scorer: Scorer,
    cases: RankingCases,
    data: Data,
    *,
    depth: int | None,
    seed: int,
    block: int = 1 << 22,
    model: str = "the model",
) -> Rankings:
    """Rank the candidates of each case by score, equal scores in a random order given by the seed.

    From a pool that all cases share, each user's training items are left out; candidates of a case's own are
    all ranked. The result does not depend on ``block``, as long as the scorer's own scores do not.

    Args:
        scorer: where the scores come from.
        cases: what to rank; a case may have nothing to find.
        data: the training data, for what users already have.
        depth: how many of the best items to keep per case; None keeps all. Ranks of relevant items are always
            exact, so most metrics do with 0.
        seed: of the order of equal scores.
        block: how many scores to hold at a time (2^22 float32 are 16 MiB, and a few times that in all).
        model: the name that errors give.

    Raises:
        TrainingError: a score is not finite.
        DataError: a relevant item is listed twice, or is not among its case's candidates.
        ConfigError: ``depth`` is negative or ``block`` is not positive.
    """
    if depth is not None and depth < 0:
        raise ConfigError(f"depth must be 0 or more, or None for all; got {depth}")
    if block < 1:
        raise ConfigError(f"block must be 1 or more; got {block}")
    _check(cases, data)
    ties = TieBreaker(seed)
    with torch.inference_mode():
        if cases.candidates is not None:
            return rank_lists(scorer, cases, cases.candidates, depth, ties, block, model)
        return rank_pool(scorer, cases, data, depth, ties, block, model)


def _check(cases: RankingCases, data: Data) -> None:
    rows, items = cases.relevant.rows, cases.relevant.indices
    pairs = np.sort(rows * data.items + items)
    twice = np.flatnonzero(pairs[1:] == pairs[:-1])
    if len(twice):
        case, item = divmod(int(pairs[twice[0]]), data.items)
        raise DataError(f"case {case} lists relevant item {item} twice; keep one")
