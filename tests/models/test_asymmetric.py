from __future__ import annotations

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.models.asymmetric import Asymmetric
from graphrec.testing.training_data import attached

BATCH = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([1, 2]), torch.tensor([[2, 2], [0, 0]]))
ROWS = [(0, [1, 2, 2]), (2, [2, 0, 0])]


@pytest.mark.parametrize("layers", [1, 2])
def test_scores_and_loss_by_hand(toy: Data, layers: int) -> None:
    model = attached(Asymmetric, toy, dimension=3, hidden=5, layers=layers, l2=0.1, user_weighting=1)
    first, bias, second, last = (p.detach().double().numpy() for p in model.network.parameters())
    looks = np.maximum(0, model.content.double().numpy() @ first.T + bias) @ second.T + last
    free = model.users.weight.detach().double().numpy()
    adjacent = np.zeros((7, 7))
    adjacent[toy.records.user, 3 + toy.records.item] = 1
    adjacent += adjacent.T
    degrees = np.maximum(adjacent.sum(1), 1)
    adjacent /= np.sqrt(np.outer(degrees, degrees))
    level = total = np.concatenate([free, looks])
    for _ in range(layers):
        level = adjacent @ level
        total = total + level
    users = total[:3] / (layers + 1)
    scores = model.scorer().grid(torch.arange(3)).double().numpy()
    assert scores == pytest.approx(users @ looks.T, abs=1e-5)
    # Users 0 and 2 have 2 of the 5 records each, user 1 has 1: weights 1/2, 1, 1/2, on average over records 1.
    weight = 0.5 / ((4 * 0.5 + 1) / 5)
    told = []
    for user, items in ROWS:
        own = users[user] - adjacent[user, 3 + items[0]] * looks[items[0]] / (layers + 1)
        margins = (looks[items[0]] - looks[items[1:]]) @ own
        sizes = np.square(looks[items]).sum(1)
        size = np.square(free[user]).sum() + sizes[0] + sizes[1:].mean()
        told.append(weight * np.log1p(np.exp(-margins)).mean() + 0.1 * size)
    assert model.loss("bpr", BATCH).item() == pytest.approx(np.mean(told), rel=1e-5)


def test_what_is_learned_from_is_not_what_it_is_learned_by(toy: Data) -> None:
    """User 1 has item 1 alone: with one step nothing of it is left but the user's own embedding."""
    model = attached(Asymmetric, toy, dimension=3, hidden=5, layers=1, l2=0)
    batch = PairwiseBatch(torch.tensor([1]), torch.tensor([1]), torch.tensor([[2]]))
    with torch.no_grad():
        model.users.weight.zero_()
    assert model.loss("bpr", batch).item() == pytest.approx(model._weight[1].item() * np.log(2), rel=1e-5)
