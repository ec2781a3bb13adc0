"""What every sampler refuses: edges and seeds that point outside the graph, fanouts that draw nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from graphrec.errors import ConfigError, DataError
from graphrec.graph.data import Data


def check_edges(data: Data) -> None:
    """Raise ``DataError`` unless the records are int64 and all of them inside the graph."""
    for array in (data.by_user.indptr, data.by_user.indices):
        if array.dtype != np.int64:
            raise DataError(f"by_user must be int64, not {array.dtype}; build it with Ragged.from_pairs")
    items = data.by_user.indices
    if len(items) and not 0 <= items.min() <= items.max() < data.items:
        raise DataError(f"by_user has a neighbour outside 0 to {data.items - 1}; rebuild the snapshot")


def check_fanouts(fanouts: Sequence[int]) -> None:
    """Raise ``ConfigError`` unless every fanout is at least 1, or -1 for all neighbours."""
    for fanout in fanouts:
        if fanout < 1 and fanout != -1:
            raise ConfigError(f"fanout {fanout} draws nothing; give 1 or more, or -1 for all neighbours")


def check_seeds(kind: str, seeds: Tensor, count: int) -> None:
    """Raise ``DataError`` unless ``seeds`` are int64 [n], each below ``count`` and none twice.

    The values of seeds on a GPU are taken on trust: looking at them would make it wait.

    Args:
        kind: ``"user"`` or ``"item"``, for the message.
        seeds: the ids to check.
        count: how many nodes of this kind the graph has.
    """
    if seeds.dtype != torch.int64 or seeds.dim() != 1:
        raise DataError(
            f"seed {kind}s must be int64 [n], not {seeds.dtype} {list(seeds.shape)}; "
            f"convert them with .long().flatten()"
        )
    if len(seeds) == 0 or seeds.device.type != "cpu":
        return
    ordered = seeds.sort().values
    low, high = int(ordered[0]), int(ordered[-1])
    if low < 0 or high >= count:
        raise DataError(
            f"seed {kind} {low if low < 0 else high} is not in the graph of {count} {kind}s; "
            f"use ids 0 to {count - 1}"
        )
    repeated = ordered[1:] == ordered[:-1]
    if bool(repeated.any()):
        first = int(ordered[1:][repeated][0])
        raise DataError(f"seed {kind} {first} is given twice; pass seeds through torch.unique first")

