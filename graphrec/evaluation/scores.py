"""The check that every score passes before it is compared with others."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphrec.errors import NotFiniteError
from graphrec.ragged import Ints

SHOWN = 3
"""So many users and items are named."""


def finite(scores: Tensor, users: Ints, items: Ints, model: str) -> Tensor:
    """Return ``scores`` if all of them are finite.

    Args:
        scores: float [n], of user ``users[r]`` and item ``items[r]``, or [n, columns], of ``items[c]``.
        users: int64 [n].
        items: int64 [n] or [columns].
        model: its name.

    Raises:
        NotFiniteError: one of them is NaN or infinite.
    """
    if scores.numel():
        # The extremes carry a NaN along, and cost a sixth of isfinite over everything.
        low, high = torch.aminmax(scores)
        if not bool(torch.isfinite(low) & torch.isfinite(high)):
            bad = (~torch.isfinite(scores)).nonzero().numpy(force=True)
            raise NotFiniteError(
                f"{model}: {len(bad):,} of {scores.numel():,} scores looked at are NaN or infinite, of "
                f"{_named('user', users[bad[:, 0]])} and {_named('item', items[bad[:, -1]])}"
            )
    return scores


def _named(what: str, numbers: Ints) -> str:
    different = np.unique(numbers)
    named = ", ".join(str(number) for number in different[:SHOWN])
    more = "s" if len(different) > 1 else ""
    return f"{len(different):,} {what}{more} (number {named}{', ...' if len(different) > SHOWN else ''})"
