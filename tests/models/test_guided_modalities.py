"""Attention to modalities that the user guides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.models.deepfm import DeepFM
from graphrec.models.guided_modalities import GuidedModalities
from graphrec.testing.training_data import attached, data_of


@torch.no_grad()
def test_shares_are_a_softmax_over_what_an_item_has() -> None:
    torch.manual_seed(0)
    layer = GuidedModalities(3, 4)
    layer.bias.normal_()
    users, modalities = torch.randn(4, 4), torch.randn(4, 3, 4)
    present = torch.tensor([[True, True, True], [True, False, True], [False, True, False], [False, False, False]])
    found = layer(users, modalities, present)
    of_users = (users @ layer.of_user.weight.T)[:, None]
    told = torch.tanh(of_users + modalities @ layer.of_modality.weight.T + layer.bias) @ layer.v.weight[0]
    torch.testing.assert_close(found[0], told[0].softmax(0))
    torch.testing.assert_close(found[1, [0, 2]], told[1, [0, 2]].softmax(0))
    assert found[1, 1] == 0
    assert found[2].tolist() == [0, 1, 0]
    torch.testing.assert_close(found[3], told[3].softmax(0))


@pytest.fixture
def data() -> Data:
    rng = np.random.default_rng(0)
    found = data_of(rng.integers(0, 6, 50), rng.integers(0, 8, 50), 6, 8, click=rng.integers(0, 2, 50))
    there = np.arange(8) != 3
    looks = {name: Mapped("Item", rng.normal(size=(8, 5)).astype(np.float32), there) for name in ("look", "sound")}
    features = {**looks, "text": replace(looks["look"], present=~there)}
    return replace(found, value="click", binary=True, features=features)


@torch.no_grad()
def test_a_model_has_one_field_of_all_modalities(data: Data) -> None:
    users, items = torch.tensor([0, 1, 2]), torch.tensor([3, 2, 1])
    guided, apart = (attached(DeepFM, data, modalities=name, initial_std=1.0) for name in ("guided", "apart"))
    for model in (guided, apart):
        model.fields.fit(data)
        model.attach(data)
    later = torch.zeros(3, dtype=torch.int64)
    assert guided.vectors(users, items, later).shape == (3, 3, 17)
    assert apart.vectors(users, items, later).shape == (3, 5, 17)
    shares = guided.attention_of(users, items)
    torch.testing.assert_close(shares.sum(1), torch.ones(3))
    # Item 3 is the only one that has a text, and that has nothing else.
    assert shares[0].tolist() == [0, 0, 1]
    assert shares[1:, 2].tolist() == [0, 0]
    assert not torch.equal(shares[1], shares[2])
    torch.testing.assert_close(apart.attention_of(users, items), torch.full((3, 3), 1 / 3))
    told = guided.fields(users, items)
    expected = (shares[..., None] * told[:, -3:]).sum(1)
    torch.testing.assert_close(guided.vectors(users, items, later)[:, -1], expected)
