"""An early stop watches no metric that is the same for every order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graphrec.graph.projection import PROJECTIONS
from graphrec.graph.snapshot import Snapshot
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.ranking import Ranking
from graphrec.tasks.saturation import saturated
from graphrec.testing.planted import planted


def listed(*sizes: int) -> RankingCases:
    """Cases with so many candidates of their own, the first of which is relevant."""
    users = np.arange(len(sizes))
    lists = Ragged(np.cumsum([0, *sizes]), np.concatenate([np.arange(n) for n in sizes]))
    return RankingCases(users, Ragged(np.arange(len(sizes) + 1), np.zeros(len(sizes), np.int64)), lists)


@pytest.mark.parametrize("name", ["recall@5", "hr@5", "precision@5", "f1@5", "coverage@5"])
def test_nearly_all_have_no_more_candidates_than_the_cut(name: str) -> None:
    assert saturated(name, listed(*[5] * 9, 100))
    assert not saturated(name, listed(*[5] * 8, 100, 100))
    assert not saturated(name, listed(6))


@pytest.mark.parametrize("name", ["map", "ndcg@5", "mrr", "auc", "nmsd"])
def test_what_counts_places_is_not_saturated(name: str) -> None:
    assert not saturated(name, listed(3, 3))


def test_sizes_are_the_items_without_those_of_training() -> None:
    snapshot: Snapshot = planted(PROJECTIONS["views"])
    for name in ("random-70-10-20", "cold-items"):
        found: Split[RankingCases] = Ranking().split(snapshot, name)
        pool = np.arange(found.data.items) if found.test.pool is None else found.test.pool
        expected = [len(set(pool.tolist()) - set(found.data.by_user[user].tolist())) for user in found.test.users]
        assert found.test.sizes is not None
        assert found.test.sizes.tolist() == expected


def test_recall_gives_way_to_ndcg_in_a_small_catalogue() -> None:
    found: Split[RankingCases] = Ranking().split(planted(PROJECTIONS["views"]), "random-70-10-20")
    assert found.valid.sizes is not None
    many, few = (replace(found.valid, fresh=np.full(len(found.valid), size)) for size in (21, 20))
    assert Ranking().watched(many) == "recall@20"
    assert Ranking().watched(few) == "ndcg@20"
    assert Ranking().watched(listed(3, 4)) == "map"
