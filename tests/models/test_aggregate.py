import torch
from torch.autograd import gradcheck

from graphrec.graph.blocks import Neighbours
from graphrec.models.aggregate import mean_pool

# Target 0: sources 2 and 0; target 1: none; target 2: source 2 twice, 3, 0. Source 1 has no target.
LISTS = Neighbours(
    torch.tensor([0, 2, 2, 6]),
    torch.tensor([2, 0, 2, 2, 3, 0]),
    torch.tensor([0, 2, 2, 5, 6]),
    torch.tensor([0, 2, 0, 2, 2, 2]),
)


def test_means_by_hand() -> None:
    x = torch.tensor([[1.0, 2.0], [9.0, 9.0], [3.0, -2.0], [5.0, 0.0]])
    expected = torch.tensor([[2.0, 0.0], [0.0, 0.0], [3.0, -0.5]])
    assert torch.equal(mean_pool(LISTS, x), expected)


def test_gradient() -> None:
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda t: mean_pool(LISTS, t), (x,))


def test_no_edges_at_all() -> None:
    none = torch.empty(0, dtype=torch.int64)
    lists = Neighbours(torch.zeros(3, dtype=torch.int64), none, torch.zeros(5, dtype=torch.int64), none)
    x = torch.ones(4, 2, requires_grad=True)
    pooled = mean_pool(lists, x)
    pooled.sum().backward()
    assert x.grad is not None
    assert pooled.tolist() == [[0, 0], [0, 0]]
    assert not x.grad.any()
