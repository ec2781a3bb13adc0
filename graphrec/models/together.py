"""Which items users have together, one item after the other, compiled: never a number for each pair of items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from graphrec.models.compiled import compiled
from graphrec.ragged import Ints, Ragged

_PARTS = 100

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Together:
    """What users have, by user and by item, for ``meet`` and what is made with it.

    Items are numbered in an order that the seed draws: of items that are equally near any may be kept, and their order
    in the graph shall not decide.

    Attributes:
        order: int64 [items], the item of each number.
        arrays: ``had``, ``had_ptr``, ``users``, ``users_ptr`` and ``weight`` of ``meet``, by numbers.
    """

    order: Ints
    arrays: tuple[Ints, Ints, Ints, Ints, Floats]

    @classmethod
    def of(cls, histories: Ragged, items: int, weighting: float, generator: torch.Generator) -> Together:
        """Number the items.

        Args:
            histories: the different items of each user.
            items: how many there are.
            weighting: a user with d items weighs d ** -weighting.
            generator: draws the order.
        """
        order = torch.randperm(items, generator=generator, device=generator.device).cpu().numpy()
        number = np.empty_like(order)
        number[order] = np.arange(items)
        # In the order of their numbers, as which they meet, and of equals the first stay.
        had = Ragged(histories.indptr, number[histories.indices]).distinct()
        users = had.transpose(items)
        weight = np.maximum(had.lengths, 1.0) ** -weighting
        return cls(order, (had.indices, np.asarray(had.indptr), users.indices, users.indptr, weight))

    @property
    def sizes(self) -> Floats:
        """The weights of who has each item, summed, float64 [items]."""
        had, indptr, _, users_ptr, weight = self.arrays
        sizes: Floats = np.bincount(had, weight.repeat(np.diff(indptr)), len(users_ptr) - 1).astype(np.float64)
        return sizes

    def blocks(self) -> Iterator[slice]:
        """Yield all numbers in parts, between which may be told how far one is."""
        items = len(self.order)
        step = max(1, items // _PARTS)
        for start in range(0, items, step):
            yield slice(start, min(start + step, items))


@compiled
def meet(
    item: int, had: Ints, had_ptr: Ints, users: Ints, users_ptr: Ints, weight: Floats, common: Floats, met: Ints
) -> int:
    """Find the items that those who have ``item`` have, itself among them; return how many they are.

    Args:
        item: which.
        had: int64 [pairs], the different items of each user, those of all users in a row.
        had_ptr: int64 [users + 1], where each user's begin.
        users: int64 [pairs], the users of each item.
        users_ptr: int64 [items + 1].
        weight: float64 [users], of each user, more than 0.
        common: float64 [items], all 0; gets the weights of who has both, summed.
        met: int64 [items]; gets the items.
    """
    count = 0
    for user in users[users_ptr[item] : users_ptr[item + 1]]:
        for other in had[had_ptr[user] : had_ptr[user + 1]]:
            if common[other] == 0:
                met[count] = other
                count += 1
            common[other] += weight[user]
    return count


@compiled
def nearest(
    first: int,
    last: int,
    had: Ints,
    had_ptr: Ints,
    users: Ints,
    users_ptr: Ints,
    weight: Floats,
    of: Floats,
    near: Floats,
    shrinkage: float,
    most: int,
) -> tuple[Ints, npt.NDArray[np.float32]]:
    """Return the ``most`` items nearest to each of those from ``first`` to before ``last``, and how near; else 0 at 0.

    They are in no order. Near is what ``meet`` counts, by ``of[item] * near[other] + shrinkage``, both float64 [items].
    """
    common, met = np.zeros(len(of)), np.empty(len(of), np.int64)
    found, values = np.zeros((last - first, most), np.int64), np.zeros((last - first, most), np.float32)
    for item in range(first, last):
        count = meet(item, had, had_ptr, users, users_ptr, weight, common, met)
        told, some = np.empty(count), 0
        for other in met[:count]:
            if other != item:
                met[some] = other
                told[some] = common[other] / (of[item] * near[other] + shrinkage)
                some += 1
            common[other] = 0
        # Those nearer than the last that is kept, and of those as near as it the first.
        least, tied = 0.0, most
        if some > most:
            least = np.partition(told[:some], some - most)[some - most]
            tied = most - (told[:some] > least).sum()
        kept = 0
        for place in range(some):
            if told[place] == least:
                tied -= 1
            if told[place] > least or (told[place] == least and tied >= 0):
                found[item - first, kept], values[item - first, kept] = met[place], told[place]
                kept += 1
    return found, values
