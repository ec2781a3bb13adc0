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
from graphrec.graph.splits import FOLDS, SPLITTERS
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.split import split

Pairs = set[tuple[int, int]]


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
    records = Records(by_user, np.arange(sum(lengths)), np.array(codes, np.int8))
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


@pytest.mark.parametrize("name", sorted(set(SPLITTERS) - {"given"}))
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
