"""Which rows are wanted: conditions on columns, as ``--rows event=like`` has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from graphrec.comparison import comparison
from graphrec.errors import DataError, UsageError

_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
ORDER = {">": pc.greater, "<": pc.less, ">=": pc.greater_equal, "<=": pc.less_equal}


@dataclass(frozen=True)
class RowCondition:
    """One condition.

    Attributes:
        column: what the file calls it.
        sign: ==, !=, >=, <=, > or <.
        value: what is compared with, as text.
    """

    column: str
    sign: str
    value: str

    @classmethod
    def parse(cls, text: str) -> RowCondition:
        """Read ``column=value``; raises ``UsageError``."""
        found = comparison(text)
        if found is None:
            raise UsageError(f"--rows {text!r} is no condition; as in event=like, rating>=4 or kind!=ad")
        return cls(*found)

    def holds(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return bool [n]. Numbers are compared as numbers, else texts as texts; an empty cell equals only nothing."""
        text = pc.utf8_trim_whitespace(column.cast(pa.string()))
        if self.sign in ORDER:
            numeric = re.match(_NUMBER, self.value) is not None
            left = _numbers(text) if numeric else text
            right = float(self.value) if numeric else self.value
            return pc.fill_null(ORDER[self.sign](left, right), False)
        same = pc.equal(pc.fill_null(text, ""), self.value)
        if re.match(_NUMBER, self.value):
            same = pc.or_(same, pc.fill_null(pc.equal(_numbers(text), float(self.value)), False))
        return pc.invert(same) if self.sign == "!=" else same


def conditions(texts: Iterable[str]) -> tuple[RowCondition, ...]:
    """Read what ``--rows`` was given; raises ``UsageError``."""
    return tuple(map(RowCondition.parse, texts))


def wanted(table: pa.Table, found: Sequence[RowCondition]) -> pa.ChunkedArray:
    """Return bool [rows]: where all conditions hold, of several ``=`` on one column one.

    Raises ``DataError`` for a column that cannot be compared.
    """
    masks: dict[tuple[str, str], pa.ChunkedArray] = {}
    for number, condition in enumerate(found):
        try:
            mask = condition.holds(table[condition.column])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            kind = table[condition.column].type
            raise DataError(
                f"--rows: column {condition.column!r} holds {kind}, which cannot be compared"
            ) from error
        # Alternatives have one key, everything else one of its own.
        key = (condition.column, "==" if condition.sign == "==" else str(number))
        masks[key] = pc.or_(masks[key], mask) if key in masks else mask
    return reduce(pc.and_, masks.values())


def _numbers(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return float64 [n], null for what is no number."""
    number = pc.fill_null(pc.match_substring_regex(text, _NUMBER), False)
    return pc.if_else(number, text, pa.scalar(None, pa.string())).cast(pa.float64())
