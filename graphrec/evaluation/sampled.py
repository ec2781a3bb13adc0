"""Ranking among items drawn at random: JIFR's protocol, 1,000 of them and the relevant ones, mean of ten draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from graphrec.errors import ConfigError
from graphrec.evaluation.evaluate import Bucket, Evaluation
from graphrec.ragged import Ints, Ragged
from graphrec.tasks.cases import RankingCases, Split

NEGATIVES = 1000
DRAWS = 10


def sampled(
    cases: RankingCases, split: Split[RankingCases], *, negatives: int = NEGATIVES, draws: int = DRAWS, seed: int = 0
) -> RankingCases:
    """Return ``cases``, once for each draw, with candidates of their own: what is relevant, and some items at random.

    Drawn are items, of the pool where there is one, of which the user has no record that trains, validates or tests;
    all of them where they are no more than ``negatives``. The draws follow from ``seed`` alone, so that every model
    is measured among the same.

    Args:
        cases: whose relevant items are found among a pool.
        split: of which they are.
        negatives: how many are drawn for each case (JIFR section 4.1).
        draws: how often.
        seed: of the draws.

    Raises ``ConfigError`` where the cases have candidates already.
    """
    if cases.candidates is not None:
        raise ConfigError("the items of these cases are ranked within videos, and none are drawn; leave out --protocol")
    pool = np.arange(split.data.items) if cases.pool is None else cases.pool
    chosen = _chosen(split).take(cases.users)
    taken = [np.flatnonzero(np.isin(pool, chosen[case], assume_unique=True)) for case in range(len(cases))]
    rng = np.random.default_rng(seed)
    lists = [
        np.sort(np.concatenate([cases.relevant[case], pool[_free(rng, len(pool), own, negatives)]]))
        for _ in range(draws)
        for case, own in enumerate(taken)
    ]
    again = np.tile(np.arange(len(cases)), draws)
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])])
    return RankingCases(
        cases.users[again],
        cases.relevant.take(again),
        Ragged(indptr.astype(np.int64), np.concatenate([np.empty(0, np.int64), *lists])),
        known=cases.known,
    )


def mean_of_draws(found: Evaluation, draws: int = DRAWS) -> Evaluation:
    """Return an evaluation of what ``sampled`` returned as one of its cases, each the mean of its draws."""

    def of_one(bucket: Bucket) -> Bucket:
        return Bucket(bucket.groups // draws, bucket.metrics)

    return replace(
        found,
        users=found.users[: found.groups // draws],
        left_out=found.left_out // draws,
        values={name: values.reshape(draws, -1).mean(axis=0) for name, values in found.values.items()},
        buckets={name: of_one(bucket) for name, bucket in found.buckets.items()},
        cold=None if found.cold is None else of_one(found.cold),
        unscored=found.unscored // draws,
    )


def told_draws(cases: RankingCases, negatives: int = NEGATIVES, draws: int = DRAWS) -> str:
    """Return among what ``sampled`` has these cases ranked, in a sentence."""
    assert cases.candidates is not None
    others = cases.candidates.lengths - cases.relevant.lengths
    fewest, most = int(others.min(initial=negatives)), int(others.max(initial=0))
    which = f"{negatives:,} others at random, mean of {draws} draws"
    if most < negatives:
        which = f"all others, {fewest:,} to {most:,}, as there are fewer than {negatives:,}"
    elif fewest < negatives:
        which += f", or all where they are fewer ({fewest:,} the fewest)"
    return f"Ranked among what is relevant and {which}; what the user has in training, validation or test is no other."


def _chosen(split: Split[RankingCases]) -> Ragged:
    """Return the items of each user of which a record trains, validates or tests."""
    users = [split.data.by_user.rows, *(part.users[part.relevant.rows] for part in (split.valid, split.test))]
    items = [split.data.by_user.indices, split.valid.relevant.indices, split.test.relevant.indices]
    return Ragged.from_pairs(np.concatenate(users), np.concatenate(items), len(split.data.by_user)).distinct()


def _free(rng: np.random.Generator, count: int, taken: Ints, wanted: int) -> Ints:
    """Draw ``wanted`` of the numbers below ``count`` that are not in ``taken``, which is in order; none twice."""
    free = count - len(taken)
    drawn = rng.choice(free, min(wanted, free), replace=False, shuffle=False)
    # The k-th free number is as far above k as there are taken ones before it.
    found: Ints = drawn + np.searchsorted(taken - np.arange(len(taken)), drawn, side="right")
    return found
