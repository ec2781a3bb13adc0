"""Content features brought to a scale that models can learn from."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

Scaling = Literal["none", "l2", "standard", "whiten"]


class FeatureScaling(nn.Module):
    """Fitted on the items of the training graph, applied to any item.

    Raw image features are non-negative with large norms, so all items look alike to an inner product: centre
    first.

    Args:
        features: float32 [n, F], the items to fit on; with fewer than two, nothing but ``l2`` can be fitted.
        scaling: ``none``; ``l2``: unit length; ``standard``: mean 0 and variance 1 per column, then unit
            length; ``whiten``: decorrelated (PCA, components of equal variance), then unit length. Columns
            or directions that do not vary are left out instead of being blown up.
    """

    shift: Tensor
    matrix: Tensor

    def __init__(self, features: Tensor, scaling: Scaling) -> None:
        super().__init__()
        width = features.shape[1]
        self.scaling: Scaling = scaling
        if width == 0:
            self.scaling = "none"
        elif len(features) < 2 and scaling != "none":
            self.scaling = "l2"
        shift, matrix = torch.zeros(width), torch.ones(width)
        if self.scaling in ("standard", "whiten"):
            shift = features.mean(0)
        if self.scaling == "standard":
            deviation = (features - shift).std(0)
            matrix = torch.where(deviation > 1e-6 * deviation.max(), 1 / deviation, 0.0)
        if self.scaling == "whiten":
            matrix = _whitening(features - shift)
        self.register_buffer("shift", shift)
        self.register_buffer("matrix", matrix)

    def forward(self, features: Tensor) -> Tensor:
        """Return float32 [n, F] for float32 [n, F]."""
        if self.scaling == "none":
            return features
        centred = features - self.shift
        scaled = centred @ self.matrix if self.matrix.dim() == 2 else centred * self.matrix
        return normalize(scaled, dim=1)


def _whitening(centred: Tensor) -> Tensor:
    covariance = centred.double().T @ centred.double() / len(centred)
    values, vectors = torch.linalg.eigh(covariance)
    kept = values > 1e-6 * values.max()
    scale = torch.where(kept, values.clamp(min=torch.finfo(values.dtype).tiny).rsqrt(), 0.0)
    whitening: Tensor = (vectors * scale @ vectors.T).float()
    return whitening
