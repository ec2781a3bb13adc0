"""The order of items with equal scores: random, but the same for the same seed, user and item.

Order by index would be wrong: ids correlate with popularity and with time, so a model that cannot tell items
apart would look better (or worse) than chance. Noise added to scores would be wrong too: it can swap distinct
ones.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

LARGEST = torch.iinfo(torch.int64).max

Half = TypeVar("Half", Tensor, np.int64)


_ODD = 0xD6E8FEB86659FD93 - (1 << 64)
"""A multiplier that mixes well; one round is enough for the sum of two values mixed before."""


class TieBreaker:
    """Gives each pair of a user and an item a key that depends on nothing else but the seed.

    Keys are made where they are needed instead of drawn in sequence, so that the order of equal scores hangs
    neither on the size of blocks nor on the other cases.
    """

    def __init__(self, seed: int) -> None:
        salts = np.random.SeedSequence(seed).generate_state(2, np.uint64).view(np.int64)
        self._user_salt, self._item_salt = int(salts[0]), int(salts[1])

    def keys(self, users: Tensor, items: Tensor) -> Tensor:
        """Return int64 keys in [0, 2^63) for ``users`` and ``items`` (int64, broadcast against each other).

        Of two items with equal scores the one with the smaller key comes first.
        """
        return joined(self.user_halves(users), self.item_halves(items))

    def user_halves(self, users: Tensor) -> Tensor:
        """Return what ``joined`` takes of ``users``, int64 alike."""
        return _mix(users + self._user_salt)

    def item_halves(self, items: Tensor) -> Tensor:
        """Return what ``joined`` takes of ``items``, int64 alike."""
        return _mix(items + self._item_salt)


def joined(user: Half, item: Half) -> Half:
    """Return the key of a user's half and an item's: of tensors, or of int64 numbers, whose products wrap around."""
    pairs = user + item
    pairs ^= pairs >> 32
    pairs *= _ODD
    pairs ^= pairs >> 32
    pairs &= LARGEST
    return pairs


def _mix(values: Tensor) -> Tensor:
    """Apply the finaliser of SplitMix64 (Steele et al. 2014), a bijection of int64, in place.

    Masks make the shifts logical, which torch does not have; products wrap around.
    """
    values ^= (values >> 30).bitwise_and_((1 << 34) - 1)
    values *= 0xBF58476D1CE4E5B9 - (1 << 64)
    values ^= (values >> 27).bitwise_and_((1 << 37) - 1)
    values *= 0x94D049BB133111EB - (1 << 64)
    values ^= (values >> 31).bitwise_and_((1 << 33) - 1)
    return values
