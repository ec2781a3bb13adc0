"""What weights start with."""

from __future__ import annotations

import torch
from torch import nn

from graphrec.models.starts import start_as_keras


def test_layers_start_as_keras_has_them() -> None:
    torch.manual_seed(0)
    net = nn.ModuleDict({"lstm": nn.LSTM(7, 5, 2, bidirectional=True), "linear": nn.Linear(6, 4)})
    net.apply(start_as_keras)
    linear, lstm = net["linear"], net["lstm"]
    assert not linear.bias.any()
    assert linear.weight.abs().max() <= (6 / (6 + 4)) ** 0.5
    for name, weight in lstm.named_parameters():
        if "weight_hh" in name:
            # 20 rows of 5 columns, which are orthogonal and of unit length.
            torch.testing.assert_close(weight.T @ weight, torch.eye(5), atol=1e-5, rtol=0)
        elif "weight_ih" in name:
            assert weight.abs().max() <= (6 / sum(weight.shape)) ** 0.5
        elif "bias" in name:
            assert weight.tolist() == ([0] * 5 + [float("bias_ih" in name)] * 5 + [0] * 10)


def test_a_signal_keeps_its_size_through_many_layers() -> None:
    torch.manual_seed(0)
    deep = nn.Sequential(*[nn.Linear(200, 200) for _ in range(8)])
    x = torch.randn(50, 200)
    with torch.no_grad():
        before = float(deep(x).std())
        deep.apply(start_as_keras)
        after = float(deep(x).std())
    assert before < 0.1
    assert 0.7 < after < 1.4
