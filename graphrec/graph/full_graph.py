"""The whole training graph as blocks: nothing to sample."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphrec.graph.blocks import Blocks, Layer, Neighbours
from graphrec.graph.checks import check_edges
from graphrec.graph.data import Data


def whole_graph(data: Data, items: Tensor, layers: int) -> Blocks:
    """Return every training edge as blocks whose seeds are all users and ``items``.

    Items without edges that no loss touches can be left out of ``items``, so that their wide features are never
    projected.

    Args:
        data: the training graph.
        items: int64 [i], graph ids; must include every item with an edge.
        layers: K; they share their tensors.

    Raises:
        DataError: a record points outside the graph.
    """
    check_edges(data)
    local = np.full(data.items, -1)
    local[items.numpy()] = np.arange(len(items))
    by_item = data.by_item.take(items.numpy())
    user_items = torch.from_numpy(data.by_user.indptr.copy()), torch.from_numpy(local[data.by_user.indices])
    item_users = torch.from_numpy(by_item.indptr), torch.from_numpy(by_item.indices)
    layer = Layer(Neighbours(*user_items, *item_users), Neighbours(*item_users, *user_items))
    users = torch.arange(data.users)
    return Blocks(users, items, (layer,) * layers, users, torch.arange(len(items)))
