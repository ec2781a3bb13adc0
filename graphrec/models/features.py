"""Content features brought to a scale that models can learn from."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from graphrec.graph.content import Joined

Scaling = Literal["none", "l2", "standard", "whiten"]

Floats = npt.NDArray[np.float32]

_CACHED = 1 << 18
"""So many numbers stay in a core's cache from one operation to the next."""


class FeatureScaling(nn.Module):
    """Fitted on the items of the training graph, applied to any item.

    Raw image features are non-negative with large norms, so all items look alike to an inner product: centre
    first. An item whose features are all zero has none: it is not fitted on and stays zero.

    Until ``fit``, and where there are fewer than two items to fit on, it brings vectors to unit length only.

    Args:
        width: F.
        scaling: ``none``; ``l2``: unit length; ``standard``: mean 0 and variance 1 per column, then unit
            length; ``whiten``: decorrelated (PCA, components of equal variance), then unit length. Columns
            or directions that do not vary are left out instead of being blown up.
    """

    shift: Tensor
    matrix: Tensor

    def __init__(self, width: int, scaling: Scaling) -> None:
        super().__init__()
        self.scaling: Scaling = scaling if width else "none"
        self.register_buffer("shift", torch.zeros(width))
        self.register_buffer("matrix", torch.eye(width) if self.scaling == "whiten" else torch.ones(width))

    @torch.no_grad()
    def forward(self, features: Tensor) -> Tensor:
        """Return float32 [n, F] for float32 [n, F]."""
        if self.scaling == "none":
            return features
        return normalize(self._scaled(features), dim=1) * features.any(1, keepdim=True)

    def of(self, features: Joined) -> Tensor:
        """Return float32 [n, F] on this module's device for features that need not fit beside their copy."""
        scaled = torch.empty(len(features), features.width, device=self.shift.device)
        for part in features.blocks(np.arange(len(features))):
            block = slice(part[0], part[-1] + 1)
            scaled[block] = self(self._tensor(features.rows(block)))
        return scaled

    @torch.no_grad()
    def norms(self, features: Joined) -> Tensor:
        """Return float32 [n], the length of each vector before it is brought to unit length; 0 of one without any."""
        found = torch.empty(len(features), device=self.shift.device)
        for part in features.blocks(np.arange(len(features))):
            block = slice(part[0], part[-1] + 1)
            rows = self._tensor(features.rows(block))
            found[block] = self._scaled(rows).norm(dim=1) * rows.any(1)
        return found

    @torch.no_grad()
    def cosines(self, features: Joined, norms: Tensor, rows: Tensor, one: Tensor) -> Tensor:
        """Return float32 [k], how alike ``one`` is to each of ``rows``, as cosines of what ``forward`` returns.

        Of the others nothing is scaled: with A the matrix, (x - m) A · (y - m) A = (x - m) · (y - m) A Aᵀ.

        Args:
            features: of all items.
            norms: of ``features``, as ``norms`` returns them.
            rows: int64 [k].
            one: float32 [F].
        """
        scaled = self._scaled(one[None])[0]
        length = scaled.norm()
        towards = self.matrix @ scaled if self.matrix.dim() == 2 else scaled * self.matrix
        found = torch.zeros(len(rows), device=self.shift.device)
        at = rows.cpu().numpy()
        step = max(1, _CACHED // max(1, features.width))
        for start in range(0, len(at), step):
            part = slice(start, start + step)
            found[part] = (torch.from_numpy(features.rows(at[part])).to(towards) - self.shift) @ towards
        lengths = norms[rows] * length
        usable = (lengths > 0) & one.any()
        return torch.where(usable, found / lengths.clamp(min=torch.finfo(lengths.dtype).tiny), 0.0)

    def _scaled(self, features: Tensor) -> Tensor:
        # In float32 also where training is in bfloat16: whoever loads the run scales again, and shall answer alike.
        with torch.autocast(features.device.type, enabled=False):
            centred = features - self.shift
            return centred @ self.matrix if self.matrix.dim() == 2 else centred * self.matrix

    @torch.no_grad()
    def fit(self, features: Joined, rows: npt.NDArray[np.bool_]) -> None:
        """Fit on those of ``rows`` (bool [n]) that have any features."""
        if self.scaling not in ("standard", "whiten"):
            return
        usable = np.flatnonzero(rows & features.filled)
        if len(usable) < 2:
            return
        parts = list(features.blocks(usable))
        sums = [self._tensor(features.rows(p)).double().sum(0) for p in parts]
        mean = torch.stack(sums).sum(0) / len(usable)
        self.shift.copy_(mean)
        if self.scaling == "standard":
            squares = [(self._tensor(features.rows(p)).double() - mean).square().sum(0) for p in parts]
            deviation = (torch.stack(squares).sum(0) / (len(usable) - 1)).sqrt()
            self.matrix.copy_(torch.where(deviation > 1e-6 * deviation.max(), 1 / deviation, 0.0))
        else:
            covariance = torch.zeros(self.matrix.shape, dtype=torch.float64, device=self.matrix.device)
            for part in parts:
                centred = self._tensor(features.rows(part)).double() - mean
                covariance.addmm_(centred.T, centred, alpha=1 / len(usable))
            self.matrix.copy_(_whitening(covariance))

    def _tensor(self, features: Floats) -> Tensor:
        return torch.tensor(features, device=self.shift.device)


def _whitening(covariance: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(covariance)
    kept = values > 1e-6 * values.max()
    scale = torch.where(kept, values.clamp(min=torch.finfo(values.dtype).tiny).rsqrt(), 0.0)
    whitening: Tensor = (vectors * scale) @ vectors.T
    return whitening
