"""A list's order by a stated rule: each next is good and unlike what stands above it, and few share a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError
from graphrec.ragged import Ints, Ragged
from graphrec.store.base import Floats


@dataclass(frozen=True)
class Variety:
    """What a list has to keep to.

    Attributes:
        diversity: λ, 0 to 1: each next is the candidate with the most (1 - λ) score - λ cosine, the score brought to 0
            for the lowest and 1 for the highest candidate, the cosine that to the most alike of those taken (Carbonell
            and Goldstein, SIGIR 1998, with the model's score for the relevance); the first is the best.
        at_most: so many at most of those that share a value of ``of``; None: any number.
        of: a property of what is recommended, such as ``uploader``, or a relationship type, such as ``IN_GENRE``.

    Raises ``ConfigError`` for a value out of range, and where one of ``at_most`` and ``of`` is given alone.
    """

    diversity: float = 0.0
    at_most: int | None = None
    of: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.diversity <= 1:
            raise ConfigError(f"diversity must be between 0 and 1, not {self.diversity:g}")
        if (self.at_most is None) != (self.of is None):
            raise ConfigError("at most how many of what? --at-most 2 --of uploader limits those of one uploader to two")
        if self.at_most is not None and self.at_most < 1:
            raise ConfigError(f"at most {self.at_most} leaves nothing; --at-most takes 1 and more")

    def __bool__(self) -> bool:
        """Whether it changes any list."""
        return self.diversity > 0 or self.at_most is not None


AS_SCORED = Variety()
"""The order is that of the scores."""


def picked(rule: Variety, k: int, scores: npt.ArrayLike, looks: Floats | None, values: Ragged | None) -> Ints:
    """Return at most ``k`` candidates by ``rule``, in order, int64 [n]; of equals the first.

    Args:
        rule: what to keep to.
        k: how many.
        scores: float [candidates], finite.
        looks: float32 [candidates, D], directions of length 1, 0 where none is known: like nothing; None without
            diversity.
        values: which each has of what ``rule.of`` names; one without any is not limited. None without a limit.
    """
    told = np.asarray(scores, np.float64)
    span = np.ptp(told) if len(told) else 0.0
    worth = (1 - rule.diversity) * (told - told.min()) / span if span else np.zeros(len(told))
    order = np.argsort(-told, kind="stable")
    free = np.ones(len(told), bool)
    limit = _Limit(rule.at_most, values) if rule.at_most is not None and values is not None else None
    alike: Floats | None = None
    taken = list[int]()
    while len(taken) < k and free.any():
        if not taken:
            one = int(order[0])
        else:
            value = worth if alike is None else worth - rule.diversity * alike
            one = int(order[np.argmax(np.where(free, value, -np.inf)[order])])
        taken.append(one)
        free[one] = False
        if limit is not None:
            free[limit.full(one)] = False
        if looks is not None and rule.diversity:
            cosines = looks @ looks[one]
            alike = cosines if alike is None else np.maximum(alike, cosines)
    return np.array(taken, np.int64)


class _Limit:
    """Counts how many of a value are taken."""

    def __init__(self, most: int, values: Ragged) -> None:
        self._most, self._values = most, values
        count = int(values.indices.max(initial=-1)) + 1
        self._taken = np.zeros(count, np.int64)
        self._having = values.transpose(count)

    def full(self, one: int) -> Sequence[int]:
        """Count the values of ``one``; return which candidates must not be taken any more."""
        found = list[int]()
        for value in self._values[one].tolist():
            self._taken[value] += 1
            if self._taken[value] == self._most:
                found += self._having[value].tolist()
        return found
