"""VPOI by hand: pairs of items, and pictures that are told from others'."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphrec.learning.batch import PairwiseBatch
from graphrec.models.vpoi import VPOI
from graphrec.testing.framed import framed
from graphrec.testing.training_data import attached

BATCH = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([3, 0]), torch.tensor([[2], [2]]))


def test_pictures_are_told_from_those_of_other_items():
    """Items 0, 2 and 3, of which 2 has no frame: each of the others is told from the one of the other."""
    model = attached(VPOI, framed(), dimension=3, initial_std=1.0, picture_weight=0.5, other_pictures=2)
    v, u, q = (one.detach().double().numpy() for one in (model.items.weight, model.users.weight, model.projection))
    content = model.scaling(torch.from_numpy(framed().features["look"].rows(slice(None)))).double().numpy()
    margins = np.array([u[0] @ v[3] - u[0] @ v[2], u[2] @ v[0] - u[2] @ v[2]])
    size = sum((one**2).sum(1).mean() for one in (u[[0, 2]], v[[3, 0]], v[[2, 2]]))
    ranking = np.log1p(np.exp(-margins)).mean() + 0.01 * size
    possible = []
    for frame in (1, 3):
        looks = {0: q @ content[frame], 3: q @ content[0]}
        told = [
            np.log1p(np.exp(-v[one] @ looks[one])) + 2 * np.log1p(np.exp(v[one] @ looks[other]))
            for one, other in ((0, 3), (3, 0))
        ]
        possible.append(ranking + 0.5 * np.mean(told))
    found = sorted({model.loss("bpr", BATCH).item() for _ in range(20)})
    assert found == pytest.approx(sorted(possible), rel=1e-4)


def test_a_batch_with_one_picture_tells_nothing_apart():
    model = attached(VPOI, framed(), dimension=3)
    assert model.of_pictures(torch.tensor([1, 2]), model.items.weight[1:3]).item() == 0


def test_items_without_a_record_are_nowhere():
    model = attached(VPOI, framed(), dimension=3)
    assert not model.vectors()[1][4].any()
