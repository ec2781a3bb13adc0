"""So many moments of a stretch, spread evenly over it."""

from __future__ import annotations

import numpy as np

from graphrec.media.encoders.base import Floats


def evenly(vectors: Floats, count: int) -> Floats:
    """Return ``count`` of n >= 1 moments, [count, D] of [n, D], each from the middle of an equal part.

    Where there are fewer they are repeated, in order.
    """
    return vectors[(np.arange(count) * 2 + 1) * len(vectors) // (2 * count)]
