"""What models of commented frames share: what they need, and the likelihood of likes."""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torch.nn.functional import softplus

from graphrec.errors import DataError
from graphrec.graph.data import Data
from graphrec.graph.projection import TEXT


def require_comments(data: Data, who: str) -> None:
    """Raise ``DataError`` where records are no comments, or none has words."""
    if data.records.text is None or TEXT not in data.lists:
        raise DataError(f"{who} learns from what users write on {data.item} nodes; choose --projection comments")
    if not data.lists[TEXT].lengths[np.asarray(data.records.text)].any():
        raise DataError(f"{who} needs words of comments, and there are none; `graphrec prepare comments` finds them")


def log_likelihood(scores: Tensor) -> Tensor:
    """Return -Σ ln y of the first column and -Σ ln(1 - y) of the others, y = σ of ``scores``, float32 [B, 1 + N]."""
    found: Tensor = softplus(-scores[:, 0]).sum() + softplus(scores[:, 1:]).sum()
    return found
