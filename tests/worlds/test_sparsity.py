import csv
from collections import Counter

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.worlds.sparsity import FEWEST, MOST, TEST, make_sparsity_world

SMALL = {"users": 80, "items": 120}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_sparsity_world(tmp_path_factory.mktemp("sparsity") / "w", seed=3, **SMALL)


def _rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(world, tmp_path):
    same, other = (make_sparsity_world(tmp_path / str(seed), seed=seed, **SMALL) for seed in (3, 4))
    for name in ("items", "likes"):
        assert getattr(same, name).read_bytes() == getattr(world, name).read_bytes()
        assert getattr(other, name).read_bytes() != getattr(world, name).read_bytes()


def test_few_to_many_likes_train_and_of_everybody_as_many_test(world):
    rows = _rows(world.likes)
    assert len({(row["user"], row["item"]) for row in rows}) == len(rows)
    train, test = (Counter(row["user"] for row in rows if row["split"] == part) for part in ("train", "test"))
    assert set(test.values()) == {TEST}
    assert [train[user] for user in world.users] == world.known.tolist()
    assert min(train.values()) == FEWEST
    assert MOST // 2 < max(train.values()) <= MOST
    assert np.histogram(world.known, [0, 8, 16, MOST + 1])[0].min() > 10


def test_what_trains_and_what_tests_is_liked_alike_however_much_is_known(world):
    users, items = world.users, world.item_ids
    ranks = np.argsort(np.argsort(world.scores, axis=1), axis=1) / len(items)
    of = {"train": [], "test": [], "few": [], "many": []}
    for row in _rows(world.likes):
        user = users.index(row["user"])
        rank = ranks[user, items.index(row["item"])]
        of.setdefault(row["split"], []).append(rank)
        of["few" if world.known[user] < 8 else "many"].append(rank)
    assert min(np.mean(found) for found in of.values()) > 0.65
    assert np.mean(of["train"]) == pytest.approx(np.mean(of["test"]), abs=0.03)
    assert np.mean(of["few"]) == pytest.approx(np.mean(of["many"]), abs=0.03)


def test_tags_tell_kinds(world):
    tags = [set(row["tags"].split("|")) for row in _rows(world.items)]
    kinds = [row["title"] for row in _rows(world.items)]
    shared = np.array([[len(one & other) for other in tags] for one in tags])
    same = np.array([[one == other for other in kinds] for one in kinds])
    assert shared[same].mean() > 5 * shared[~same].mean()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "w").write_text("a file")
    with pytest.raises(DataError, match="the made world cannot be written"):
        make_sparsity_world(tmp_path / "w", seed=0, **SMALL)
