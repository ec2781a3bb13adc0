"""How much a user's records weigh in a loss: a few users often hold most of them."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.graph.data import Data


def user_weights(data: Data, weighting: float) -> Tensor:
    """Return float32 [users]: d ** -weighting for a user with d records, times what makes the mean of all records 1.

    Args:
        data: whose records count.
        weighting: 0 counts all records alike, 1 counts users alike.
    """
    records = torch.from_numpy(data.by_user.lengths)
    weights = records.clamp(min=1).double() ** -weighting
    return (weights * records.sum() / (weights * records).sum()).float()
