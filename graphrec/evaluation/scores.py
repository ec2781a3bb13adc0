"""The check that every score passes before it is compared with others."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.ragged import Ints


def finite(scores: Tensor, users: Ints, model: str) -> Tensor:
    """Return ``scores`` (float [n] or [n, columns], row r of user ``users[r]``) if all of them are finite.

    Raises:
        TrainingError: one of them is NaN or infinite.
    """
    if scores.numel():
        # The extremes carry a NaN along, and cost a sixth of isfinite over everything.
        low, high = torch.aminmax(scores)
        if not bool(torch.isfinite(low) & torch.isfinite(high)):
            bad = ~torch.isfinite(scores.reshape(len(users), -1)).all(1)
            user = int(users[int(bad.nonzero()[0])])
            raise TrainingError(
                f"{model} gives user number {user} a score that is NaN or infinite; "
                "train again with a smaller learning rate, and check the features"
            )
    return scores
