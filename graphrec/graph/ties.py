"""Records of one user at equal times: in a random order, the same for the same seed.

In the order of ids they would not do: ids correlate with popularity and with time, so that the last of equals would be
the same item for everybody. A snapshot holds them by item, whichever database it came from; a split draws.
"""

from __future__ import annotations

import numpy as np

from graphrec.graph.records import Mask, Records
from graphrec.ragged import Ints

_STREAM = 7
"""Keeps what is drawn here apart from what a split draws by the same seed."""


def drawn_order(records: Records, seed: int) -> Ints | None:
    """Return the numbers of the records in order, int64 [E], those at equal times as ``seed`` draws them.

    None where no user has two records at one time: then they are in order.
    """
    tied = same_time_as_before(records)
    if not tied.any():
        return None
    run = np.cumsum(~tied)
    among = np.flatnonzero(tied | np.append(tied[1:], False))
    order = np.arange(len(tied))
    # A run's number and less than one: a single sort, which ten million ties take a second for.
    order[among] = among[np.argsort(run[among] + np.random.default_rng([seed, _STREAM]).random(len(among)))]
    return order


def same_time_as_before(records: Records) -> Mask:
    """Return bool [E], which records are of the same user and time as the one before them."""
    user, at = records.user, np.asarray(records.order)
    tied = np.zeros(len(at), bool)
    tied[1:] = (user[1:] == user[:-1]) & (at[1:] == at[:-1])
    return tied


def all_at_one_time(records: Records) -> tuple[int, int]:
    """Return how many users have two records or more, and how many of these have all of them at one time."""
    lengths = records.by_user.lengths
    same = np.bincount(records.user[same_time_as_before(records)], minlength=len(lengths))
    several = lengths > 1
    return int(several.sum()), int((several & (same == lengths - 1)).sum())
