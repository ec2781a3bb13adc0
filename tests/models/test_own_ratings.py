"""Ratings by content: the paper's example, and what is unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.errors import ConfigError
from graphrec.graph.data import Data
from graphrec.models.metadata import Metadata
from graphrec.models.trailer_content import TrailerContent
from graphrec.ragged import Ragged
from graphrec.testing.training_data import attached, data_of


@pytest.fixture
def figure_4() -> Data:
    """User 0 has rated A and B with 5 and 2; (1 + cosine) / 2 of D with A and B is 0.92 and 0.34. E has no features."""
    angles = np.array([np.arccos(0.84), -np.arccos(-0.32), 1.0, 0.0])
    looks = np.concatenate([np.stack([np.cos(angles), np.sin(angles)], axis=1), np.zeros((1, 2))])
    data = data_of(np.array([0, 0, 1]), np.array([0, 1, 4]), 3, 5, features=looks, rating=[5.0, 2.0, 4.0])
    return replace(data, value="rating")


def predicted(model: TrailerContent | Metadata, user: int, item: int) -> float:
    return float(model.scorer().pairs(torch.tensor([user]), torch.tensor([item]))[0])


def test_the_papers_example(figure_4: Data) -> None:
    model = attached(TrailerContent, figure_4)
    assert predicted(model, 0, 3) == pytest.approx(4.19, abs=0.005)


def test_cosines_below_nothing_do_not_count(figure_4: Data) -> None:
    model = attached(TrailerContent, figure_4, similarity="cosine")
    assert predicted(model, 0, 3) == pytest.approx(5)


def test_a_high_power_is_the_most_similar_alone(figure_4: Data) -> None:
    assert predicted(attached(TrailerContent, figure_4, power=32), 0, 3) == pytest.approx(5, abs=1e-3)


def test_shrinkage_draws_to_the_users_mean(figure_4: Data) -> None:
    told = predicted(attached(TrailerContent, figure_4, shrinkage=2.0), 0, 3)
    assert told == pytest.approx(3.5 + (0.92 * 1.5 - 0.34 * 1.5) / (0.92 + 0.34 + 2), abs=1e-4)


def test_around_biases_by_hand(figure_4: Data) -> None:
    mean = 11 / 3
    of_items = np.array([5 - mean, 2 - mean]) / 6
    of_user = ((5 - mean - of_items[0]) + (2 - mean - of_items[1])) / 7
    above = np.array([5, 2]) - mean - of_user - of_items
    expected = mean + of_user + (0.92 * above[0] + 0.34 * above[1]) / 1.26
    assert predicted(attached(TrailerContent, figure_4, around="biases"), 0, 3) == pytest.approx(expected, abs=1e-4)


def test_what_content_says_nothing_of_has_no_prediction(figure_4: Data) -> None:
    model = attached(TrailerContent, figure_4)
    assert np.isnan([predicted(model, user, item) for user, item in ((0, 4), (1, 0), (2, 0))]).all()


def test_a_grid_says_what_pairs_say(figure_4: Data) -> None:
    scorer = attached(TrailerContent, figure_4, around="biases").scorer()
    grid = scorer.grid(torch.arange(3))
    users, items = torch.arange(3).repeat_interleave(5), torch.arange(5).repeat(3)
    pairs = scorer.pairs(users, items).view(3, 5)
    known = ~pairs.isnan()
    assert known.sum() == 4
    torch.testing.assert_close(grid[known], pairs[known])


def test_metadata_compares_genres(figure_4: Data) -> None:
    genres = Ragged.from_pairs(np.array([0, 0, 1, 3]), np.array([0, 1, 2, 0]), 5)
    data = replace(figure_4, nodes={**figure_4.nodes, "Genre": 3}, lists={"Item>Genre": genres})
    cosine = 2**-0.5
    weights = np.array([(1 + cosine) / 2, 0.5])
    assert predicted(attached(Metadata, data), 0, 3) == pytest.approx(weights @ [5, 2] / weights.sum(), abs=1e-4)


@pytest.mark.parametrize(
    ("fields", "said"), [("", "name some"), ("Frame.time_s", "neither of User nor of Item")]
)
def test_fields_that_items_have_not_are_refused(figure_4: Data, fields: str, said: str) -> None:
    settings = Metadata.Settings(fields=fields)
    with pytest.raises(ConfigError, match=said):
        Metadata.check(figure_4, settings)


def test_what_is_no_field_is_named() -> None:
    with pytest.raises(ConfigError, match="'genre' is no field"):
        Metadata.reads(Metadata.Settings(fields="genre"))
