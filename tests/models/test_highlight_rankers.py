"""Video2GIF, SVM-D and PHD-GIFs by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.models.phdgifs import PHDGIFs
from graphrec.models.svmd import SVMD
from graphrec.models.video2gif import Video2GIF, huber
from graphrec.testing.training_data import attached

BATCH = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([1, 2]), torch.tensor([[2, 2], [0, 0]]))
ROWS = [(0, [1, 2, 2]), (2, [2, 0, 0])]
OWN = [[0, 1], [1], [1, 2]]
WEIGHT = 0.5 / ((4 * 0.5 + 1) / 5)
"""Users 0 and 2 have 2 of the 5 records each, user 1 has 1: weights 1/2, 1, 1/2, on average over records 1."""
Floats = np.ndarray[Any, Any]


def numbers(tensor: torch.Tensor) -> Floats:
    return tensor.detach().double().numpy()


def robust(margin: float, delta: float) -> float:
    short = max(0.0, 1 - margin)
    return short**2 / 2 if short <= delta else delta * short - delta**2 / 2


def mean_without(content: Floats, user: int, item: int) -> Floats:
    """Return what else the user has."""
    others = [own for own in OWN[user] if own != item]
    return content[others].mean(0)


@pytest.mark.parametrize("margin", [2.0, 1.0, 0.2, -0.5, -0.6, -7.0])
def test_the_loss_grows_as_a_square_and_then_as_a_line(margin: float) -> None:
    assert huber(torch.tensor([margin]), 1.5).item() == pytest.approx(robust(margin, 1.5), rel=1e-6)


def test_video2gif_by_hand(toy: Data) -> None:
    model = attached(Video2GIF, toy, hidden=5, narrow=4, l2=0.1, delta=0.9, user_weighting=1)
    h = numbers(model.content)
    first, *rest = (numbers(p) for p in model.network.parameters())
    for matrix, bias in zip([first, *rest[1::2]], rest[::2], strict=True):
        h = h @ matrix.T + bias
        h = np.maximum(h, 0) if matrix is not rest[-2] else h
    h = h[:, 0]
    losses = [np.mean([robust(h[items[0]] - h[one], 0.9) for one in items[1:]]) for _, items in ROWS]
    told = WEIGHT * np.mean(losses) + 0.1 * np.square(h[:3]).mean()
    assert model.loss("pairs", BATCH).item() == pytest.approx(told, rel=1e-5)
    scores = numbers(model.scorer().grid(torch.arange(3)))
    assert scores == pytest.approx(np.tile(h, (3, 1)), abs=1e-6)


def test_svmd_by_hand(toy: Data) -> None:
    model = attached(SVMD, toy, l2=0.1, user_weighting=1)
    with torch.no_grad():
        model.looks.copy_(torch.tensor([0.4, -0.3]))
        model.nearness.copy_(torch.tensor([1.7]))
    content, w = numbers(model.content), np.array([0.4, -0.3])
    losses = []
    for user, items in ROWS:
        towards = w + 1.7 * mean_without(content, user, items[0])
        losses.append(np.mean([max(0, 1 - (content[items[0]] - content[one]) @ towards) for one in items[1:]]))
    told = WEIGHT * np.mean(losses) + 0.1 * np.square(w).sum()
    assert model.loss("pairs", BATCH).item() == pytest.approx(told, rel=1e-5)
    means = np.stack([content[own].mean(0) for own in OWN])
    scores = numbers(model.scorer().grid(torch.arange(3)))
    assert scores == pytest.approx((1.7 * means + w) @ content.T, abs=1e-6)


def test_phdgifs_by_hand(toy: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where users are scored in several blocks."""
    monkeypatch.setattr("graphrec.models.phdgifs._NUMBERS", 25)
    model = attached(PHDGIFs, toy, hidden=5, narrow=4, l2=0.1, delta=0.9, user_weighting=1)
    content = numbers(model.content)
    segment, bias, user_part = (numbers(p) for p in (*model.of_segment.parameters(), *model.of_user.parameters()))
    second, second_bias, third, last = (numbers(p) for p in model.rest.parameters())

    def h(item: int, history: Floats) -> float:
        hidden = np.maximum(0, segment @ content[item] + user_part @ history + bias)
        return float((third @ np.maximum(0, second @ hidden + second_bias) + last)[0])

    losses, squares = [], []
    for user, items in ROWS:
        history = mean_without(content, user, items[0])
        scores = [h(item, history) for item in items]
        losses.append(np.mean([robust(scores[0] - one, 0.9) for one in scores[1:]]))
        squares += [score**2 for score in scores]
    told = WEIGHT * np.mean(losses) + 0.1 * np.mean(squares)
    assert model.loss("pairs", BATCH).item() == pytest.approx(told, rel=1e-5)
    true = np.array([[h(item, content[own].mean(0)) for item in range(4)] for own in OWN])
    users, items = torch.arange(3).repeat_interleave(4), torch.arange(4).repeat(3)
    assert numbers(model.scorer().grid(torch.arange(3))) == pytest.approx(true, abs=1e-6)
    assert numbers(model.scorer().pairs(users, items)) == pytest.approx(true.ravel(), abs=1e-6)
    folded = model.user_scores(np.array(OWN[2]))
    assert folded is not None
    assert numbers(folded) == pytest.approx(true[2], abs=1e-6)
