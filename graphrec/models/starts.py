"""What weights start with where PyTorch's way makes signals too small in deep networks: as Keras has it."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def start_as_keras(module: nn.Module) -> None:
    """Set the weights of linear and recurrent layers, for ``nn.Module.apply``.

    Glorot's uniform weights (AISTATS 2010, Eq. 16), which keep a signal's size from layer to layer where PyTorch's
    shrink it; recurrent weights that are orthogonal; biases of 0, but of 1 for forget gates.
    """
    if isinstance(module, nn.Linear) and module.weight.numel():
        nn.init.xavier_uniform_(module.weight)
        module.bias.zero_()
    elif isinstance(module, nn.LSTM):
        for name, weight in module.named_parameters():
            if name.startswith("weight_ih") and weight.numel():
                nn.init.xavier_uniform_(weight)
            elif name.startswith("weight_hh"):
                nn.init.orthogonal_(weight)
            elif name.startswith("bias"):
                weight.zero_()
                if name.startswith("bias_ih"):
                    weight[module.hidden_size : 2 * module.hidden_size] = 1
