"""The cases that two runs have in common, also where they were trained on graphs of different days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graphrec.errors import DataError
from graphrec.evaluation.confidence import Comparison
from graphrec.evaluation.evaluate import Evaluation
from graphrec.graph.hashes import Hashes, hashes_of, sums
from graphrec.graph.snapshot import Snapshot
from graphrec.ragged import Ragged
from graphrec.tasks.cases import Cases, PairCases, RankingCases, Split


@dataclass(frozen=True)
class CaseKeys:
    """What tells the cases of an evaluation apart, by ids, so that another snapshot's positions do not matter.

    Attributes:
        asked: uint64 [groups], of the user and of what is to be found or predicted.
        ranked: uint64 [groups], of what it is ranked among; 0 where nothing is ranked.
    """

    asked: Hashes
    ranked: Hashes


@dataclass(frozen=True)
class Compared:
    """Two evaluations on the cases that both have.

    Attributes:
        cases: how many both have.
        of: how many each has.
        alike: how many of ``cases`` are ranked among the very same candidates.
        metrics: what the paired test says, by metric.
    """

    cases: int
    of: tuple[int, int]
    alike: int
    metrics: Mapping[str, Comparison]

    def said(self) -> str:
        """Return the counts in words."""
        first, second = self.of
        if self.cases == first == second == self.alike:
            return f"the same {self.cases:,} cases"
        among = "" if self.alike == self.cases else f"; {self.cases - self.alike:,} are ranked among other candidates"
        return f"the {self.cases:,} cases that both have, of {first:,} and {second:,}{among}"


def case_keys(cases: Cases, split: Split[Cases], snapshot: Snapshot) -> CaseKeys:
    """Return the keys of the cases that an evaluation counts, in its order.

    Args:
        cases: what was ranked or predicted.
        split: of which they are; what users have in training is left out of a pool.
        snapshot: of the same positions.
    """
    items = hashes_of(snapshot.items)
    if not isinstance(cases, PairCases | RankingCases):
        return CaseKeys(items[cases.nodes], np.zeros(len(cases), np.uint64))
    users = hashes_of(snapshot.users)
    if isinstance(cases, PairCases):
        return CaseKeys(_mixed(users[cases.users], items[cases.items]), np.zeros(len(cases), np.uint64))
    kept = np.flatnonzero(cases.relevant.lengths)
    who = cases.users[kept]
    if cases.candidates is not None:
        ranked = sums(items, cases.candidates.take(kept))
    else:
        inside = np.ones(len(items), bool) if cases.pool is None else np.isin(np.arange(len(items)), cases.pool)
        in_pool = np.where(inside, items, np.uint64(0))
        known = split.data.by_user.take(who)
        pairs = np.unique(known.rows * len(items) + known.indices)
        left_out = Ragged.from_sorted(pairs // len(items), pairs % len(items), len(who))
        ranked = in_pool.sum(dtype=np.uint64) - sums(in_pool, left_out)
    return CaseKeys(_mixed(users[who], sums(items, cases.relevant.take(kept))), ranked)


def whose(evaluation: Evaluation, cases: Cases, snapshot: Snapshot) -> Hashes:
    """Return uint64 [groups], of whom (or of which node) each case of an evaluation of ``cases`` is, by ids."""
    of_nodes = not isinstance(cases, PairCases | RankingCases)
    found: Hashes = hashes_of(snapshot.items if of_nodes else snapshot.users)[evaluation.users]
    return found


def compare(first: Evaluation, second: Evaluation, keys: tuple[CaseKeys, CaseKeys]) -> Compared:
    """Test every metric that both have on the cases that both have.

    Raises ``DataError`` where no case, or no metric, is in both.
    """
    one, other = keys
    _, here, there = np.intersect1d(one.asked, other.asked, return_indices=True)
    of = len(one.asked), len(other.asked)
    if not len(here):
        raise DataError(
            f"of {of[0]:,} and {of[1]:,} cases the two runs have none in common: no user is asked for the same in "
            "both. Train both with the same --split, --projection and --where"
        )
    names = [name for name in first.values if name in second.values]
    if not names:
        raise DataError("the two runs have no metric in common: one ranks, the other predicts")
    order = np.argsort(here)
    at = here[order], there[order]
    alike = int((one.ranked[at[0]] == other.ranked[at[1]]).sum())
    valued = [name for name in names if np.isfinite(first.values[name][at[0]] + second.values[name][at[1]]).any()]
    return Compared(len(here), of, alike, {name: first.against(second, name, at) for name in valued})


def _mixed(one: Hashes, other: Hashes) -> Hashes:
    return one * np.uint64(0x9E3779B97F4A7C15) ^ other
