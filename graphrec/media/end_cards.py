"""Where a film ends and a still picture at its end, an end card, begins."""

from __future__ import annotations

import numpy as np

from graphrec.media.description import Times
from graphrec.media.encoders.base import Floats

STILL = 0.999
"""Pictures whose looks have a higher cosine are the same picture."""
CARD_S = 3.0
"""A picture that stands still for so long at the end is an end card."""


def film_end(times: Times, looks: Floats, duration_s: float) -> float:
    """Return the second at which the end card begins; ``duration_s`` where there is none, or nothing but one picture.

    Args:
        times: float64 [m], of the pictures looked at, in seconds.
        looks: float32 [m, P], of these.
        duration_s: of the whole video.
    """
    unit = looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-12)
    moves = np.flatnonzero((unit[1:] * unit[:-1]).sum(1) < STILL)
    if not len(moves):
        return duration_s
    begins = float(times[moves[-1] + 1])
    return begins if duration_s - begins >= CARD_S else duration_s
