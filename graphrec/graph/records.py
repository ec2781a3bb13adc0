"""What users did, one record each: a relationship, or a path through something that they wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from graphrec.graph.columns import Words
from graphrec.graph.projection import TYPE
from graphrec.ragged import Ints, Ragged
from graphrec.schema import WEIGHT

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Records:
    """Records by user, of one user by when they were made; of those at one time see ``graph.ties``.

    What their values mean, and which of them count as positive, is for a task to say.

    Attributes:
        by_user: the items of each user's records.
        order: int64 [E], when, beside ``by_user.indices``: epoch milliseconds or a number of the data's own; where
            nobody knows 0, or -1 among numbers.
        split: int8 [E], code in ``SPLITS``; -1 for what is none of them.
        values: by property, such as ``rating``, float64 [E]; NaN where a record has none.
        texts: likewise what is text, [E].
        text: int64 [E], which row of the list ``Comment>word`` the record's words are; None where records have none.
    """

    by_user: Ragged
    order: Ints
    split: npt.NDArray[np.int8]
    values: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    text: Ints | None = None
    texts: Mapping[str, Words] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.by_user.indices)

    @property
    def user(self) -> Ints:
        """int64 [E]."""
        return self.by_user.rows

    @property
    def item(self) -> Ints:
        """int64 [E]."""
        return self.by_user.indices

    def where(self, kept: Mask) -> Records:
        """Return the records at which ``kept`` (bool [E]) is true, in order."""
        return self if kept.all() else self.take(np.flatnonzero(kept))

    def take(self, at: Ints) -> Records:
        """Return the records with the numbers ``at``, int64 [n], whose users must not fall."""
        return self._with(Ragged.from_sorted(self.user[at], np.asarray(self.item)[at], len(self.by_user)), at)

    def of_users(self, users: Ints) -> Records:
        """Return the records of ``users``, int64 [n], as those of the only ones."""
        return self._with(self.by_user.take(users), self.by_user.places(users))

    def _with(self, by_user: Ragged, at: Ints) -> Records:
        return Records(
            by_user,
            np.asarray(self.order)[at],
            np.asarray(self.split)[at],
            {name: np.asarray(values)[at] for name, values in self.values.items()},
            None if self.text is None else np.asarray(self.text)[at],
            {name: words.take(at) for name, words in self.texts.items()},
        )

    def merged(self) -> Records:
        """Return one record for each user and item where records are of several types, else the records as they are.

        It is the newest of them, weighs what they weigh together, and says what the newest says that says it.
        """
        if TYPE not in self.values:
            return self
        at = np.lexsort((np.asarray(self.item), self.user))
        user, item = self.user[at], np.asarray(self.item)[at]
        last = np.append((np.diff(user) != 0) | (np.diff(item) != 0), True)[: len(at)]
        kept = at[last]
        arranged = np.argsort(kept)
        found = self.take(kept[arranged])
        first = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1]) if len(kept) else np.empty(0, np.int64)
        values = {}
        for name, own in self.values.items():
            if name == WEIGHT:
                merged = np.add.reduceat(np.asarray(own)[at], first) if len(kept) else np.asarray(own)
            else:
                merged = _latest(np.asarray(own)[at], first)[last]
            values[name] = merged[arranged]
        del values[TYPE]
        return replace(found, values=values)

    @classmethod
    def of_pairs(cls, user: Ints, item: Ints, users: int, **others: npt.ArrayLike) -> Records:
        """Return records without times, in the order given within each user; ``others`` are values by name."""
        arranged = np.argsort(user, kind="stable")
        by_user = Ragged.from_sorted(user[arranged], np.asarray(item, np.int64)[arranged], users)
        values = {name: np.asarray(value, np.float64)[arranged] for name, value in others.items()}
        return cls(by_user, np.zeros(len(item), np.int64), np.zeros(len(item), np.int8), values)


def _latest(values: npt.NDArray[np.float64], first: Ints) -> npt.NDArray[np.float64]:
    """Return float64 [E], of each of ``values`` the last number up to it, not before its group's ``first`` (int64 [n]).

    NaN where there is none.
    """
    start = np.zeros(len(values), np.int64)
    start[first] = first
    seen = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    return np.where(seen >= np.maximum.accumulate(start), values[seen], np.nan)
