"""Weights of a factorization machine a column at a time, against Rendle's equations written out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from graphrec.graph.columns import Numbers
from graphrec.graph.data import Data
from graphrec.models.factor_sweeps import Prior, Sweeps, Weights, composed
from graphrec.models.fields import Side, side
from graphrec.models.rated import Rated
from graphrec.ragged import Ragged
from graphrec.testing.training_data import data_of

D = 3
FIELDS = "Item>Genre,Item.year"


@pytest.fixture
def rated() -> Data:
    """60 ratings by 8 users of 12 items, of one to three of 4 genres, and some of a year; the last user has none."""
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, 7 * 11, 60))
    genres = Ragged.from_pairs(np.repeat(np.arange(12), 3), rng.integers(0, 4, 36), 12)
    years = rng.normal(2000, 10, 12)
    years[:3] = np.nan
    data = data_of(pairs // 11, pairs % 11, 8, 12, rating=rng.normal(3, 1, len(pairs)))
    return replace(
        data,
        value="rating",
        nodes={**data.nodes, "Genre": 4},
        lists={"Item>Genre": genres},
        fields={"Item.year": Numbers(years)},
    )


@pytest.fixture
def sides(rated: Data) -> list[Side]:
    return [side(rated, label, FIELDS) for label in ("User", "Item")]


def tables(sides: list[Side], seed: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 0.5, (one.rows.shape[1], D + 1)).astype(np.float32) for one in sides]


def design(sides: list[Side], rated: Rated) -> np.ndarray:
    """Return x of Eq. 1, float64 [E, columns of users + columns of items]."""
    users, items = (one.rows.toarray().astype(float) for one in sides)
    return np.concatenate([users[rated.users], items[rated.items]], axis=1)


def told(x: np.ndarray, table: np.ndarray, mean: float) -> np.ndarray:
    """Return Eq. 1, by pairs of columns."""
    found = mean + x @ table[:, -1]
    for j in range(x.shape[1]):
        for k in range(j + 1, x.shape[1]):
            found += x[:, j] * x[:, k] * (table[j, :-1] @ table[k, :-1])
    return found


def test_a_rating_is_what_equation_1_says(rated: Data, sides: list[Side]) -> None:
    ratings, (users, items) = Rated.of(rated), tables(sides)
    p, q = (composed(one, torch.from_numpy(table)).numpy() for one, table in zip(sides, (users, items), strict=True))
    sweeps = Sweeps(ratings, sides)
    sweeps.begin(p, q, 2.5)
    expected = ratings.values - told(design(sides, ratings), np.concatenate([users, items]).astype(float), 2.5)
    np.testing.assert_allclose(sweeps.error, expected, rtol=1e-4, atol=1e-4)


def swept(ratings: Rated, sides: list[Side], precision: float, seed: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights after a sweep with μ = 0.3 and λ = 2, those of one side after the other, and its errors."""
    given, sweeps = tables(sides), Sweeps(ratings, sides)
    p, q = (composed(one, torch.from_numpy(table)).numpy() for one, table in zip(sides, given, strict=True))
    sweeps.begin(p, q, 2.5)
    weights = [Weights.taken(table, one) for table, one in zip(given, sides, strict=True)]
    priors = [Prior(one.fields, np.full(3, 0.3), np.full(3, 2.0)) for one in sides]
    rng = None if seed is None else np.random.default_rng(seed)
    sweeps.sweep(weights, lambda one, _: priors[one], precision, rng)
    return np.concatenate([one.given() for one in weights]), sweeps.error


def literally(
    x: np.ndarray, y: np.ndarray, table: np.ndarray, there: list[np.ndarray], precision: float, seed: int | None
) -> np.ndarray:
    """Return the weights after the same sweep by Eq. 25 and 28, every ŷ worked out anew."""
    rng = None if seed is None else np.random.default_rng(seed)
    table = table.astype(float)
    for f in [D, *range(D)]:
        for first, half in zip([0, len(there[0])], there, strict=True):
            drawn = np.zeros(len(half)) if rng is None else rng.standard_normal(len(half))
            for n in half.nonzero()[0]:
                j = first + n
                h = x[:, j] if f == D else x[:, j] * (x @ table[:, f] - x[:, j] * table[j, f])
                error = y - told(x, table, 2.5)
                divisor = precision * (h @ h) + 2.0
                new = (precision * (table[j, f] * (h @ h) + h @ error) + 2.0 * 0.3) / divisor
                table[j, f] = new + drawn[n] / np.sqrt(divisor)
    return table


@pytest.mark.parametrize("seed", [None, 3])
def test_a_sweep_is_that_of_the_paper(rated: Data, sides: list[Side], seed: int | None) -> None:
    ratings = Rated.of(rated)
    found, error = swept(ratings, sides, 1.7, seed)
    x, there = design(sides, ratings), [np.diff(one.columns.indptr) > 0 for one in sides]
    expected = literally(x, ratings.values, np.concatenate(tables(sides)), there, 1.7, seed)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose(error, ratings.values - told(x, expected, 2.5), rtol=5e-3, atol=5e-3)


def test_a_column_that_no_node_has_stays(rated: Data, sides: list[Side]) -> None:
    found, _ = swept(Rated.of(rated), sides, 1.0, 3)
    before = np.concatenate(tables(sides))
    absent = np.concatenate([np.diff(one.columns.indptr) == 0 for one in sides])
    assert absent.any()
    np.testing.assert_array_equal(found[absent], before[absent])
    assert (found[~absent] != before[~absent]).any(1).all()


def test_l2_counts_once_for_each_record_that_has_a_column(rated: Data, sides: list[Side]) -> None:
    sweeps = Sweeps(Rated.of(rated), sides)
    prior = Prior.of_records(sides[1], sweeps.counts[1], 0.5)
    x = design(sides, sweeps.rated)[:, sides[0].rows.shape[1] :]
    np.testing.assert_allclose(prior.strength, 0.5 * (x != 0).sum(0))


def test_hyperparameters_are_drawn_around_those_of_the_weights() -> None:
    rng = np.random.default_rng(0)
    count = 4000
    alone = sparse.csr_array(sparse.diags_array(np.ones(count, np.float32)))
    one = Side(alone, np.repeat([0, 1], count // 2))
    weights = np.concatenate([rng.normal(1, 0.5, count // 2), rng.normal(-2, 1, count // 2)])
    draws = [Prior.drawn(one, weights, rng) for _ in range(50)]
    np.testing.assert_allclose(np.mean([draw.towards for draw in draws], axis=0), [1, -2], atol=0.05)
    np.testing.assert_allclose(np.mean([draw.strength for draw in draws], axis=0), [4, 1], rtol=0.07)

