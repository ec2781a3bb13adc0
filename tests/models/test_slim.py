from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.models.slim import SLIM
from graphrec.testing.training_data import data_of, learned

Floats = npt.NDArray[np.float64]
SETTINGS = {"l1": 0.3, "l2": 0.7, "neighbours": 30}


def known(data: Data) -> Floats:
    table = np.zeros((data.users, data.items))
    table[data.records.user, data.records.item] = 1
    return table


def table_of(model: SLIM) -> Floats:
    """Return W, of which column j says what each item says of j."""
    table = np.zeros((model.shape.items, model.shape.items))
    for item, (by, weights) in enumerate(zip(model.told_by.tolist(), model.weights.tolist(), strict=True)):
        for other, weight in zip(by, weights, strict=True):
            table[other, item] += weight
    return table


def slopes(data: Data, table: Floats, user_weighting: float) -> Floats:
    """Return by how much ½ |X - XW|² + β/2 |W|² falls with each weight, of users weighted, by dense matrices."""
    x = known(data)
    weight = np.maximum(x.sum(1), 1) ** -user_weighting
    told: Floats = x.T @ (weight[:, None] * (x - x @ table)) - SETTINGS["l2"] * table
    return told


@pytest.mark.parametrize("user_weighting", [0, 0.5, 1])
def test_weights_are_at_the_optimum(some: Data, user_weighting: float) -> None:
    """The problem is convex: where a weight is positive the slope is λ, elsewhere it is λ at most (KKT)."""
    table = table_of(learned(SLIM, some, user_weighting=user_weighting, **SETTINGS))
    slope = slopes(some, table, user_weighting)
    free = ~np.eye(30, dtype=bool)
    assert (table >= 0).all()
    assert not table.diagonal().any()
    assert 50 < (table > 0).sum() < 600
    assert slope[table > 0] == pytest.approx(SETTINGS["l1"], abs=1e-3)
    assert (slope[(table == 0) & free] <= SETTINGS["l1"] + 1e-3).all()


def test_only_the_nearest_take_part(some: Data) -> None:
    """Of these the weights are at the optimum, whatever the others could say."""
    model = learned(SLIM, some, user_weighting=0, **{**SETTINGS, "neighbours": 4})
    x = known(some)
    both = x.T @ x
    cosine = np.where(both > SETTINGS["l1"], both, 0) / np.maximum(np.linalg.norm(x, axis=0), 1)[:, None]
    np.fill_diagonal(cosine, 0)
    table, slope = table_of(model), slopes(some, table_of(model), 0)
    for item in range(29):
        chosen = model.told_by[item].numpy()
        assert np.sort(cosine[chosen, item]) == pytest.approx(np.sort(cosine[:, item])[-4:])
        weighs = table[chosen, item] > 0
        assert slope[chosen, item][weighs] == pytest.approx(SETTINGS["l1"], abs=1e-3)
        assert (slope[chosen, item] <= SETTINGS["l1"] + 1e-3).all()


def test_a_column_by_hand() -> None:
    """Two items of three and two users, two of whom have both: w = (2 - λ) / (size + β)."""
    data = data_of(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0]), 3, 3)
    table = table_of(learned(SLIM, data, l1=0.5, l2=1.0, user_weighting=0))
    assert table == pytest.approx(np.array([[0, 1.5 / 4, 0], [1.5 / 3, 0, 0], [0, 0, 0]]))


def test_score_is_the_sum_of_the_weights_of_what_a_user_has(some: Data) -> None:
    model = learned(SLIM, some, **SETTINGS)
    scorer, expected = model.scorer(), known(some) @ table_of(model)
    scores = scorer.grid(torch.arange(60))
    assert scores.numpy() == pytest.approx(expected, abs=1e-5)
    users, items = torch.tensor([3, 59, 0, 3]), torch.tensor([0, 5, 29, 7])
    assert torch.equal(scorer.grid(users, items), scores[users][:, items])
    assert torch.equal(scorer.pairs(users, items), scores[users, items])
    for user in (0, 7):
        folded = model.user_scores(np.array(some.by_user[user]))
        assert folded is not None
        torch.testing.assert_close(folded, scores[user])
    assert model.user_scores(np.empty(0, np.int64)) is None


def test_of_equally_near_items_any_is_chosen() -> None:
    """Ids tell popularity: their order must not choose."""
    items = 40
    data = data_of(np.zeros(items, np.int64), np.arange(items), 1, items)
    given = {"l1": 0.001, "neighbours": 5}
    models = [learned(SLIM, data, {"seed": seed}, **given) for seed in range(5)]
    assert len({frozenset(model.told_by[0].tolist()) for model in models}) == 5


def test_its_space_has_its_scores_where_it_is_whole(some: Data) -> None:
    """With as many numbers as there are items nothing is left out."""
    model = learned(SLIM, some, dimension=30, **SETTINGS)
    space = model.embeddings()[""]
    scores = model.scorer().grid(torch.arange(some.users))
    torch.testing.assert_close(space["User"] @ space["Item"].T, scores, atol=1e-4, rtol=1e-3)
