from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.graph.native_sampler import NativeSampler
from graphrec.models.smoothing import Smoothing
from graphrec.testing.training_data import data_of

USERS, ITEMS, D = 30, 20, 4


@pytest.fixture
def data() -> Data:
    """The last user and the last item have no record."""
    pairs = np.argwhere(np.random.default_rng(0).random((USERS - 1, ITEMS - 1)) < 0.2)
    return data_of(pairs[:, 0], pairs[:, 1], USERS, ITEMS)


@pytest.fixture
def starts() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(USERS, D, requires_grad=True), torch.randn(ITEMS, D, requires_grad=True)


def smoothing(data: Data, layers: int) -> Smoothing:
    made = Smoothing(data.shape, layers)
    made.attach(data)
    return made


def by_hand(data: Data, layers: int, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of the powers of the dense matrix (Eq. 7 and 8)."""
    count = USERS + ITEMS
    adjacent = torch.zeros(count, count)
    adjacent[data.records.user, USERS + data.records.item] = 1
    adjacent = adjacent + adjacent.T
    roots = adjacent.sum(1).clamp(min=1).sqrt()
    adjacent = adjacent / roots[:, None] / roots
    level = total = torch.cat([users, items])
    for _ in range(layers):
        level = adjacent @ level
        total = total + level
    total = total / (layers + 1)
    return total[:USERS], total[USERS:]


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_values_and_gradients_by_hand(data: Data, starts: tuple[Tensor, Tensor], layers: int) -> None:
    weights = torch.randn(USERS, D), torch.randn(ITEMS, D)
    found = []
    for users, items in (smoothing(data, layers)(*starts), by_hand(data, layers, *starts)):
        loss = (users * weights[0]).square().sum() + (items * weights[1]).square().sum()
        found.append([users, items, *torch.autograd.grad(loss, starts)])
    for mine, theirs in zip(*found, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_blocks_of_all_neighbours_say_what_the_whole_graph_says(
    data: Data, starts: tuple[Tensor, Tensor], layers: int
) -> None:
    made = smoothing(data, layers)
    seeds = torch.tensor([3, 0, USERS - 1]), torch.tensor([5, ITEMS - 1, 2])
    blocks = NativeSampler(data, (100,) * layers, 0).sample(*seeds)
    users, items = made.of_blocks(blocks, starts[0][blocks.users], starts[1][blocks.items])
    whole = made(*starts)
    torch.testing.assert_close(users[blocks.seed_users], whole[0][seeds[0]])
    torch.testing.assert_close(items[blocks.seed_items], whole[1][seeds[1]])


def test_a_user_alone_is_where_the_whole_graph_has_it(data: Data, starts: tuple[Tensor, Tensor]) -> None:
    made = smoothing(data, 3)
    with torch.no_grad():
        levels = made.item_levels(*starts)
        for user in (0, 11, USERS - 1):
            own = made.of_user(starts[0][user], levels, np.array(data.by_user[user]))
            torch.testing.assert_close(own, made(*starts)[0][user])
