"""Records that are clicks or are none, one by one."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.graph.clicks import share_of_clicks
from graphrec.graph.data import Data
from graphrec.learning.pointwise import Pointwise
from graphrec.learning.run import RunContext


def click_feed(data: Data, run: RunContext) -> tuple[Pointwise, Tensor]:
    """Return all training records, and the logit of the share of clicks in what they are learned from, float32 scalar.

    Where every record is a click, an item that the user has no record of comes with each.
    """
    share, unseen = share_of_clicks(data)
    start = torch.logit(torch.tensor(share), eps=1e-3)
    return Pointwise(data, data.value, run.options, run.generator(), unseen), start
