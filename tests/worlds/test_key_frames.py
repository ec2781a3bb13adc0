import csv

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.worlds.key_frames import FILLERS, STYLES, make_key_frame_world

SMALL = {"users": 60, "items": 40, "per_user": 10}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_key_frame_world(tmp_path_factory.mktemp("frames"), seed=3, **SMALL)


def _rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(world, tmp_path):
    same, other = (make_key_frame_world(tmp_path / str(seed), seed=seed, **SMALL) for seed in (3, 4))
    for name in ("items", "likes", "frame_likes"):
        assert getattr(same, name).read_bytes() == getattr(world, name).read_bytes()
    assert other.likes.read_bytes() != world.likes.read_bytes()
    first = world.frame_ids[0].replace(":", "/") + ".png"
    assert (same.stills / first).read_bytes() == (world.stills / first).read_bytes()
    assert (other.stills / first).read_bytes() != (world.stills / first).read_bytes()


def test_every_item_has_three_to_eight_pictures_one_of_which_draws_somebody(world):
    assert set(world.frames.lengths) <= set(range(3, 9))
    assert len({one.stem for one in world.stills.rglob("*.png")}) == 8
    assert sorted(f"{one.parent.name}:{one.stem}" for one in world.stills.rglob("*.png")) == world.frame_ids
    for item in range(len(world.item_ids)):
        assert (world.draws[:, world.frames[item]].max(0) > 0).sum() == 1
    assert STYLES + FILLERS <= 24


def test_users_like_what_the_truth_says_and_the_frame_that_draws_them(world):
    users, items = world.users, world.item_ids
    likes = [(users.index(row["user"]), items.index(row["item"])) for row in _rows(world.likes)]
    assert len(set(likes)) == 600
    of = np.array(likes)
    assert world.scores[of[:, 0], of[:, 1]].mean() > world.scores.mean() + 0.15
    drawn = [(users.index(row["user"]), world.frame_ids.index(row["frame"])) for row in _rows(world.frame_likes)]
    pairs = [(user, items.index(world.frame_ids[frame].partition(":")[0])) for user, frame in drawn]
    assert pairs == likes
    told = np.array(drawn)
    best = [world.draws[user, world.frames[item]].max() for user, item in likes]
    assert (world.draws[told[:, 0], told[:, 1]] == best).mean() > 0.6


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "w").write_text("a file")
    with pytest.raises(DataError, match="the made world cannot be written"):
        make_key_frame_world(tmp_path / "w", seed=0, **SMALL)
