"""Splits, by hand on tiny snapshots and by their promises on larger ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.graph.columns import Numbers
from graphrec.graph.ids import Ids
from graphrec.graph.records import Records
from graphrec.graph.snapshot import SPLITS, Snapshot
from graphrec.graph.splits import FOLDS, SPLITTERS, split_at
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.split import split

Pairs = set[tuple[int, int]]
START = 1_600_000_000_000
"""When the first record is made: 13 September 2020."""
DRAWN = sorted(set(SPLITTERS) - {"given", "temporal-cut", "leave-one-out"})
"""Splits that the seed decides where every record has a time of its own."""


def snapshot_of(
    histories: list[list[int]],
    items: int,
    parts: list[list[str]] | None = None,
    group: list[int] | None = None,
) -> Snapshot:
    """Return a snapshot of users' items in the order of their records."""
    lengths = [len(history) for history in histories]
    by_user = Ragged(
        np.cumsum([0, *lengths]), np.array([i for history in histories for i in history], np.int64)
    )
    codes = [SPLITS.index(part) for row in parts or [] for part in row] or [0] * sum(lengths)
    records = Records(by_user, START + np.arange(sum(lengths)), np.array(codes, np.int8))
    ids = {"User": Ids(names("u", len(histories)))}
    if group is None:
        return Snapshot("print", {"item": "Item", "relationship": "LIKED", "name": "likes"},
            ids | {"Item": Ids(names("i", items))}, records, {}, {}, {})  # fmt: skip
    videos, inside = np.array(group, np.int64), np.flatnonzero(np.array(group) >= 0)
    segments = Ragged.from_pairs(videos[inside], inside, max(group) + 1)
    return Snapshot(
        "print", {"item": "Segment", "relationship": "HIGHLIGHTED", "name": "highlights"},
        ids | {"Segment": Ids(names("s", items)), "Item": Ids(names("v", max(group) + 1))}, records, {},
        {"Item>Segment": segments}, {"Segment.position": Numbers(np.arange(items, dtype=float))},
    )  # fmt: skip


def names(letter: str, count: int) -> pa.Array:
    return pa.array([f"{letter}{n}" for n in range(count)], pa.string())


