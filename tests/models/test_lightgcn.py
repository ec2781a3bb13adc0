import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.models.lightgcn import LightGCN
from graphrec.models.user_weights import user_weights
from graphrec.testing.training_data import attached

DEGREES = {0: 2, 1: 1, 2: 2}
"""Of the toy's users."""


def by_hand(model: LightGCN, data: Data, batch: PairwiseBatch) -> float:
    """Return the weighted mean of Eq. 15 in float64, with the propagation as powers of the dense matrix (Eq. 8)."""
    adjacent = np.zeros((7, 7))
    adjacent[data.records.user, 3 + data.records.item] = 1
    adjacent += adjacent.T
    roots = np.sqrt(np.maximum(adjacent.sum(1), 1))
    adjacent /= np.outer(roots, roots)
    start = np.concatenate([t.weight.detach().double().numpy() for t in (model.users, model.items)])
    e = sum(np.linalg.matrix_power(adjacent, k) @ start for k in range(3)) / 3
    weight = {u: d**-model.settings.user_weighting for u, d in DEGREES.items()}
    unit = sum(weight[u] * d for u, d in DEGREES.items()) / sum(DEGREES.values())
    total = 0.0
    for u, i, others in zip(batch.users.tolist(), batch.positives.tolist(), batch.negatives.tolist(), strict=True):
        ranking = np.mean([np.log1p(np.exp(-e[u] @ (e[3 + i] - e[3 + j]))) for j in others])
        squares = (start**2).sum(1)
        size = squares[u] + squares[3 + i] + np.mean([squares[3 + j] for j in others])
        total += weight[u] / unit * (ranking + model.settings.l2 * size)
    return total / len(batch)


@pytest.mark.parametrize("weighting", [0, 0.5, 1])
def test_loss_by_hand(toy: Data, weighting: float) -> None:
    model = attached(LightGCN, toy, dimension=3, l2=0.1, user_weighting=weighting, initial_std=1)
    batch = PairwiseBatch(torch.tensor([0, 1, 0]), torch.tensor([0, 1, 1]), torch.tensor([[2, 2], [0, 2], [2, 1]]))
    assert model.loss("bpr", batch).item() == pytest.approx(by_hand(model, toy, batch), rel=1e-5)


def test_a_record_weighs_1_in_the_mean_and_users_alike_where_asked(toy: Data) -> None:
    assert user_weights(toy, 0).tolist() == [1, 1, 1]
    assert user_weights(toy, 1).tolist() == pytest.approx([5 / 6, 5 / 3, 5 / 6])
    records = user_weights(toy, 0.3)[torch.from_numpy(toy.by_user.rows)]
    assert records.mean().item() == pytest.approx(1)
