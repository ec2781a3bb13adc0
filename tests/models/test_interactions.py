"""What click models make of fields."""

from __future__ import annotations

import torch
from torch.nn import functional

from graphrec.models.interactions import PairAttention, SelfAttention, layers, second_order

X = torch.randn(4, 5, 6, generator=torch.Generator().manual_seed(0))


def test_second_order_is_the_sum_over_pairs() -> None:
    pairs = sum((X[:, i] * X[:, j]).sum(1) for i in range(5) for j in range(i + 1, 5))
    torch.testing.assert_close(second_order(X), pairs)


@torch.no_grad()
def test_pairs_are_pooled_by_attention() -> None:
    torch.manual_seed(0)
    layer = PairAttention(6, 3)
    pairs = torch.stack([X[:, i] * X[:, j] for i in range(5) for j in range(i + 1, 5)], 1)
    assert pairs.shape[1] == 10
    told = functional.relu(pairs @ layer.hidden.weight.T + layer.hidden.bias) @ layer.h.weight[0]
    torch.testing.assert_close(layer(X), pairs.shape[1] * (told.softmax(1)[..., None] * pairs).sum(1))


@torch.no_grad()
def test_each_head_attends_by_itself() -> None:
    torch.manual_seed(0)
    layer = SelfAttention(6, 2, 3)
    query, key, value, own = (X @ layer.mapped.weight.T).chunk(4, -1)
    heads = []
    for head in (slice(0, 3), slice(3, 6)):
        shares = (query[..., head] @ key[..., head].transpose(1, 2) / 3**0.5).softmax(-1)
        heads.append(shares @ value[..., head])
    torch.testing.assert_close(layer(X), functional.relu(torch.cat(heads, -1) + own))


def test_no_layers_give_back_what_went_in() -> None:
    made, width = layers(6, 0, 64, 0.5)
    assert width == 6
    assert torch.equal(made(X), X)
