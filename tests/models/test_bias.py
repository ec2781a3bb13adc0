from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.models.bias import Bias
from graphrec.testing.training_data import data_of, learned

DAMPING = 5


@pytest.fixture
def rated() -> Data:
    data = data_of(np.array([0, 0, 1]), np.array([0, 1, 1]), 3, 3, rating=[5.0, 2.0, 2.0])
    return replace(data, value="rating")


def test_damped_means_by_hand(rated: Data) -> None:
    scorer = learned(Bias, rated).scorer()
    item = np.array([2 / (1 + DAMPING), -2 / (2 + DAMPING), 0])
    user = np.array([(2 - item[0] + -1 - item[1]) / (2 + DAMPING), (-1 - item[1]) / (1 + DAMPING), 0])
    expected = 3 + item + user[:, None]
    assert scorer.grid(torch.arange(3)).numpy() == pytest.approx(expected, abs=1e-6)
    assert scorer.pairs(torch.tensor([1, 0]), torch.tensor([0, 2])).numpy() == pytest.approx(
        expected[[1, 0], [0, 2]], abs=1e-6
    )


def test_of_whom_nothing_is_known_the_mean_is_told(rated: Data) -> None:
    assert learned(Bias, rated).scorer().pairs(torch.tensor([2]), torch.tensor([2])).item() == 3


def test_items_in_another_order(rated: Data) -> None:
    scorer = learned(Bias, rated).scorer()
    items, users = torch.tensor([2, 0]), torch.tensor([1, 2])
    assert torch.equal(scorer.grid(users, items), scorer.grid(users)[:, items])
