"""What users wrote against something, and what of all that was written trains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.graph.data import Data
from graphrec.graph.projection import PROJECTIONS, TEXT
from graphrec.graph.records import Records
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import SPLITTERS
from graphrec.tasks.ranking import Ranking
from graphrec.testing.planted import planted

COMMENTS = PROJECTIONS["comments"]
TASK = Ranking.of(COMMENTS, ())


def keys(records: Records, items: int) -> set[int]:
    return set((records.user * items + np.asarray(records.item)).tolist())


def against(data: Data) -> Records:
    assert data.against is not None
    return data.against


def with_splits(snapshot: Snapshot) -> Snapshot:
    codes = np.random.default_rng(0).integers(1, 4, len(snapshot.records)).astype(np.int8)
    return replace(snapshot, records=replace(snapshot.records, split=codes))


@pytest.mark.parametrize("name", sorted(SPLITTERS))
def test_what_is_bad_is_against_and_never_trains(name: str) -> None:
    shot = with_splits(planted(COMMENTS))
    data = TASK.split(shot, name).data
    found = against(data)
    assert len(found)
    assert (found.values["polarity"] < 0.5).all()
    assert (data.records.values["polarity"] >= 0.5).all()
    assert not keys(found, data.items) & keys(data.records, data.items)
    assert data.sampled[found.item].all()


def test_of_a_cut_nothing_later_is_known() -> None:
    shot = planted(COMMENTS)
    split = TASK.split(shot, "temporal-cut")
    held = ~np.isin(shot.records.text, np.concatenate([split.data.records.text, against(split.data).text]))
    held &= shot.records.values["polarity"] >= 0.5
    assert against(split.data).order.max() < shot.records.order[held].min()


def test_of_the_last_item_nothing_later_is_known() -> None:
    shot = planted(COMMENTS)
    split = TASK.split(shot, "leave-one-out")
    found, last = against(split.data), split.data.records.by_user
    for user in range(len(shot.users)):
        bad = found.order[found.user == user]
        train = split.data.records.order[split.data.records.user == user]
        good = shot.records.order[(shot.records.user == user) & (shot.records.values["polarity"] >= 0.5)]
        if len(bad) and len(good) > len(train):
            assert bad.max() < good[np.argsort(good)][len(train)]
    assert len(last)


def test_of_items_held_out_nothing_is_known() -> None:
    shot = planted(COMMENTS)
    split = TASK.split(shot, "cold-items")
    assert split.test.pool is not None
    assert not np.isin(against(split.data).item, split.test.pool).any()


def test_who_also_finds_it_good_is_not_against() -> None:
    once = planted(COMMENTS)
    twice = Records.of_pairs(
        np.tile(once.records.user, 2),
        np.tile(once.records.item, 2),
        len(once.users),
        polarity=np.repeat([1.0, 0.0], len(once.records)),
    )
    twice = replace(twice, text=np.arange(len(twice)))
    shot = replace(once, records=twice, lists={})
    data = TASK.split(shot, "random-by-user").data
    assert not keys(against(data), data.items) & keys(data.records, data.items)


def test_only_words_of_what_trains_are_seen() -> None:
    shot = planted(COMMENTS.asking(lists=(TEXT,)))
    data = TASK.split(shot, "random-70-10-20").data
    known = np.concatenate([data.records.text, against(data).text])
    held = np.setdiff1d(np.arange(len(shot.records)), known)
    assert len(held)
    assert data.lists[TEXT].lengths[held].sum() == 0
    for row in known.tolist():
        np.testing.assert_array_equal(data.lists[TEXT][row], shot.lists[TEXT][row])


def test_what_was_not_prepared_is_neither() -> None:
    shot = planted(COMMENTS)
    unknown = np.where(np.arange(len(shot.records)) % 2, np.nan, shot.records.values["polarity"])
    shot = replace(shot, records=replace(shot.records, values={"polarity": unknown}))
    data = TASK.split(shot, "random-70-10-20").data
    assert np.isfinite(against(data).values["polarity"]).all()


def test_ratings_have_nothing_against_them() -> None:
    """They change nothing for models that draw what they learn from."""
    projection = PROJECTIONS["ratings"]
    data = Ranking.of(projection, ()).split(planted(projection), "random-70-10-20").data
    assert data.against is None
    assert (data.sampled == (data.by_item.lengths > 0)).all()


def test_who_wrote_little_is_left_out() -> None:
    shot = planted(COMMENTS)
    many = shot.records.by_user.lengths
    least = int(np.median(many))
    task = TASK.model_copy(update={"min_records": least})
    split = task.split(shot, "random-by-user")
    assert (many[split.data.records.user] >= least).all()
    assert (many[against(split.data).user] >= least).all()
    assert (many[split.test.users] >= least).all()
    assert split.notes[-1].startswith(f"{(many >= least).sum()} of {len(many)} users have {least} records or more")
    with pytest.raises(DataError, match="no user has 1,000 records, the most that one has are"):
        TASK.model_copy(update={"min_records": 1000}).split(shot, "random-by-user")


def test_a_users_items_are_split_whole() -> None:
    """30 % of each, with all its records."""
    once = planted(PROJECTIONS["likes"], per_user=40)
    user, item = np.repeat(once.records.user, 2), np.repeat(np.asarray(once.records.item), 2)
    shot = replace(once, records=Records.of_pairs(user, item, len(once.users)))
    split = Ranking().split(shot, "random-by-user")
    assert split.test.known == split.valid.known == 0
    different = once.records.by_user.lengths
    tested = np.zeros(len(different))
    tested[split.test.users] = split.test.relevant.lengths
    assert (np.abs(tested - 0.3 * different)[different > 1] < 1).all()
    assert tested.sum() == pytest.approx(0.3 * different.sum(), abs=8)
    trained = np.array([len(np.unique(split.data.by_user[user])) for user in range(len(different))])
    assert (trained[different > 0] > 0).all()
