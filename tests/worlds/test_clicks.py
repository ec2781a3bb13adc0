import csv

import numpy as np
import pytest

from graphrec.worlds.clicks import CATEGORIES, GROUPS, MODALITIES, make_click_world

SMALL = {"users": 80, "items": 200, "per_user": 100}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_click_world(tmp_path_factory.mktemp("clicks") / "w", seed=3, **SMALL)


def _rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _of(values, names):
    return np.array([names.index(value) for value in values])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(world, tmp_path):
    same, other = (make_click_world(tmp_path / str(seed), seed=seed, **SMALL) for seed in (3, 4))
    for name in ("users", "items", "views"):
        assert getattr(same, name).read_bytes() == getattr(world, name).read_bytes()
        assert getattr(other, name).read_bytes() != getattr(world, name).read_bytes()
    with np.load(same.features) as ours, np.load(world.features) as theirs:
        assert all((ours[name] == theirs[name]).all() for name in MODALITIES)


def test_every_user_is_shown_videos_that_differ(world):
    shown = [(row["user"], row["item"]) for row in _rows(world.views)]
    assert len(shown) == len(set(shown)) == SMALL["users"] * SMALL["per_user"]


def test_what_is_watched_follows_the_chances(world):
    rows = _rows(world.views)
    users, items = (_of([row[name] for row in rows], getattr(world, f"{name}_ids")) for name in ("user", "item"))
    watched = np.array([float(row["share"]) >= 0.5 for row in rows])
    chances = world.chances[users, items]
    for low in np.arange(0, 1, 0.2):
        inside = (chances >= low) & (chances < low + 0.2)
        assert watched[inside].mean() == pytest.approx(chances[inside].mean(), abs=0.05)


def test_groups_and_categories_tell_something_together_only(world):
    group = _of([row["group"] for row in _rows(world.users)], list(GROUPS))
    category = _of([row["category"] for row in _rows(world.items)], list(CATEGORIES))
    logits = np.log(world.chances / (1 - world.chances))
    cells = np.array([[logits[np.ix_(group == g, category == c)].mean() for c in range(6)] for g in range(6)])
    assert cells.std() > 1
    assert max(cells.mean(0).std(), cells.mean(1).std()) < 0.4 * cells.std()


def test_attention_is_shared_out_and_each_user_has_an_own(world):
    np.testing.assert_allclose(world.attention.sum(1), 1)
    assert (world.attention.std(0) > 0.15).all()
