"""Vectors of frames: learned ones, merged with what frames look like (KFRCI Eq. 1 and 2)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from graphrec.graph.data import Data, Shape
from graphrec.learning.optimisers import Move
from graphrec.learning.table import Table
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.parts import PartRows

Merge = Literal["product", "sum", "gate"]
_NUMBERS = 1 << 24


class FrameVectors(nn.Module):
    """q*_k = MERGE(q_k, W v_k): (1 + q_k)(1 + W v_k) elementwise, q_k + W v_k, or g q_k + (1 - g) W v_k.

    In the gate g = σ(G [q_k, W v_k]). In the product both sides are around 1, as they begin above 0 in the paper:
    around 0 the sign of one side would turn what the other says. So a frame without a record, whose q_k is 0, is ranked
    by what it looks like, and one without features by its q_k; in the gate the other side counts alone. Without
    features of any frame, q*_k = q_k.

    Args:
        shape: how many frames there are, and how wide their features.
        dimension: d.
        merge: which.
        scaling: how features are brought to one scale first.
        std: standard deviation that q starts with.
    """

    def __init__(self, shape: Shape, dimension: int, merge: Merge, scaling: Scaling, std: float) -> None:
        super().__init__()
        self.merge: Merge | None = merge if shape.width else None
        self.scaling = FeatureScaling(shape.width, scaling)
        self.free = Table(shape.items, dimension, std=std)
        self.projection = nn.Parameter(torch.randn(dimension, shape.width) * std)
        self.gate = nn.Linear(2 * dimension, dimension) if self.merge == "gate" else None

    @property
    def moves(self) -> list[Move]:
        """What moves it."""
        others = [one for one in self.parameters() if one is not self.free.weight and one.numel()]
        return [self.free.move, *([Move(others)] if others else [])]

    def attach(self, data: Data) -> None:
        """Take what frames look like, and which are learned from."""
        device = self.projection.device
        self._learned = torch.from_numpy(data.sampled).to(device)
        self._filled = torch.from_numpy(data.content.filled).to(device)
        self._rows = PartRows(data.content, self.scaling, few=not data.content.width)

    def fit(self, data: Data) -> None:
        """Fit the scale of features on frames that are learned from."""
        self.scaling.fit(data.content, data.sampled)
        self.attach(data)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return q*, what is learned of it, and W v, float32 [n, d] each, of ``frames``, int64 [n]."""
        free = self.free(frames) * self._learned[frames][:, None]
        if self.merge is None:
            return free, free, torch.zeros_like(free)
        seen = linear(self._rows(frames), self.projection).float()
        return self._merged(free, seen, self._filled[frames][:, None], self._learned[frames][:, None]), free, seen

    @torch.no_grad()
    def every(self) -> Tensor:
        """Return q* of all frames, float32 [frames, d]."""
        frames = torch.arange(len(self._learned), device=self._learned.device)
        step = max(1, _NUMBERS // max(1, self.projection.shape[1]))
        return torch.cat([self(some)[0] for some in torch.split(frames, step)])

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return q* of frames without a record by their ``features``, float32 [n, F]."""
        seen = linear(self.scaling(features.to(self.projection.device)), self.projection).float()
        filled = features.to(seen.device).any(1, keepdim=True)
        return self._merged(torch.zeros_like(seen), seen, filled, torch.zeros_like(filled))

    def _merged(self, free: Tensor, seen: Tensor, filled: Tensor, learned: Tensor) -> Tensor:
        if self.merge == "sum":
            return free + seen
        if self.merge == "product":
            return (1 + free) * (1 + seen)
        assert self.gate is not None
        gate = self.gate(torch.cat([free, seen], 1)).sigmoid()
        gate = torch.where(filled, torch.where(learned, gate, 0.0), 1.0)
        return gate * free + (1 - gate) * seen
