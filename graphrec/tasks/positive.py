"""Which records count as positive: conditions on what a record, its user or its item says."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphrec.comparison import comparison
from graphrec.errors import ConfigError, unknown
from graphrec.graph.columns import Column, Numbers, Words
from graphrec.graph.projection import Projection
from graphrec.graph.records import Mask, Records
from graphrec.schema import Property, is_time
from graphrec.times import LEAST_MOMENT, date_text, moment
from graphrec.truth import TRUTH

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Condition:
    """Records whose ``property`` compares so with ``value``; one without the property does not.

    The property is a record's, or one of its user or item: ``User.country``, ``Item.year``.
    """

    property: str
    operator: str
    value: float | str

    def __str__(self) -> str:
        value = self.value if isinstance(self.value, str) else self.written(self.value)
        return f"{self.property}{self.operator}{value}"

    def written(self, value: float) -> str:
        """Return a value of the property as people write it: times as dates."""
        dated = is_time(self.property.rpartition(".")[2]) and abs(value) >= LEAST_MOMENT
        date = date_text(value) if dated else None
        return f"{value:.15g}" if date is None else date.replace(" ", "T")

    def of_node(self) -> str | None:
        """Label of the node whose property it is; None for a record's."""
        label, dot, _ = self.property.partition(".")
        return label if dot else None

    def column(self, records: Records, fields: Mapping[str, Column]) -> Column:
        """Return what is compared, of each of ``records`` or, where it is a property of nodes, of each node."""
        if self.of_node() is not None:
            return fields[self.property]
        if isinstance(self.value, str):
            return records.texts[self.property]
        return Numbers(records.values[self.property])

    def holds(self, records: Records, fields: Mapping[str, Column]) -> Mask:
        """Return bool [E]; ``fields`` are the properties of nodes that conditions name."""
        found = self._compared(self.column(records, fields))
        if self.of_node() is None:
            return found
        return found[records.user if self.of_node() == "User" else records.item]

    def scale(self, records: Records, fields: Mapping[str, Column]) -> tuple[str, int]:
        """Return in words between which values the property lies or how many there are, and how many have none."""
        column = self.column(records, fields)
        if isinstance(column, Words):
            codes = np.asarray(column.codes)
            different = len(np.unique(codes[codes >= 0]))
            return f"has {different:,} different values" if different else "is nowhere said", int((codes < 0).sum())
        told = np.asarray(column.values)[np.isfinite(column.values)]
        if not len(told):
            return "is nowhere said", len(column)
        return f"runs from {self.written(told.min())} to {self.written(told.max())}", len(column) - len(told)

    def _compared(self, column: Column) -> Mask:
        found: Mask
        if isinstance(column, Words):
            code = column.vocabulary.index([str(self.value)])[0]
            codes = np.asarray(column.codes)
            found = OPERATORS[self.operator](codes, code) & (codes >= 0)
        else:
            values = np.asarray(column.values)
            found = OPERATORS[self.operator](values, self.value) & ~np.isnan(values)
        return found


POSITIVE: dict[str, tuple[Condition, ...]] = {
    "RATED": (Condition("rating", ">=", 4.0),),
    "WROTE>ON": (Condition("polarity", ">=", 0.5),),
}
"""What counts as positive where nothing else is said, by relationship; of others every record does."""


def conditions(projection: Projection, given: Sequence[str]) -> tuple[Condition, ...]:
    """Return the conditions ``given``, such as ``rating>=4``, ``event==like`` or ``User.country==de``.

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


def positive(records: Records, rules: Sequence[Condition], fields: Mapping[str, Column]) -> Mask:
    """Return bool [E], which of ``records`` all of ``rules`` hold for."""
    kept = np.ones(len(records), bool)
    for rule in rules:
        kept &= rule.holds(records, fields)
    return kept


def asking(projection: Projection, rules: Sequence[Condition]) -> Projection:
    """Return ``projection`` with all that ``rules`` compare."""
    of_records = [rule for rule in rules if rule.of_node() is None]
    return projection.asking(
        values=tuple(rule.property for rule in of_records if not isinstance(rule.value, str)),
        texts=tuple(rule.property for rule in of_records if isinstance(rule.value, str)),
        fields=tuple(rule.property for rule in rules if rule.of_node() is not None),
    )


def _read(projection: Projection, text: str) -> Condition:
    found = comparison(text)
    if found is None or not found.value:
        raise _no_condition(text)
    name, sign, value = found
    known = _property(projection, name)
    if known.type == "list":
        raise ConfigError(f"{name} holds lists; conditions compare numbers and texts")
    if known.type == "string":
        if sign not in ("==", "!="):
            raise ConfigError(f"{name} is text, which is the same or not: write {name}==... or {name}!=...")
        return Condition(name, sign, value.strip("'\"") or value)
    number = _number(value, known)
    if number is None:
        raise _no_condition(text)
    return Condition(name, sign, number)


def _no_condition(text: str) -> ConfigError:
    return ConfigError(
        f"{text!r} is no condition; write one like rating>=4 ({', '.join(OPERATORS)} and a number; == or != and a text)"
    )


def _property(projection: Projection, name: str) -> Property:
    label, dot, own = name.partition(".")
    if not dot:
        return projection.property(name)
    if label not in ("User", projection.item):
        raise unknown("label of what a record joins", label, ("User", projection.item))
    return projection.properties.find(label, own)


def _number(text: str, of: Property) -> float | None:
    """Return what is compared with the numbers of a property; None for what is no number."""
    if of.type == "bool":
        return None if (meant := TRUTH.get(text.lower())) is None else float(meant)
    try:
        return float(text)
    except ValueError:
        return moment(text) if is_time(of.name) else None
