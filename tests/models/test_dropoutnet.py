from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.dropoutnet import DropoutNet
from graphrec.testing.training_data import attached

BATCH = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([1, 2]), torch.tensor([[2, 2], [0, 0]]))


def make(data: Data, **settings: Any) -> DropoutNet:
    """Return a model whose preferences are trained, and whose networks are not."""
    model = attached(DropoutNet, data, **({"dimension": 3, "preference_dimension": 2, "hidden": 5} | settings))
    model.learner(data, RunContext(TrainOptions(device="cpu")))
    return model


def through(tower: torch.nn.Module, row: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return what a tower says of one input, by its weights."""
    first, bias, second, last = (p.detach().double().numpy() for p in tower.parameters())
    return second @ np.tanh(first @ row + bias) + last


def numbers(tensor: Tensor) -> np.ndarray[Any, Any]:
    return tensor.detach().double().numpy()


@pytest.mark.parametrize(("dropout", "transform"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
def test_loss_by_hand(toy: Data, dropout: float, transform: float) -> None:
    """Of inputs as they are, of none, and of means of the other side."""
    model = make(toy, dropout=dropout, transform=transform, user_weighting=1)
    users, items = (numbers(part) for part in model.preferences.vectors())
    content = numbers(model.content)
    own, known = [[0, 1], [1], [1, 2]], [[0], [0, 1, 2], [2], []]
    u, v = users, items
    if transform:
        u = np.stack([items[rows].mean(0) for rows in own])
        v = np.stack([users[rows].mean(0) if rows else np.zeros(2) for rows in known])
    if dropout:
        u, v = np.zeros_like(users), np.zeros_like(items)
    f_u = [through(model.user_tower, np.append(u[a], content[own[a]].mean(0))) for a in range(3)]
    f_v = [through(model.item_tower, np.append(v[i], content[i])) for i in range(4)]
    # Users 0 and 2 have 2 of the 5 records each, user 1 has 1: weights 1/2, 1, 1/2, on average over records 1.
    weight = 0.5 / ((4 * 0.5 + 1) / 5)
    pairs = [(0, 1), (0, 2), (0, 2), (2, 2), (2, 0), (2, 0)]
    errors = [(f_u[a] @ f_v[i] - users[a] @ items[i]) ** 2 for a, i in pairs]
    assert model.loss("pairs", BATCH).item() == pytest.approx(weight * np.mean(errors), rel=1e-4)


def test_an_item_without_a_record_is_by_content_alone(toy: Data) -> None:
    model = make(toy, neighbour_share=0)
    told = through(model.item_tower, np.append(np.zeros(2), numbers(model.content)[3]))
    assert not model.preferences.items[3].any()
    assert numbers(model.vectors()[1])[3] == pytest.approx(told, abs=1e-5)


def test_a_new_user_is_by_the_mean_item(toy: Data) -> None:
    model = make(toy)
    content, items = numbers(model.content), numbers(model.preferences.items)
    told = through(model.user_tower, np.append(items[[0, 2]].mean(0), content[[0, 2]].mean(0)))
    vector = model.user_vector(np.array([0, 2]))
    assert vector is not None
    assert numbers(vector) == pytest.approx(told, abs=1e-5)


def test_preferences_do_not_depend_on_what_was_drawn_before(toy: Data) -> None:
    """A run that is resumed starts from another state of torch's generator, and leaves it alone."""
    found = []
    for seed in (1, 2):
        model = attached(DropoutNet, toy, preference_dimension=2)
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        model.learner(toy, RunContext(TrainOptions(device="cpu")))
        assert torch.equal(before, torch.get_rng_state())
        found.append(model.preferences.vectors())
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])
