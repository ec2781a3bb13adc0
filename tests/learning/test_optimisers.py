import pytest
import torch
from torch import Tensor, nn

from graphrec.learning.optimisers import Move, PlainSGD, make_optimiser

ROWS = torch.tensor([4, 0, 4, 2])


def table() -> nn.Parameter:
    return nn.Parameter(torch.arange(12, dtype=torch.float32).view(6, 2) / 10)


def rows_of(rows: Tensor, values: Tensor, parameter: nn.Parameter) -> Tensor:
    return torch.sparse_coo_tensor(rows[None], values, parameter.shape, check_invariants=False)


def moved(optimiser: str, gradient: Tensor, decay: float = 0.0) -> Tensor:
    parameter = table()
    step = (
        torch.optim.SGD([parameter], 0.5, weight_decay=decay)
        if optimiser == "torch"
        else make_optimiser(Move([parameter], "sgd", decay=decay), 0.5)
    )
    parameter.grad = gradient
    step.step()
    return parameter.detach()


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_a_dense_gradient_moves_as_by_torch(decay: float) -> None:
    gradient = torch.linspace(-1, 1, 12).view(6, 2)
    torch.testing.assert_close(moved("ours", gradient, decay), moved("torch", gradient, decay))


def test_a_sparse_gradient_moves_as_its_dense_form() -> None:
    sparse = rows_of(ROWS, torch.ones(4, 2) * torch.arange(4)[:, None], table())
    torch.testing.assert_close(moved("ours", sparse), moved("torch", sparse.to_dense()))


def test_decay_is_of_the_rows_that_are_touched_and_once() -> None:
    sparse = rows_of(ROWS, torch.zeros(4, 2), table())
    before, after = table().detach(), moved("ours", sparse, 0.1)
    touched = torch.tensor([0, 2, 4])
    torch.testing.assert_close(after[touched], before[touched] * (1 - 0.5 * 0.1))
    assert torch.equal(after[[1, 3, 5]], before[[1, 3, 5]])


def test_many_rows_in_two_threads() -> None:
    """``torch.optim.SGD`` fails at values that are a slice: its threads see views of a leaf."""
    count = 200_000
    parameter = nn.Parameter(torch.zeros(1000, 65))
    rows = torch.arange(count) % 1000
    parameter.grad = rows_of(rows, torch.ones(count, 66)[:, :-1], parameter)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        PlainSGD([parameter], 1.0).step()
    finally:
        torch.set_num_threads(threads)
    assert (parameter.detach() == -200).all()
