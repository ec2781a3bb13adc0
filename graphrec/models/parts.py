"""What items are made of, such as frames: their features by rows, their lists as tensors, and pooling over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from graphrec.graph.content import Joined
from graphrec.models.features import FeatureScaling
from graphrec.ragged import Ragged

RESIDENT = 1 << 28
"""So many scaled numbers stay in memory; of more the rows that are asked for are read and scaled each time."""


@dataclass(frozen=True)
class Lists:
    """``Ragged`` as tensors on a device.

    Attributes:
        indptr: int64 [rows + 1].
        indices: int64 [indptr[-1]].
    """

    indptr: Tensor
    indices: Tensor

    @classmethod
    def of(cls, lists: Ragged, device: torch.device) -> Lists:
        """Return ``lists`` on ``device``."""
        return cls(*(torch.from_numpy(np.array(ids)).to(device) for ids in (lists.indptr, lists.indices)))

    @property
    def lengths(self) -> Tensor:
        """int64 [rows]."""
        return self.indptr.diff()

    def take(self, rows: Tensor) -> Lists:
        """Return those of ``rows``, int64 [n], in that order."""
        lengths = self.lengths[rows]
        indptr = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
        places = torch.arange(int(indptr[-1]), device=rows.device)
        return Lists(indptr, self.indices[places + (self.indptr[rows] - indptr[:-1]).repeat_interleave(lengths)])

    def without(self, values: Tensor) -> Lists:
        """Return each list without one of ``values``, int64 [rows], wherever it stands."""
        lengths = self.lengths
        kept = self.indices != values.repeat_interleave(lengths)
        until = torch.cat([lengths.new_zeros(1), kept.cumsum(0)])
        return Lists(until[self.indptr], self.indices[kept])


class PartRows:
    """Scaled features of parts by rows, float32, on a device; all at once in memory where they are not many.

    Args:
        features: of all parts.
        scaling: fitted.
        few: whether only a few rows will be asked for, so that nothing is kept.
    """

    def __init__(self, features: Joined, scaling: FeatureScaling, *, few: bool = False) -> None:
        self._features, self._scaling = features, scaling
        kept = not few and len(features) * features.width <= RESIDENT
        self._all = scaling.of(features) if kept else None

    def __call__(self, rows: Tensor) -> Tensor:
        """Return float32 [n, F] for int64 [n]."""
        if self._all is not None:
            return self._all.index_select(0, rows)
        read = torch.from_numpy(self._features.rows(rows.cpu().numpy()))
        scaled: Tensor = self._scaling(read.to(self._scaling.shift.device))
        return scaled


def softmax_within(logits: Tensor, lists: Lists) -> Tensor:
    """Return the softmax of float [values] within each list; there is nothing of an empty one, and so no NaN."""
    greatest = torch.segment_reduce(logits.detach(), "max", offsets=lists.indptr)
    powers = (logits - greatest.repeat_interleave(lists.lengths)).exp()
    totals = torch.segment_reduce(powers, "sum", offsets=lists.indptr)
    shares: Tensor = powers / totals.repeat_interleave(lists.lengths)
    return shares


def alike_within(lists: Lists) -> Tensor:
    """Return 1 / how many values its list has, float32 [values]."""
    return lists.lengths.clamp(min=1).float().reciprocal().repeat_interleave(lists.lengths)


def pool_within(weights: Tensor, x: Tensor, lists: Lists) -> Tensor:
    """Return the sum of ``weights`` (float [values]) times rows of ``x`` (float [values, D]) within each list.

    float [lists, D]; zeros for an empty one.
    """
    pooled: Tensor = _PoolWithin.apply(weights, x, lists.indptr)  # type: ignore[no-untyped-call]
    return pooled


class _PoolWithin(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weights: Tensor, x: Tensor, indptr: Tensor) -> Tensor:
        ctx.save_for_backward(weights, x, indptr)
        every = torch.arange(len(x), device=x.device)
        return embedding_bag(
            every, x, indptr, mode="sum", include_last_offset=True, per_sample_weights=weights.to(x.dtype)
        )

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        weights, x, indptr = ctx.saved_tensors
        needed = ctx.needs_input_grad
        rows = grad.repeat_interleave(indptr.diff(), 0)
        of_weights = (rows * x).sum(1).to(weights.dtype) if needed[0] else None
        return of_weights, rows * weights[:, None] if needed[1] else None, None
