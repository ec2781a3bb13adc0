"""One integer seed per call, from a stream that is seeded once."""

from __future__ import annotations

import torch


class RandomStream:
    """Draws the seed of each sampling call.

    Seeding every call by itself makes it independent of what else uses a library's random state.

    Args:
        seed: start of an own stream; None draws from torch's global generator, so that whoever saves and
            restores torch's random state (a trainer that resumes) gets the same calls again.
    """

    def __init__(self, seed: int | None) -> None:
        self.generator = torch.default_generator if seed is None else torch.Generator().manual_seed(seed)

    def next(self) -> int:
        """Return the next seed, 0 to 2^31 - 2 (DGL takes no more)."""
        return int(torch.randint(2**31 - 1, (), generator=self.generator))
