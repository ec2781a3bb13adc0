import numpy as np
import pytest
import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.models.bm3 import BM3
from graphrec.testing.training_data import attached, data_of

USERS, ITEMS = 12, 10


@pytest.fixture
def data() -> Data:
    """Item 9 has no record."""
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((USERS, ITEMS - 1)) < 0.4)
    return data_of(pairs[:, 0], pairs[:, 1], USERS, ITEMS, features=rng.normal(size=(ITEMS, 3)))


def model_of(data: Data, **settings: float) -> BM3:
    given = {"dropout": 0.0, "l2": 0.1, "content_weight": 0.3, "user_weighting": 0.0, "initial_std": 1.0, **settings}
    return attached(BM3, data, dimension=4, layers=2, scaling="l2", **given)


def h_by_hand(model: BM3, data: Data) -> tuple[Tensor, Tensor]:
    """Return h of users and items from the dense adjacency, of items with E^0 added."""
    adjacent = torch.zeros(USERS + ITEMS, USERS + ITEMS)
    adjacent[data.records.user, USERS + data.records.item] = 1
    adjacent = adjacent + adjacent.T
    roots = adjacent.sum(1).clamp(min=1).sqrt()
    adjacent = adjacent / roots[:, None] / roots
    start = torch.cat([model.users.weight, model.items.weight])
    smooth = (start + adjacent @ start + adjacent @ adjacent @ start) / 3
    return smooth[:USERS], smooth[USERS:] + start[USERS:]


def content_by_hand(model: BM3, data: Data) -> Tensor:
    features = torch.from_numpy(data.content.rows(slice(None)))
    return features / features.norm(dim=1, keepdim=True) @ model.projections[0].T


def cost(model: BM3, h: Tensor, view: Tensor) -> Tensor:
    predicted = model.predictor.weight @ h + model.predictor.bias
    return -(predicted @ view.detach()) / predicted.norm() / view.norm().detach()


def test_loss_and_gradients_by_hand(data: Data) -> None:
    model = model_of(data)
    batch = PairwiseBatch(torch.tensor([0, 3, 3]), torch.tensor([1, 2, 5]), torch.empty(3, 0, dtype=torch.int64))
    users, items = h_by_hand(model, data)
    told, due = content_by_hand(model, data), torch.zeros(())
    for u, i in ((0, 1), (3, 2), (3, 5)):
        due = due + cost(model, users[u], items[i]) + cost(model, items[i], users[u])
        due = due + 0.3 * (cost(model, told[i], items[i]) + cost(model, told[i], told[i]))
        due = due + 0.1 * (users[u].square().sum() + items[i].square().sum())
    due, found, each = due / 3, model.loss("bootstrap", batch), list(model.parameters())
    torch.testing.assert_close(found, due)
    for mine, theirs in zip(torch.autograd.grad(found, each), torch.autograd.grad(due, each), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_a_view_lacks_some_numbers_and_its_mean_is_h(data: Data) -> None:
    model = model_of(data, dropout=0.3)
    h = torch.randn(200, 300, requires_grad=True)
    view = model._view(h)
    assert not view.requires_grad
    assert (view == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    torch.testing.assert_close(view[view != 0], (h / 0.7)[view != 0].detach())


def test_what_ranks_are_predictions_and_content_stands_for_an_item_without_a_record(data: Data) -> None:
    model = model_of(data)
    users, items = h_by_hand(model, data)
    told = model.predictor(content_by_hand(model, data)[9])
    items = items.clone()
    items[9] = told / told.norm() * items[:9].norm(dim=1).mean()
    for mine, theirs in zip(model.vectors(), (users, items), strict=True):
        torch.testing.assert_close(mine, model.predictor(theirs), rtol=1e-4, atol=1e-5)
