"""What an item looks, sounds and reads like, put together as its user attends to each."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GuidedModalities(nn.Module):
    """User-guided attention to modalities (Hasama and Li, section 1 and 4.4, which give no formula).

    w_k = softmax over the modalities that the item has of v · tanh(W_u u + W_m m_k + b_k), and what comes out is
    Σ_k w_k m_k, with u the user's vector and m_k the vector of modality k.

    Args:
        modalities: how many there are.
        dimension: D, of all vectors.
    """

    def __init__(self, modalities: int, dimension: int) -> None:
        super().__init__()
        self.of_user = nn.Linear(dimension, dimension, bias=False)
        self.of_modality = nn.Linear(dimension, dimension, bias=False)
        self.bias = nn.Parameter(torch.zeros(modalities, dimension))
        self.v = nn.Linear(dimension, 1, bias=False)

    def forward(self, users: Tensor, modalities: Tensor, present: Tensor) -> Tensor:
        """Return w, float32 [B, modalities], 1 in all.

        Args:
            users: float32 [B, D].
            modalities: float32 [B, modalities, D].
            present: bool [B, modalities], which of them each item has; of one that has none all count.
        """
        hidden = torch.tanh(self.of_user(users)[:, None] + self.of_modality(modalities) + self.bias)
        told: Tensor = self.v(hidden).squeeze(2)
        counted = present | ~present.any(1, keepdim=True)
        return told.masked_fill(~counted, -torch.inf).softmax(1)
