"""Which records count as positive: conditions on what a record says."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphrec.errors import ConfigError
from graphrec.graph.projection import Projection
from graphrec.graph.records import Mask, Records

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Condition:
    """Records whose ``property`` compares so with ``value``; one without the property does not."""

    property: str
    operator: str
    value: float

    def __str__(self) -> str:
        return f"{self.property}{self.operator}{self.value:g}"

    def holds(self, records: Records) -> Mask:
        """Return bool [E]."""
        found: Mask = OPERATORS[self.operator](records.values[self.property], self.value)
        return found


POSITIVE: dict[str, tuple[Condition, ...]] = {
    "RATED": (Condition("rating", ">=", 4.0),),
    "WROTE>ON": (Condition("polarity", ">=", 0.5),),
}
"""What counts as positive where nothing else is said, by relationship; of others every record does."""


def conditions(projection: Projection, given: Sequence[str]) -> tuple[Condition, ...]:
    """Return the conditions ``given``, such as ``rating>=4``.

    Raises ``ConfigError`` for what cannot be read, ``NotFoundError`` for an unknown property.
    """
    return tuple(_read(projection, text) for text in given)


def positive_conditions(projection: Projection, given: Sequence[str]) -> tuple[Condition, ...]:
    """Return what counts as positive: ``given``, and what is so by itself unless ``given`` speaks of the property.

    Raises as ``conditions`` does.
    """
    read = conditions(projection, given)
    named = {one.property for one in read}
    own = (one for one in POSITIVE.get(projection.relationship, ()) if one.property not in named)
    return (*own, *read)


def positive(records: Records, rules: Sequence[Condition]) -> Mask:
    """Return bool [E], which of ``records`` all of ``rules`` hold for."""
    kept = np.ones(len(records), bool)
    for rule in rules:
        kept &= rule.holds(records)
    return kept


def _read(projection: Projection, text: str) -> Condition:
    for sign in OPERATORS:
        name, found, value = text.partition(sign)
        if found:
            try:
                number = float(value)
            except ValueError:
                break
            known = projection.property(name.strip())
            if known.type == "string":
                raise ConfigError(
                    f"{known.name} of {projection.relationship} is text; conditions compare numbers"
                )
            return Condition(known.name, sign, number)
    raise ConfigError(
        f"{text!r} is no condition; write one like rating>=4 ({', '.join(OPERATORS)} and a number)"
    )
