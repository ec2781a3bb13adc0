import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.models.freedom import Freedom
from graphrec.testing.training_data import attached, data_of

USERS, ITEMS, WIDTH, NEAR = 12, 10, 3, 2


@pytest.fixture
def data() -> Data:
    """Item 9 has no record."""
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((USERS, ITEMS - 1)) < 0.4)
    return data_of(pairs[:, 0], pairs[:, 1], USERS, ITEMS, features=rng.normal(size=(ITEMS, WIDTH)))


def model_of(data: Data) -> Freedom:
    weights = {"l2": 0.1, "content_weight": 0.3, "user_weighting": 0}
    return attached(
        Freedom, data, dimension=4, neighbours=NEAR, dropped=0, initial_std=1, scaling="l2", **weights
    )


def by_hand(model: Freedom, data: Data) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of users and items in float64, from dense matrices; of item 9 the neighbours' mean."""
    features = data.content.rows(slice(None)).astype(np.float64)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    cosine = unit @ unit.T
    cosine[:, 9] = -1
    np.fill_diagonal(cosine, -1)
    alike = np.zeros((ITEMS, ITEMS))
    for item, row in enumerate(cosine):
        best = np.argsort(-row)[:NEAR]
        alike[item, best] = (row[best] > 0) / (row[best] > 0).sum()
    adjacent = np.zeros((USERS + ITEMS, USERS + ITEMS))
    adjacent[data.records.user, USERS + data.records.item] = 1
    adjacent += adjacent.T
    roots = np.sqrt(np.maximum(adjacent.sum(1), 1))
    adjacent /= np.outer(roots, roots)
    start = np.concatenate([t.weight.detach().double().numpy() for t in (model.users, model.items)])
    smooth = sum(np.linalg.matrix_power(adjacent, k) @ start for k in range(3)) / 3
    items = smooth[USERS:] + alike @ start[USERS:]
    items[9] = alike[9] @ items
    return smooth[:USERS], items


def test_embeddings_by_hand(data: Data) -> None:
    model = model_of(data)
    for mine, theirs in zip(model.vectors(), by_hand(model, data), strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), theirs, rtol=1e-4, atol=1e-5)


def test_loss_by_hand(data: Data) -> None:
    model = model_of(data)
    h_users, h_items = by_hand(model, data)
    features = data.content.rows(slice(None)).astype(np.float64)
    content = features / np.linalg.norm(features, axis=1, keepdims=True) @ model.projections[0].detach().numpy().T
    batch = PairwiseBatch(torch.tensor([0, 3]), torch.tensor([1, 2]), torch.tensor([[4, 5], [0, 7]]))
    due = 0.0
    start = [t.weight.detach().double().numpy() for t in (model.users, model.items)]
    for u, i, others in zip([0, 3], [1, 2], [[4, 5], [0, 7]], strict=True):
        for j in others:
            ranked, alike = (np.log1p(np.exp(-h_users[u] @ (items[i] - items[j]))) for items in (h_items, content))
            size = (start[0][u] ** 2).sum() + (start[1][i] ** 2).sum() + (start[1][j] ** 2).sum()
            due += (ranked + 0.3 * alike + 0.1 * size) / 4
    assert model.loss("bpr", batch).item() == pytest.approx(due, rel=1e-5)