def random_snapshot(seed: int = 0, users: int = 80, items: int = 60, grouped: bool = False) -> Snapshot:
    rng = np.random.default_rng(seed)
    histories = [rng.permutation(items)[: rng.integers(1, 20)].tolist() for _ in range(users)]
    group = (np.arange(items) // 4).tolist() if grouped else None
    return snapshot_of(histories, items, group=group)


def pairs(rows: Ragged) -> Pairs:
    return set(zip(rows.rows.tolist(), rows.indices.tolist(), strict=True))


def relevant(cases: RankingCases) -> Pairs:
    return {(int(cases.users[row]), item) for row, item in pairs(cases.relevant)}


def parts_of(found: Split[RankingCases]) -> tuple[Pairs, Pairs, Pairs]:
    return pairs(found.data.by_user), relevant(found.valid), relevant(found.test)


def candidates(cases: RankingCases) -> list[set[int]]:
    assert cases.candidates is not None
    return [set(cases.candidates[row].tolist()) for row in range(len(cases))]


def test_given() -> None:
    parts = [["train", "valid", "test"], ["train", "", "test"]]
    found = split(snapshot_of([[0, 1, 2], [2, 3, 0]], 4, parts), "given")
    assert parts_of(found) == ({(0, 0), (1, 2), (1, 3)}, {(0, 1)}, {(0, 2), (1, 0)})
    assert found.name == "given"
    assert found.test.pool is None
    assert found.data.sampled.tolist() == [True, False, True, True]


def test_given_without_a_valid_part_takes_the_last_training_video() -> None:
    group = [0, 0, 1, 1, 2, 2]
    parts = [["train"] * 4 + ["test"], ["train", "train", "test"], ["train"] * 3]
    found = split(snapshot_of([[0, 2, 3, 1, 4], [0, 1, 2], [4, 2, 3]], 6, parts, group))
    train, valid, test = parts_of(found)
    assert found.name == "given"
    assert test == {(0, 4), (1, 2)}
    assert valid == {(0, 0), (0, 1), (2, 2), (2, 3)}
    assert train == {(0, 2), (0, 3), (1, 0), (1, 1), (2, 4)}


def test_given_without_a_valid_part_takes_the_last_training_item() -> None:
    parts = [["train", "train", "test"], ["train", "test"]]
    found = split(snapshot_of([[0, 1, 2], [1, 0]], 3, parts), "given")
    assert parts_of(found) == ({(0, 0), (1, 1)}, {(0, 1)}, {(0, 2), (1, 0)})


def test_the_default_follows_the_data() -> None:
    parts = [["train", "valid", "test", "train", "train", "train"]]
    assert split(snapshot_of([[0, 1, 2, 3, 4, 5]], 6, parts)).name == "given"
    assert split(snapshot_of([[0, 1, 2, 3, 4, 5]], 6)).name == "temporal-last"
    assert split(unordered()).name == "random-70-10-20"


def unordered() -> Snapshot:
    snapshot = random_snapshot()
    records = replace(snapshot.records, order=np.zeros_like(snapshot.records.order))
    return replace(snapshot, records=records)


def test_without_an_order_none_is_the_last() -> None:
    with pytest.raises(DataError, match=r"has a time .*--split random-70-10-20"):
        split(unordered(), "temporal-last")


def test_temporal_last_takes_the_last_item_of_users_with_five() -> None:
    found = split(snapshot_of([[4, 3, 2, 1, 0], [0, 1, 2, 3], [5, 0, 1, 2, 3, 4]], 6), "temporal-last")
    train, valid, test = parts_of(found)
    assert test == {(0, 0), (2, 4)}
    assert len(valid) == 1
    assert len(train) == 12


def test_temporal_last_takes_all_of_the_last_video() -> None:
    group = [0, 0, 0, 1, 1, 1, 2, 2, 2]
    found = split(snapshot_of([[3, 0, 1, 4, 5], [6, 7, 8, 0, 1, 2]], 9, group=group), "temporal-last")
    train, valid, test = parts_of(found)
    assert test == {(0, 3), (0, 4), (0, 5), (1, 0), (1, 1), (1, 2)}
    assert train | valid == {(0, 0), (0, 1), (1, 6), (1, 7), (1, 8)}
    assert candidates(found.test) == [{3, 4, 5}, {0, 1, 2}]
    assert found.test.users.tolist() == [0, 1]


def test_within_a_video_known_segments_are_no_candidates() -> None:
    parts = [["train", "train", "test", "valid"]]
    group = [0, 0, 0, 0, 1, -1]
    found = split(snapshot_of([[0, 4, 1, 2]], 6, parts, group), "given")
    assert candidates(found.test) == [{1, 2, 3}]
    assert candidates(found.valid) == [{1, 2, 3}]
    assert relevant(found.test) == {(0, 1)}
    assert found.data.sampled.tolist() == [True, True, True, True, True, False]


def test_segments_of_no_video_make_no_case() -> None:
    parts = [["train", "test", "test", "valid"]]
    found = split(snapshot_of([[0, 3, 1, 2]], 4, parts, [0, 0, 0, -1]), "given")
    assert relevant(found.test) == {(0, 1)}


@pytest.mark.parametrize("name", ["random-70-10-20", "random-k-fold"])
def test_random_shares(name: str) -> None:
    snapshot = random_snapshot()
    train, valid, test = (len(part) for part in parts_of(split(snapshot, name)))
    edges = len(snapshot.records)
    assert train + valid + test == edges
    assert test == pytest.approx(0.2 * edges, abs=2)
    assert valid == pytest.approx(0.1 * edges if name == "random-70-10-20" else 0.08 * edges, abs=2)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("name", sorted(set(SPLITTERS) - {"given"}))
def test_nothing_leaks(name: str, grouped: bool) -> None:
    snapshot = random_snapshot(grouped=grouped)
    found = split(snapshot, name, fold=1)
    train, valid, test = parts_of(found)
    assert train
    assert valid
    assert test
    assert not train & valid
    assert not train & test
    assert not valid & test
    assert train | valid | test <= pairs(snapshot.records.by_user)
    assert pairs(found.data.by_item) == {(item, user) for user, item in train}
    for cases in (found.valid, found.test):
        assert (cases.relevant.lengths > 0).all()
        assert (cases.candidates is not None) == grouped
        if grouped:
            known = [set(found.data.by_user[user].tolist()) for user in cases.users]
            for row, chosen in enumerate(candidates(cases)):
                assert set(cases.relevant[row].tolist()) <= chosen
                assert not chosen & known[row]
                assert len({int(snapshot.videos.group[item]) for item in chosen}) == 1
        else:
            assert len(set(cases.users.tolist())) == len(cases)


@pytest.mark.parametrize("grouped", [False, True])
def test_cold_items_have_no_training_edge(grouped: bool) -> None:
    snapshot = random_snapshot(grouped=grouped)
    tested: list[int] = []
    for fold in range(FOLDS):
        found = split(snapshot, "cold-items", seed=3, fold=fold)
        assert found.name == f"cold-items-{fold}"
        train = {item for _, item in pairs(found.data.by_user)}
        cold = {part: {item for _, item in relevant(part_cases)} for part, part_cases in
                (("valid", found.valid), ("test", found.test))}  # fmt: skip
        assert not train & (cold["valid"] | cold["test"])
        assert not cold["valid"] & cold["test"]
        assert not found.data.sampled[sorted(cold["valid"] | cold["test"])].any()
        if grouped:
            videos = {name: {int(snapshot.videos.group[item]) for item in part} for name, part in cold.items()}
            assert not videos["test"] & {int(snapshot.videos.group[item]) for item in train}
            tested += sorted(videos["test"])
        else:
            assert found.test.pool is not None
            assert cold["test"] <= set(found.test.pool.tolist())
            assert not train & set(found.test.pool.tolist())
            assert (np.diff(found.test.pool) > 0).all()
            tested += found.test.pool.tolist()
    assert sorted(tested) == list(range(15 if grouped else 60)), "the folds partition the items"


def test_folds_of_edges_partition_them() -> None:
    snapshot = random_snapshot()
    tests = [relevant(split(snapshot, "random-k-fold", seed=1, fold=fold).test) for fold in range(FOLDS)]
    assert sum(map(len, tests)) == len(snapshot.records)
    assert set().union(*tests) == pairs(snapshot.records.by_user)


@pytest.mark.parametrize("name", DRAWN)
def test_the_seed_decides(name: str) -> None:
    snapshot = random_snapshot()
    first, again, other = (parts_of(split(snapshot, name, seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_training_keeps_the_order_of_records() -> None:
    snapshot = random_snapshot()
    data = split(snapshot, "random-70-10-20").data
    for user in range(data.users):
        kept = set(data.by_user[user].tolist())
        assert data.by_user[user].tolist() == [i for i in snapshot.records.by_user[user].tolist() if i in kept]


def test_what_cannot_be_split() -> None:
    snapshot = snapshot_of([[0, 1], [1]], 2)
    with pytest.raises(NotFoundError, match="did you mean 'cold-items'"):
        split(snapshot, "cold-item")
    with pytest.raises(DataError, match="no `split` property"):
        split(snapshot, "given")
    with pytest.raises(DataError, match="temporal-last leaves 3 records for training and 0 for the test"):
        split(snapshot, "temporal-last")
    with pytest.raises(ConfigError, match="fold 5"):
        split(snapshot, "cold-items", fold=5)
    with pytest.raises(DataError, match="leaves"):
        split(snapshot_of([[0]], 1), "random-70-10-20")


def test_any_number_of_folds() -> None:
    snapshot = random_snapshot()
    tests = [relevant(split(snapshot, "random-k-fold", fold=fold, folds=10).test) for fold in range(10)]
    assert sum(map(len, tests)) == len(snapshot.records)
    assert set().union(*tests) == pairs(snapshot.records.by_user)
    assert split(snapshot, "random-k-fold", fold=7, folds=10).name == "random-k-fold-7-of-10"
    with pytest.raises(ConfigError, match="1 folds"):
        split(snapshot, "random-k-fold", folds=1)


def at_times(snapshot: Snapshot, times: list[int]) -> Snapshot:
    return replace(snapshot, records=replace(snapshot.records, order=np.array(times, np.int64)))


def everybody_at_once(users: int = 400) -> Snapshot:
    """Ten items each, all at one moment of the user's own; item 9 has the greatest number, and everybody has it."""
    snapshot = snapshot_of([list(range(10))] * users, 10)
    return at_times(snapshot, [START + user for user in range(users) for _ in range(10)])


def test_the_last_of_equals_is_drawn_and_not_the_one_with_the_greatest_id() -> None:
    found = split(everybody_at_once(), "temporal-last", seed=1)
    counts = np.bincount([item for _, item in relevant(found.test)], minlength=10)
    assert counts.sum() == 400
    assert counts.min() > 20
    assert counts.max() < 70, "each of ten is the last of about 40"
    assert parts_of(split(everybody_at_once(), "temporal-last", seed=1)) == parts_of(found)
    assert relevant(split(everybody_at_once(), "temporal-last", seed=2).test) != relevant(found.test)
    assert "For 400 users the last record is one of several at the same time" in " ".join(found.notes)


def test_models_see_equals_in_the_drawn_order_too() -> None:
    data = split(everybody_at_once(), "random-70-10-20").data
    rows = [data.by_user[user] for user in range(data.users)]
    rising = sum(bool((np.diff(row) > 0).all()) for row in rows if len(row) > 3)
    assert rising < 20


def test_unique_times_are_in_order_whatever_the_seed() -> None:
    snapshot = random_snapshot()
    rows = [split(snapshot, "leave-one-out", seed=seed).data.by_user for seed in (0, 1)]
    np.testing.assert_array_equal(rows[0].indices, rows[1].indices)


def test_a_history_at_one_time_is_no_order() -> None:
    found = split(everybody_at_once())
    assert found.name == "random-70-10-20"
    assert "400 of 400 users have all their records at one time" in found.notes[0]
    few = at_times(snapshot_of([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [4, 3, 2, 1, 0]], 5), [1] * 5 + list(range(10)))
    assert split(few).name == "temporal-last", "one of three at one time is not most"


def test_leave_one_out() -> None:
    found = split(snapshot_of([[4, 3, 2], [0, 1], [5], [1, 0, 5, 2]], 6), "leave-one-out")
    assert parts_of(found) == (
        {(0, 4), (1, 0), (2, 5), (3, 1), (3, 0)}, {(0, 3), (3, 5)}, {(0, 2), (1, 1), (3, 2)}
    )  # fmt: skip
    assert found.notes == ("1 users have one record only: it trains, and they are not tested.",)


def test_leave_one_out_draws_where_nothing_has_a_time() -> None:
    found = [split(unordered(), "leave-one-out", seed=seed) for seed in (0, 0, 1)]
    assert relevant(found[0].test) == relevant(found[1].test) != relevant(found[2].test)
    assert "was drawn" in found[0].notes[0]


def test_one_moment_parts_all_users() -> None:
    snapshot = at_times(snapshot_of([[0, 1, 2], [3, 0], [1, 2, 3, 4, 5]], 6),
        [START + 1000 * n for n in (1, 5, 9, 2, 10, 3, 4, 6, 7, 8)])  # fmt: skip
    found = split(snapshot, "temporal-cut:0.8")
    train, valid, test = parts_of(found)
    assert found.name == "temporal-cut:0.8"
    assert test == {(0, 2), (1, 0)}, "the two that were made last, at 9 s and 10 s"
    assert valid == {(2, 5)}
    assert len(train) == 7
    assert "2020-09-13 12:26:49" in found.notes[0]
    same = split(snapshot, "temporal-cut:2020-09-13T12:26:48.5")
    assert parts_of(same) == (train, valid, test)
    assert split(snapshot, "temporal-cut:2020-09-13T14:26:48.5+02:00").test.users.tolist() == [0, 1]


def test_a_share_by_default_is_80_10_10() -> None:
    snapshot = snapshot_of([[n] for n in range(100)], 100)
    counts = [len(pairs(split(snapshot, "temporal-cut").data.by_user))]
    with_users = split(snapshot, "temporal-cut")
    assert (*counts, len(with_users.valid), len(with_users.test)) == (80, 10, 10)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("temporal-last", "2 of 10 records have no time: they count as earlier than all others of their users."),
        ("leave-one-out", "2 of 10 records have no time: they count as earlier than all others of their users."),
        ("temporal-cut", "2 of 10 records have no time: they count as before the test."),
        ("given", "2 of 10 records have no time: they count as earlier than all others of their users."),
        ("random-70-10-20", None),
    ],
)
def test_records_without_a_time_are_counted_where_order_matters(name: str, told: str | None) -> None:
    parts = [["train"] * 4 + ["test"], ["train"] * 4 + ["test"]]
    whole = snapshot_of([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]], 5, parts)
    for least, missing in ((START, 0), (0, -1)):
        times = [missing, *range(least, least + 4), missing, *range(least + 4, least + 8)]
        if name == "temporal-cut" and not least:
            continue
        found = split(at_times(whole, times), name)
        assert [note for note in found.notes if "no time" in note] == ([told] if told else [])
        assert not any("no time" in note for note in split(at_times(whole, [*range(least, least + 10)]), name).notes)


def test_moments_that_are_none() -> None:
    snapshot = random_snapshot()
    with pytest.raises(ConfigError, match=r"neither a date .* nor a share"):
        split(snapshot, "temporal-cut:soon")
    with pytest.raises(ConfigError, match="between 0 and 1"):
        split(snapshot, "temporal-cut:80")
    with pytest.raises(DataError, match="parts nothing: the records are from 2020-09-13 12:26:40 to"):
        split(snapshot, "temporal-cut:2019-01-01")
    with pytest.raises(DataError, match="no time"):
        split(unordered(), "temporal-cut")
    own = at_times(random_snapshot(grouped=True), list(range(len(snapshot.records))))
    with pytest.raises(DataError, match="only a `sequence` of each user's own"):
        split(own, "temporal-cut")
    with pytest.raises(NotFoundError, match="split"):
        split(snapshot, "leave-one-out:0.5")
    with pytest.raises(ConfigError, match="not of given"):
        split_at("given", "0.8")
    assert (split_at(None, "0.8"), split_at("given", None)) == ("temporal-cut:0.8", "given")


def test_a_given_part_that_is_none_is_not_taken_for_training() -> None:
    snapshot = snapshot_of([[0, 1, 2, 3, 4, 5]], 6, [["train", "valid", "test", "train", "train", "train"]])
    codes = np.array([1, 2, 3, -1, 1, 1], np.int8)
    odd = replace(snapshot, records=replace(snapshot.records, split=codes))
    with pytest.raises(DataError, match="1 of 6 relationships is none of train, valid and test"):
        split(odd, "given")
    assert "1 records have a `split` that is none" in " ".join(split(odd, "temporal-last").notes)
