"""Content features brought to a scale that models can learn from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

Scaling = Literal["none", "l2", "standard", "whiten"]

Floats = npt.NDArray[np.float32]

_VALUES = 1 << 24


class FeatureScaling(nn.Module):
    """Fitted on the items of the training graph, applied to any item.

    Raw image features are non-negative with large norms, so all items look alike to an inner product: centre
    first. An item whose features are all zero has none: it is not fitted on and stays zero.

    The fit is made when it is first needed, and not at all where a checkpoint brings it.

    Args:
        features: float32 [n, F], the items to fit on; with fewer than two, nothing but ``l2`` can be fitted.
        scaling: ``none``; ``l2``: unit length; ``standard``: mean 0 and variance 1 per column, then unit
            length; ``whiten``: decorrelated (PCA, components of equal variance), then unit length. Columns
            or directions that do not vary are left out instead of being blown up.
        rows: bool [n], which of them to fit on; None for all.
    """

    shift: Tensor
    matrix: Tensor

    def __init__(self, features: Floats, scaling: Scaling, rows: npt.NDArray[np.bool_] | None = None) -> None:
        super().__init__()
        width = features.shape[1]
        usable = np.flatnonzero(features.any(1) if rows is None else rows & features.any(1))
        self.scaling: Scaling = scaling
        if width == 0:
            self.scaling = "none"
        elif len(usable) < 2 and scaling != "none":
            self.scaling = "l2"
        self._to_fit = (features, usable) if self.scaling in ("standard", "whiten") else None
        self.register_buffer("shift", torch.zeros(width))
        self.register_buffer("matrix", torch.ones((width, width) if self.scaling == "whiten" else width))
        self.register_load_state_dict_post_hook(_fitted)  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def forward(self, features: Tensor) -> Tensor:
        """Return float32 [n, F] for float32 [n, F]."""
        if self.scaling == "none":
            return features
        self._fit()
        centred = features - self.shift
        scaled = centred @ self.matrix if self.matrix.dim() == 2 else centred * self.matrix
        return normalize(scaled, dim=1) * features.any(1, keepdim=True)

    def of(self, features: Floats) -> Tensor:
        """Return float32 [n, F] on this module's device for an array that need not fit beside its copy."""
        scaled = torch.empty(features.shape, device=self.shift.device)
        for part in _parts(np.arange(len(features)), features.shape[1]):
            scaled[part[0] : part[-1] + 1] = self(self._tensor(features[part[0] : part[-1] + 1]))
        return scaled

    def _fit(self) -> None:
        if self._to_fit is None:
            return
        (features, rows), self._to_fit = self._to_fit, None
        parts = list(_parts(rows, features.shape[1]))
        mean = torch.stack([self._tensor(features[p]).double().sum(0) for p in parts]).sum(0) / len(rows)
        self.shift.copy_(mean)
        if self.scaling == "standard":
            squares = [(self._tensor(features[p]).double() - mean).square().sum(0) for p in parts]
            deviation = (torch.stack(squares).sum(0) / (len(rows) - 1)).sqrt()
            self.matrix.copy_(torch.where(deviation > 1e-6 * deviation.max(), 1 / deviation, 0.0))
        else:
            covariance = torch.zeros(self.matrix.shape, dtype=torch.float64, device=self.matrix.device)
            for part in parts:
                centred = self._tensor(features[part]).double() - mean
                covariance.addmm_(centred.T, centred, alpha=1 / len(rows))
            self.matrix.copy_(_whitening(covariance))

    def _tensor(self, features: Floats) -> Tensor:
        return torch.tensor(features, device=self.shift.device)


def _parts(rows: npt.NDArray[np.intp], width: int) -> Iterator[npt.NDArray[np.intp]]:
    step = max(1, _VALUES // max(1, width))
    yield from (rows[start : start + step] for start in range(0, len(rows), step))


def _whitening(covariance: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(covariance)
    kept = values > 1e-6 * values.max()
    scale = torch.where(kept, values.clamp(min=torch.finfo(values.dtype).tiny).rsqrt(), 0.0)
    whitening: Tensor = (vectors * scale) @ vectors.T
    return whitening


def _fitted(module: nn.Module, _: Any) -> None:
    assert isinstance(module, FeatureScaling)
    module._to_fit = None
