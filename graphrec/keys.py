"""Ids as they are stored: text, without blanks around it, its accents composed (NFC)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias
from unicodedata import normalize

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Id: TypeAlias = str | int | np.integer[Any]
"""An id in Python; a whole number stands for its digits."""
EXACT = 2**53
"""Beyond it floating-point numbers leave whole ones out, so that an id may be another's."""
LOST = "is no id: as a number with a fraction or beyond 2^53 it may have lost digits; write it as text"


@dataclass(frozen=True)
class Keys:
    """A column of ids.

    Attributes:
        text: string [n].
        wrong: bool [n], those that are none, because they are ``LOST``.
        trimmed: how many had blanks around them.
        composed: how many were written with decomposed accents.
    """

    text: pa.ChunkedArray
    wrong: npt.NDArray[np.bool_]
    trimmed: int = 0
    composed: int = 0


def key_of(value: Id) -> str:
    """Return an id as text, of a whole number its digits; raises ``TypeError`` for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(int(value))
    raise TypeError(f"an id is a text or a whole number, not {value!r}")


def texts(ids: Iterable[Id]) -> list[str]:
    """Return ids as text; raises ``TypeError`` for what is none."""
    return [key if type(key) is str else key_of(key) for key in ids]


def composed(key: str) -> str:
    """Return an id as a load would store it."""
    return normalize("NFC", key.strip())


def keys_of(column: pa.ChunkedArray, *, exact: bool = False) -> Keys:
    """Return a column of any type as ids; whole numbers as their digits, with ``exact`` texts as they are."""
    kind, right = column.type, np.zeros(len(column), bool)
    if pa.types.is_floating(kind):
        return _whole(column.cast(pa.float64()))
    if pa.types.is_decimal(kind):
        text = pc.replace_substring_regex(column.cast(pa.string()), r"\.0*$", "")
        return Keys(text, pc.fill_null(pc.match_substring(text, "."), False).to_numpy())
    if column.type != pa.string():
        column = column.cast(pa.string())
    if exact or _plain(column):
        return Keys(column, right)
    trimmed = pc.utf8_trim_whitespace(column)
    text = pc.utf8_normalize(trimmed, "NFC")
    return Keys(text, right, _differing(column, trimmed), _differing(trimmed, text))


def _whole(numbers: pa.ChunkedArray) -> Keys:
    values = numbers.to_numpy()
    known = ~np.isnan(values)
    whole = known & (np.trunc(values) == values) & (np.abs(values) <= EXACT)
    digits = pa.array(np.where(whole, values, 0).astype(np.int64), mask=~whole)
    return Keys(pa.chunked_array([digits.cast(pa.string())]), known & ~whole)


def _plain(column: pa.ChunkedArray) -> bool:
    """Return whether no id holds a blank or a letter beyond ASCII: most need nothing then, and it takes no time."""
    for chunk in column.chunks:
        data = chunk.buffers()[2]
        if data is not None and len(data):
            codes = np.frombuffer(data, np.uint8)
            if codes.max() > 0x7E or codes[: _used(chunk)].min(initial=0x7E) <= 0x20:
                return False
    return True


def _used(chunk: pa.Array) -> int:
    """Return how many bytes of a chunk's buffer hold text; the rest fills it up."""
    ends = np.frombuffer(chunk.buffers()[1], np.int32)
    return int(ends[chunk.offset + len(chunk)])


def _differing(before: pa.ChunkedArray, after: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.not_equal(before, after)).as_py() or 0)
