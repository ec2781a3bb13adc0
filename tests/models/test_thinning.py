import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.models.smoothing import Smoothing
from graphrec.models.thinning import Thinning
from graphrec.testing.training_data import data_of

USERS, ITEMS = 30, 20


@pytest.fixture
def data() -> Data:
    """User 0 has every item but the last, which has no record, as has the last user."""
    pairs = np.argwhere(np.random.default_rng(0).random((USERS - 1, ITEMS - 1)) < 0.15)
    pairs = np.unique(np.concatenate([pairs, [(0, item) for item in range(ITEMS - 1)]]), axis=0)
    return data_of(pairs[:, 0], pairs[:, 1], USERS, ITEMS)


def kept(data: Data, thinning: Thinning, generator: torch.Generator) -> np.ndarray:
    """Return which edges a draw kept, [users, items], as both of its lists say it."""
    over_items, over_users = thinning.draw(generator)
    found = []
    for lists, shape in ((over_items, (USERS, ITEMS)), (over_users, (ITEMS, USERS))):
        for indptr, indices, size in (
            (lists.indptr, lists.indices, shape),
            (lists.reverse_indptr, lists.reverse_indices, shape[::-1]),
        ):
            dense = np.zeros(size, bool)
            dense[np.repeat(np.arange(size[0]), indptr.diff().numpy()), indices.numpy()] = True
            found.append(dense if size == (USERS, ITEMS) else dense.T)
    assert all((one == found[0]).all() for one in found)
    return found[0]


def test_as_many_edges_as_asked_stay_and_each_is_one_of_the_graph(data: Data) -> None:
    there = np.zeros((USERS, ITEMS), bool)
    there[data.records.user, data.records.item] = True
    generator = torch.Generator().manual_seed(0)
    for dropped in (0.3, 0.9):
        found = kept(data, Thinning(data, dropped, torch.device("cpu")), generator)
        assert found.sum() == round((1 - dropped) * len(data.records))
        assert not (found & ~there).any()


def test_edges_of_nodes_that_have_many_go_first(data: Data) -> None:
    """How often each is the only one kept is its probability, 1 / sqrt(degree of a * degree of i) over their sum."""
    edges, draws = len(data.records), 20_000
    thinning = Thinning(data, 1 - 1 / edges, torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    counts = np.zeros((USERS, ITEMS))
    for _ in range(draws):
        lists, _ = thinning.draw(generator)
        counts[int(lists.indptr.diff().argmax()), int(lists.indices[0])] += 1
    user, item = data.records.user, np.asarray(data.records.item)
    weight = 1 / np.sqrt(np.bincount(user)[user] * np.bincount(item)[item])
    due = draws * weight / weight.sum()
    assert (np.abs(counts[user, item] - due) < 5 * np.sqrt(due)).all()


def test_smoothing_goes_along_what_was_kept_while_training(data: Data) -> None:
    smoothing = Smoothing(data.shape, 2)
    smoothing.attach(data)
    starts = torch.randn(USERS, 4, requires_grad=True), torch.randn(ITEMS, 4, requires_grad=True)
    whole = smoothing(*starts)
    thinning = Thinning(data, 0.5, torch.device("cpu"))
    smoothing.take(thinning.draw(torch.Generator().manual_seed(1)))
    left = kept(data, thinning, torch.Generator().manual_seed(1))
    few = Smoothing(data.shape, 2)
    few.attach(data_of(*np.nonzero(left), USERS, ITEMS))
    smoothing.train()
    found, due = smoothing(*starts), few(*starts)
    gradients = [torch.autograd.grad(sum(one.square().sum() for one in both), starts) for both in (found, due)]
    for mine, theirs in zip([*found, *gradients[0]], [*due, *gradients[1]], strict=True):
        torch.testing.assert_close(mine, theirs)
    smoothing.eval()
    for mine, theirs in zip(smoothing(*starts), whole, strict=True):
        torch.testing.assert_close(mine, theirs)
