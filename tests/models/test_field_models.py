"""Models of clicks, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, relu

from graphrec.graph.data import Data
from graphrec.learning.batch import PointwiseBatch
from graphrec.models.autoint import AutoInt
from graphrec.models.dcn import DCN
from graphrec.models.deepfm import DeepFM
from graphrec.models.field_model import FieldModel
from graphrec.models.fm import FM
from graphrec.models.mhsaac import MHSAAC
from graphrec.models.moments_before import NOW
from graphrec.tasks.click import Click
from graphrec.testing.planted import planted
from graphrec.testing.training_data import attached

USERS, ITEMS = torch.tensor([0, 1, 1]), torch.tensor([3, 3, 0])
AT = torch.tensor([1_600_000_000_200, 1_600_000_000_900, NOW])


@pytest.fixture
def data() -> Data:
    task, projection = Click(), _projection()
    return task.split(planted(projection), "random-70-10-20").data


def _projection() -> Any:
    from graphrec.graph.projection import PROJECTIONS

    return PROJECTIONS["likes"].asking(lists=("Item>Genre",), fields=("Item.year",))


def made(kind: type[FieldModel[Any]], data: Data, **settings: Any) -> tuple[FieldModel[Any], torch.Tensor]:
    """Return a model and what it makes of fields, D + 1 numbers each."""
    model = attached(kind, data, initial_std=0.5, **settings)
    model.fields.fit(data)
    model.attach(data)
    with torch.no_grad():
        model.fields.table.weight.normal_()
        model.bias.fill_(0.3)
        return model, model.vectors(USERS, ITEMS, AT)


@torch.no_grad()
def test_fm(data: Data) -> None:
    model, found = made(FM, data)
    x = found[..., :-1]
    pairs = sum((x[:, i] * x[:, j]).sum(1) for i in range(x.shape[1]) for j in range(i + 1, x.shape[1]))
    expected = 0.3 + found[..., -1].sum(1) + pairs
    torch.testing.assert_close(model.logits(USERS, ITEMS, AT), expected)
    torch.testing.assert_close(model.scorer().pairs_at(USERS, ITEMS, AT), expected.sigmoid())


@torch.no_grad()
def test_deepfm_adds_layers(data: Data) -> None:
    model, found = made(DeepFM, data, depth=1, hidden=8)
    plain, _ = made(FM, data)
    plain.load_state_dict({name: one for name, one in model.state_dict().items() if name in plain.state_dict()})
    deep, out = model.deep[0], model.out
    told = relu(found[..., :-1].flatten(1) @ deep.weight.T + deep.bias) @ out.weight[0] + out.bias
    torch.testing.assert_close(model.logits(USERS, ITEMS, AT), plain.logits(USERS, ITEMS, AT) + told)


@torch.no_grad()
def test_dcn_crosses_with_what_went_in(data: Data) -> None:
    model, found = made(DCN, data, depth=0, crosses=2)
    first = crossed = found[..., :-1].flatten(1)
    for layer in model.crosses:
        crossed = first * (crossed @ layer.weight.T + layer.bias) + crossed
    expected = 0.3 + found[..., -1].sum(1) + crossed @ model.out.weight[0] + model.out.bias
    torch.testing.assert_close(model.logits(USERS, ITEMS, AT), expected)


@torch.no_grad()
def test_mhsaac_is_linear_in_both_attentions_without_layers(data: Data) -> None:
    model, found = made(MHSAAC, data, depth=0)
    x = found[..., :-1]
    both = torch.cat([model.attention(x).flatten(1), model.pairs(x)], 1)
    expected = 0.3 + found[..., -1].sum(1) + both @ model.linear.weight[0]
    torch.testing.assert_close(model.logits(USERS, ITEMS, AT), expected)
    deep, _ = made(MHSAAC, data, depth=2)
    assert [layer.in_features for layer in deep.deep if hasattr(layer, "in_features")] == [both.shape[1], 64]


def test_autoint_has_no_layers_unless_asked(data: Data) -> None:
    model, _ = made(AutoInt, data, depth=0)
    assert model.out is None
    assert model.logits(USERS, ITEMS, AT).shape == (3,)


@pytest.mark.parametrize("kind", [FM, DeepFM])
def test_loss_is_cross_entropy_and_l2_of_the_batch_and_of_the_layers(data: Data, kind: type[FieldModel[Any]]) -> None:
    model, found = made(kind, data, l2=0.01, **({} if kind is FM else {"layers_l2": 0.1}))
    model.eval()
    layers = [] if kind is FM else [model.deep[0], model.deep[3], model.out]  # type: ignore[index]
    values = torch.tensor([1.0, 0.0, 1.0])
    batch = PointwiseBatch(USERS, ITEMS, values, torch.tensor([0, -1, 5]), AT)
    with torch.no_grad():
        expected = binary_cross_entropy_with_logits(model.logits(USERS, ITEMS, AT), values)
        weights = sum(float(one.weight.square().sum()) for one in layers)
        size = 0.01 * found.square().sum() / 3 + 0.1 * weights
        torch.testing.assert_close(model.loss("click", batch), expected + size)


@torch.no_grad()
def test_without_pairs_fm_is_the_sum_of_its_fields(data: Data) -> None:
    model, found = made(FM, data, pairs=False)
    torch.testing.assert_close(model.logits(USERS, ITEMS, AT), 0.3 + found[..., -1].sum(1))


def test_scores_do_not_depend_on_what_is_asked_together(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = made(DeepFM, data)
    users = torch.tensor(np.arange(data.users))
    grid = model.scorer().grid(users)
    monkeypatch.setattr("graphrec.models.field_model.PAIRS", 7)
    torch.testing.assert_close(model.scorer().grid(users[3:5], torch.tensor([4, 2])), grid[3:5][:, [4, 2]])


def test_without_a_moment_it_is_after_all_that_trained(data: Data) -> None:
    model, _ = made(FM, data)
    later = torch.full_like(USERS, NOW)
    assert torch.equal(model.scorer().pairs(USERS, ITEMS), model.scorer().pairs_at(USERS, ITEMS, later))
    assert not torch.equal(model.scorer().pairs(USERS, ITEMS), model.scorer().pairs_at(USERS, ITEMS, AT))
    plain, found = made(FM, data, moments=False)
    assert found.shape[1] == model.vectors(USERS, ITEMS, AT).shape[1] - 5
    assert torch.equal(plain.scorer().pairs(USERS, ITEMS), plain.scorer().pairs_at(USERS, ITEMS, AT))
