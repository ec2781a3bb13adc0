"""Attention part by part, with gradients by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from graphrec.models import attention_steps
from graphrec.models.attention_steps import PairSteps, SelfSteps


@pytest.fixture(autouse=True)
def parts_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention_steps, "ROWS", 3)


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.double, requires_grad=True)


@pytest.mark.parametrize("fields", [2, 5])
def test_gradients_of_pairs_are_those_of_small_changes(fields: int) -> None:
    torch.manual_seed(0)
    assert torch.autograd.gradcheck(PairSteps.apply, (drawn(7, fields, 3), drawn(4, 3), drawn(4), drawn(1, 4)))


@pytest.mark.parametrize("heads", [1, 2])
def test_gradients_of_self_attention_are_those_of_small_changes(heads: int) -> None:
    torch.manual_seed(0)
    assert torch.autograd.gradcheck(lambda x, w: SelfSteps.apply(x, w, heads, 0.5), (drawn(7, 4, 3), drawn(16, 3)))


def test_a_batch_in_parts_is_the_batch_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    given = drawn(7, 5, 3), drawn(4, 3), drawn(4), drawn(1, 4)
    parts = PairSteps.apply(*given)
    monkeypatch.setattr(attention_steps, "ROWS", 7)
    torch.testing.assert_close(parts, PairSteps.apply(*given))


def test_one_field_has_no_pairs() -> None:
    assert not PairSteps.apply(drawn(7, 1, 3), drawn(4, 3), drawn(4), drawn(1, 4)).any()
