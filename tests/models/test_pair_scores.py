import pytest
import torch

from graphrec.models.pair_scores import pair_scores


@pytest.mark.parametrize("numbers", [1 << 23, 7])
def test_scores_and_gradients_are_those_of_gathered_vectors(
    numbers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphrec.models.pair_scores._NUMBERS", numbers)
    generator = torch.Generator().manual_seed(0)
    sides = [torch.randn(count, 5, generator=generator, requires_grad=True) for count in (7, 9)]
    rows = torch.randint(7, (30,), generator=generator)
    columns = torch.randint(9, (30, 4), generator=generator)
    weights = torch.randn(30, 4, generator=generator)
    found = pair_scores(*sides, rows, columns)
    expected = (sides[0][rows][:, None] * sides[1][columns]).sum(-1)
    torch.testing.assert_close(found, expected)
    for ours, theirs in zip(
        torch.autograd.grad((found * weights).sum(), sides),
        torch.autograd.grad((expected * weights).sum(), sides),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)
