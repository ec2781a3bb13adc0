"""libFM as a model: what it keeps, what it refuses, and what fields are good for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.errors import ConfigError
from graphrec.graph.data import Data
from graphrec.models.known import placed_items
from graphrec.models.libfm import LibFM
from graphrec.ragged import Ragged
from graphrec.testing.training_data import data_of, learned


@pytest.fixture
def rated() -> Data:
    """Ratings of 40 users for 29 of 30 items, each of one of two genres, of which every user likes one."""
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((40, 29)) < 0.4)
    ratings = np.where(pairs[:, 0] % 2 == pairs[:, 1] % 2, 4.0, 2.0) + 0.3 * rng.normal(size=len(pairs))
    data = data_of(pairs[:, 0], pairs[:, 1], 40, 30, rating=ratings)
    genres = Ragged.from_pairs(np.arange(30), np.arange(30) % 2, 30)
    return replace(
        data, value="rating", nodes={**data.nodes, "Genre": 2}, lists={"Item>Genre": genres}
    )


def test_the_last_draws_are_kept_and_their_predictions_averaged(rated: Data) -> None:
    model = learned(LibFM, rated, {"epochs": 12}, dimension=3, burn_in=2, kept=4)
    assert int(model.drawn) == 10
    each = [
        model.drawn_mean[n] + (model.drawn_users[n, 5, :-1] * model.drawn_items[n, 7, :-1]).sum()
        + model.drawn_users[n, 5, -1] + model.drawn_items[n, 7, -1]
        for n in range(4)
    ]  # fmt: skip
    assert len({round(float(one), 6) for one in each}) == 4
    told = model.scorer().pairs(torch.tensor([5]), torch.tensor([7]))[0]
    torch.testing.assert_close(told, torch.stack(each).mean())


def test_before_any_draw_is_kept_it_predicts_by_the_last(rated: Data) -> None:
    model = learned(LibFM, rated, {"epochs": 3}, dimension=3, burn_in=10)
    assert int(model.drawn) == 0
    assert model.scorer().pairs(torch.tensor([5]), torch.tensor([7])).isfinite().all()


@pytest.mark.parametrize("learner", ["mcmc", "als", "sgd"])
def test_an_item_without_a_record_is_rated_by_its_fields(rated: Data, learner: str) -> None:
    users = torch.arange(40)
    for fields, known in (("", False), ("Item>Genre", True)):
        model = learned(LibFM, rated, {"epochs": 40}, learner=learner, dimension=3, l2=0.02, fields=fields)
        told = model.scorer().pairs(users, torch.full((40,), 29))
        assert told.isfinite().all() == known
        assert placed_items(rated, model)[29] == known
    odd, even = told[1::2].mean(), told[::2].mean()
    assert odd > even + 0.4


def test_parts_add_up_to_the_prediction(rated: Data) -> None:
    model = learned(LibFM, rated, {"epochs": 12}, dimension=3, burn_in=2)
    told = model.scorer().pairs(torch.tensor([5]), torch.tensor([7]))[0]
    assert sum(part.score for part in model.parts(5, 7)) == pytest.approx(float(told), abs=1e-5)


def test_more_draws_than_memory_holds_are_refused(rated: Data) -> None:
    many = replace(rated, nodes={**rated.nodes, "User": 1_000_000})
    with pytest.raises(ConfigError, match=r"90 draws of 1,000,030 users and items with 16 factors take 6\.1 GB"):
        LibFM.check(many, LibFM.Settings())
    LibFM.check(many, LibFM.Settings(learner="sgd"))
