from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.models.cdl import CDL, Comparative
from graphrec.models.lapreg import LapReg
from graphrec.testing.training_data import attached

BATCH = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([1, 2]), torch.tensor([[2, 2], [0, 0]]))
ROWS = [(0, [1, 2, 2]), (2, [2, 0, 0])]


def parts(model: Comparative[Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return users, and content as the network has it."""
    first, bias, second, last = (p.detach().double().numpy() for p in model.network.parameters())
    looks = np.maximum(0, model.content.double().numpy() @ first.T + bias) @ second.T + last
    return model.users.weight.detach().double().numpy(), looks


@pytest.mark.parametrize(("kind", "laplacian"), [(CDL, 0.0), (LapReg, 0.4)])
def test_loss_by_hand(toy: Data, kind: type[Comparative[Any]], laplacian: float) -> None:
    more = {"laplacian": laplacian} if laplacian else {}
    model = attached(kind, toy, dimension=3, hidden=5, l2=0.1, user_weighting=1, **more)
    users, looks = parts(model)
    # Users 0 and 2 have 2 of the 5 records each, user 1 has 1: weights 1/2, 1, 1/2, on average over records 1.
    weight = 0.5 / ((4 * 0.5 + 1) / 5)
    told = []
    for user, items in ROWS:
        distances = np.square(users[user] - looks[items]).sum(1)
        compared = np.log1p(np.exp(distances[0] - distances[1:])).mean()
        sizes = np.square(looks[items]).sum(1)
        size = np.square(users[user]).sum() + sizes[0] + sizes[1:].mean()
        told.append(weight * (compared + laplacian * distances[0]) + 0.1 * size)
    assert model.loss("pairs", BATCH).item() == pytest.approx(np.mean(told), rel=1e-5)


@pytest.mark.parametrize("kind", [CDL, LapReg])
def test_the_nearest_comes_first(toy: Data, kind: type[Comparative[Any]]) -> None:
    """Also of items without records, which are ranked among the others."""
    model = attached(kind, toy, dimension=3, hidden=5)
    users, looks = parts(model)
    distances = np.square(users[:, None] - looks[None]).sum(2)
    scores = model.scorer().grid(torch.arange(3)).double().numpy()
    assert scores - np.square(users).sum(1)[:, None] == pytest.approx(-distances, abs=1e-5)
