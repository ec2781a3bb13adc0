"""What items are made of, such as frames: their features by rows, their lists as tensors, and pooling over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding, embedding_bag

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

    def find(self, rows: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return where in ``indices`` the list ``rows[i]`` has ``values[i]``, and whether it does; int64 and bool [n].

        Lists must be ascending. Where it does not, the place is any.
        """
        width = max(int(one.max()) + 1 if len(one) else 1 for one in (self.indices, values))
        own = torch.arange(len(self.indptr) - 1, device=rows.device).repeat_interleave(self.lengths)
        keys, sought = own * width + self.indices, rows * width + values
        places = torch.searchsorted(keys, sought).clamp(max=max(0, len(keys) - 1))
        return places, keys[places] == sought if len(keys) else torch.zeros_like(rows, dtype=torch.bool)


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


def pool_but_one(weights: Tensor, x: Tensor, lists: Lists, rows: Tensor, values: Tensor) -> Tensor:
    """Return ``pool_within`` of list ``rows[i]`` without ``values[i]``, the other weights adding up to 1 again.

    Each list is pooled once however often it is asked for. Lists must be ascending and their weights add up to 1. What
    weighs less than a billionth is as good as nothing: zeros where only that is left.

    Returns:
        float32 [n, D].
    """
    weights, x = weights.double(), x.double()
    places, found = lists.find(rows, values)
    if not len(lists.indices):
        return x.new_zeros(len(rows), x.shape[1]).float()
    own = weights[places] * found
    left = 1 - own
    some = left > 1e-9
    others = embedding(rows, pool_within(weights, x, lists)) - own[:, None] * x[places]
    return (others / left.where(some, 1)[:, None] * some[:, None]).float()


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
