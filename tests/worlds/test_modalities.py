import csv

import numpy as np
import pytest

from graphrec.worlds.modalities import KINDS, MODALITIES, make_modality_world

SMALL = {"users": 60, "items": 200, "per_user": 10}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_modality_world(tmp_path_factory.mktemp("modalities") / "w", seed=3, **SMALL)


def _rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _alike(world, modality):
    """Return int64 [items, items], how many tags two items share."""
    tags = [set(row[modality].split("|")) for row in _rows(world.items)]
    return np.array([[len(one & other) for other in tags] for one in tags])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(world, tmp_path):
    same, other = (make_modality_world(tmp_path / str(seed), seed=seed, **SMALL) for seed in (3, 4))
    for name in ("items", "likes"):
        assert getattr(same, name).read_bytes() == getattr(world, name).read_bytes()
        assert getattr(other, name).read_bytes() != getattr(world, name).read_bytes()
    assert {make_modality_world(tmp_path / "w", seed=seed, **SMALL).matters for seed in range(20)} == set(MODALITIES)


def test_modalities_look_alike_by_themselves(world):
    shared = {name: _alike(world, name) for name in MODALITIES}
    widths = {name: len({tag for row in _rows(world.items) for tag in row[name].split("|")}) for name in MODALITIES}
    assert len(set(widths.values())) == 1
    means = [found.mean() for found in shared.values()]
    assert max(means) < 1.1 * min(means)


def test_what_a_user_likes_is_alike_in_the_one_that_matters_only(world):
    items = [row["id"] for row in _rows(world.items)]
    likes: dict[str, list[int]] = {}
    for row in _rows(world.likes):
        likes.setdefault(row["user"], []).append(items.index(row["item"]))
    assert {len(own) for own in likes.values()} == {SMALL["per_user"]}
    for name in MODALITIES:
        shared = _alike(world, name)
        among = np.mean([shared[np.ix_(own, own)].sum() - shared[own, own].sum() for own in likes.values()])
        by_chance = shared[~np.eye(len(items), dtype=bool)].mean() * SMALL["per_user"] * (SMALL["per_user"] - 1)
        if name == world.matters:
            assert among > 2 * by_chance
        else:
            assert among == pytest.approx(by_chance, rel=0.2)


def test_scores_follow_the_kinds_of_the_one_that_matters(world):
    kinds = [row["title"].split(", ")[MODALITIES.index(world.matters)] for row in _rows(world.items)]
    assert len(set(kinds)) == KINDS
    for kind in set(kinds):
        same = world.scores[:, [one == kind for one in kinds]]
        assert (same == same[:, :1]).all()
