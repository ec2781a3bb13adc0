"""Networks of fully connected layers, of which users and items have one each."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from torch import nn

Activation = Literal["relu", "tanh"]


def tower(widths: list[int], activation: Activation = "relu") -> nn.Sequential:
    """Return linear layers from each width to the next, with ``activation`` between them."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.ReLU() if activation == "relu" else nn.Tanh()] if layers else []
        layers.append(nn.Linear(before, after))
    return nn.Sequential(*layers)
