"""The door: every row meets the schema here, once; what cannot be stored is refused with its line and reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import DataError
from graphrec.keys import LOST, keys_of
from graphrec.same import same
from graphrec.schema import Property, is_time
from graphrec.times import impossible
from graphrec.truth import ASSUMED, FORM, truths

Mask = npt.NDArray[np.bool_]

ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "list": pa.list_(pa.string()),
}
WANTED = {
    "int64": "a whole number",
    "float64": "a number",
    "bool": FORM,
    "list": "a list of texts",
}
TIME = "a time: a whole number, or a date such as 2021-03-04T10:00:00Z"
TIMES = (pa.timestamp("us"), pa.timestamp("us", "UTC"))
"""ISO dates as text, without and with an offset; without one they are UTC."""
DECIMAL = r"^\s*[+-]?\d+,\d+\s*$"
COMMA = "; a comma is a decimal one only where something else separates the columns: write {}"
Refuse = Callable[[pa.Table], Mapping[int, str]]


@dataclass
class Checked:
    """Rows in schema types, without repeats.

    Attributes:
        table: what can be stored.
        refused: for each refused row its position in the block and the reason.
        repeated: rows that say again what another row of the block says, or say it of an earlier time.
        rows: int64 [rows of table], where each stands in the block.
        trimmed: how many ids had blanks around them.
        composed: how many ids were written with decomposed accents.
        nothing: rows that lead to nothing, such as a highlight that covers the greater part of no segment.
        assumed: what was assumed of columns, in words.
    """

    table: pa.Table
    refused: list[tuple[int, str]] = field(default_factory=list)
    repeated: int = 0
    rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    trimmed: int = 0
    composed: int = 0
    nothing: int = 0
    assumed: tuple[str, ...] = ()

    def without(self, wrong: npt.NDArray[np.int64], reason: str | Sequence[str]) -> Checked:
        """Refuse the rows ``wrong`` (int64, positions in ``table``) for ``reason``, or each for its own."""
        if not len(wrong):
            return self
        reasons = [reason] * len(wrong) if isinstance(reason, str) else reason
        refused = sorted([*self.refused, *zip(self.rows[wrong].tolist(), reasons, strict=True)])
        kept = np.delete(np.arange(self.table.num_rows), wrong)
        return replace(self, table=self.table.take(pa.array(kept)), refused=refused, rows=self.rows[kept])


def check(
    table: pa.Table,
    keys: Sequence[str],
    properties: Sequence[Property],
    columns_of_file: Mapping[str, str] = MappingProxyType({}),
    *,
    exact: bool = False,
    cells: pa.Table | None = None,
    refuse: Refuse | None = None,
) -> Checked:
    """Convert, check and de-duplicate a block.

    Args:
        table: key columns and property columns, text or typed.
        keys: the columns that identify a row; they must not be empty.
        properties: the schema's properties of the other columns.
        columns_of_file: what the file calls the columns, where it differs; reasons name them so.
        exact: whether rows are those of a graph already: no blank of an id is a slip, no time too early.
        cells: the rows as the file has them, which reasons quote; None where that is ``table``.
        refuse: tells of the converted rows which else to refuse, and why, whether they repeat others or not.

    Two rows with one key and different values contradict each other and the later one is refused, unless both have
    an ``at``: then the newest is kept.
    """
    types = {p.name: p for p in properties}
    said = {name: columns_of_file.get(name, name) for name in table.column_names}
    refused: dict[int, str] = {}
    columns: dict[str, pa.ChunkedArray] = {}
    trimmed = composed = 0
    assumed: list[str] = []

    def quoted(name: str, row: int) -> str:
        column = cells[said[name]] if cells is not None and said[name] in cells.column_names else table[name]
        return repr(column[row].as_py())

    for key in keys:
        if pa.types.is_nested(table[key].type):
            raise _unfit(said[key], table[key].type, pa.string())
        found = keys_of(table[key], exact=exact)
        empty = pc.fill_null(pc.equal(pc.binary_length(found.text), 0), True).to_numpy()
        refused |= dict.fromkeys(np.flatnonzero(empty).tolist(), f"{said[key]} is empty")
        for row in np.flatnonzero(found.wrong).tolist():
            refused[row] = f"{said[key]} {quoted(key, row)} {LOST}"
        trimmed, composed = trimmed + found.trimmed, composed + found.composed
        columns[key] = found.text
    for name in table.column_names:
        if name in keys:
            continue
        if name not in types:
            raise DataError(
                f"column {name!r} is no property of the schema; there are: {', '.join(types) or 'none'}"
            )
        if types[name].type == "bool" and _words(table[name].type):
            columns[name], wrong, other = _truths(table[name])
            assumed += [f"{said[name]}: {ASSUMED}"] if other else []
        else:
            columns[name], wrong = _convert(said[name], table[name], types[name])
        faults = [(wrong, f"is not {TIME if is_time(name) else WANTED.get(types[name].type, 'text')}")]
        if is_time(name) and types[name].type == "int64":
            faults += impossible(table[name], columns[name], early=exact)
        for rows, why in faults:
            for row in np.flatnonzero(rows).tolist():
                cure = _comma(table[name][row].as_py()) if types[name].type in ("int64", "float64") else ""
                refused.setdefault(row, f"{said[name]} {quoted(name, row)} {why}{cure}")
    typed = pa.table(columns)
    for row, reason in (refuse(typed) if refuse else {}).items():
        refused.setdefault(row, reason)
    rows = np.ones(table.num_rows, bool)
    rows[list(refused)] = False
    kept, contradicting, repeated = _distinct(typed, keys, np.flatnonzero(rows))
    told = " and ".join(said[key] for key in keys)
    named = dict.fromkeys(contradicting.tolist(), f"contradicts another row with the same {told}")
    complete = len(kept) == table.num_rows
    return Checked(
        typed if complete else typed.take(pa.array(kept)),
        sorted((refused | named).items()),
        repeated,
        kept,
        trimmed,
        composed,
        assumed=tuple(assumed),
    )


def _words(kind: pa.DataType) -> bool:
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(text or pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _truths(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask, bool]:
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        column = pc.utf8_trim_whitespace(column)
    found, other = truths(column)
    return found, pc.and_(pc.is_null(found), pc.is_valid(column)).to_numpy(), other


def _comma(value: object) -> str:
    return COMMA.format(value.strip().replace(",", ".")) if isinstance(value, str) and re.match(DECIMAL, value) else ""


def _convert(name: str, column: pa.ChunkedArray, prop: Property) -> tuple[pa.ChunkedArray, Mask]:
    wanted = ARROW[prop.type]
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if text and prop.type != "string":
        column = pc.utf8_trim_whitespace(column)
    if prop.type == "int64" and pa.types.is_temporal(column.type):
        if not is_time(prop.name) or pa.types.is_time(column.type) or pa.types.is_duration(column.type):
            raise _unfit(name, column.type, wanted)
        column = _milliseconds(column)
    kinds = (wanted, *TIMES) if text and is_time(prop.name) else (wanted,)
    try:
        converted = _cast(name, column, wanted)
        wrong = np.zeros(len(column), bool)
    except pa.ArrowInvalid:
        converted, wrong = _convert_each(column, kinds)
    if prop.type == "list":
        # An empty list says nothing, as an empty text does.
        converted = pc.if_else(pc.equal(pc.list_value_length(converted), 0), None, converted)
    if prop.type == "float64":
        wrong |= pc.fill_null(pc.invert(pc.is_finite(converted)), False).to_numpy()
    return converted, wrong


def _cast(name: str, column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    try:
        return column if column.type == wanted else column.cast(wanted)
    except pa.ArrowNotImplementedError as error:
        raise _unfit(name, column.type, wanted) from error


def _unfit(name: str, held: pa.DataType, wanted: pa.DataType) -> DataError:
    return DataError(f"column {name!r} holds {held}, which cannot become {wanted}")


def _milliseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        return column
    zone = getattr(column.type, "tz", None)
    return column.cast(pa.timestamp("ms", zone), safe=False).cast(pa.int64())


def _convert_each(column: pa.ChunkedArray, kinds: Sequence[pa.DataType]) -> tuple[pa.ChunkedArray, Mask]:
    """Convert to the first of ``kinds``; what cannot be that may be written as one of the others."""

    # Only blocks with a bad value, or with dates, come here; halving finds it without a conversion per row.
    def convert(part: pa.ChunkedArray) -> list[pa.Array]:
        for kind in kinds:
            with suppress(pa.ArrowInvalid):
                return list(_milliseconds(part.cast(kind)).chunks)
        if len(part) == 1:
            return [pa.nulls(1, kinds[0])]
        half = len(part) // 2
        return convert(part.slice(0, half)) + convert(part.slice(half))

    converted = pa.chunked_array(convert(column), kinds[0])
    return converted, pc.and_(pc.is_null(converted), pc.is_valid(column)).to_numpy()


def _distinct(
    table: pa.Table, keys: Sequence[str], rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Return the rows to keep, the rows that contradict one of those, and how many merely repeat."""
    part = table if len(rows) == table.num_rows else table.take(pa.array(rows))
    codes = np.zeros(len(rows), np.int64)
    for key in keys:
        encoded = part[key].combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        codes = codes * max(len(encoded.dictionary), 1) + encoded.indices.to_numpy().astype(np.int64)
    timed = "at" in table.column_names
    at = (
        pc.fill_null(part["at"], -np.iinfo(np.int64).max).to_numpy()
        if timed
        else np.zeros(len(rows), np.int64)
    )
    # The newest of equal keys comes first, among equally new ones the one that the file names first.
    order = np.lexsort((np.arange(len(rows)), -at, codes)) if timed else np.argsort(codes, kind="stable")
    first = np.ones(len(rows), bool)
    first[1:] = codes[order[1:]] != codes[order[:-1]]
    if first.all():
        return rows, rows[:0], 0
    winner = order[np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0))]
    again = order[~first]
    against = winner[~first]
    contradicts = np.zeros(len(again), bool)
    for name in table.column_names:
        if name in keys:
            continue
        left, right = part[name].take(pa.array(again)), part[name].take(pa.array(against))
        contradicts |= ~(np.asarray(left.is_null()) | same(left, right))
    contradicts &= at[again] == at[against]
    return np.sort(rows[order[first]]), rows[again[contradicts]], int(len(again) - contradicts.sum())
