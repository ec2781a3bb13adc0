"""What stands in for a rating where a model knows nothing of its user or its item."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphrec.graph.records import Records
from graphrec.ragged import Ints

Floats = npt.NDArray[np.float64]

DAMPING = 5.0
"""So many records of the mean count beside a user's or an item's own (as LensKit's Bias, damping 5)."""


class Biases:
    """Mean + what is known of the item + what is known of the user: b = mu + b_i + b_u.

    An item's bias is the damped mean of what its ratings differ from mu by, a user's of what is left (Koren et al.
    2009, Eq. 3, without alternation). Of whom nothing is known the bias is 0.

    Args:
        records: what trains.
        value: which of their values.
        items: how many items there are.
    """

    def __init__(self, records: Records, value: str, items: int) -> None:
        values = np.asarray(records.values[value])
        known = np.isfinite(values)
        user, item, values = records.user[known], np.asarray(records.item)[known], values[known]
        self.mean = float(values.mean()) if len(values) else 0.0
        self.items = _damped(item, values - self.mean, items)
        self.users = _damped(user, values - self.mean - self.items[item], len(records.by_user))

    def of(self, users: Ints, items: Ints) -> Floats:
        """Return float64 [n]."""
        found: Floats = self.mean + self.items[items] + self.users[users]
        return found


def _damped(rows: Ints, values: Floats, count: int) -> Floats:
    found: Floats = np.bincount(rows, values, minlength=count) / (np.bincount(rows, minlength=count) + DAMPING)
    return found
