"""What ``--property`` asks for: a property of the schema, or a typed one of the graph's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.errors import DataError, NotFoundError, UsageError
from graphrec.loaders.tabular import TimeUnit, milliseconds
from graphrec.properties import check_own, slip_of
from graphrec.schema import Property, PropertyType

TYPES: Mapping[str, PropertyType] = {
    "text": "string", "int": "int64", "float": "float64", "bool": "bool", "list": "list", "time": "int64",
}  # fmt: skip
"""What people call the types."""
SEPARATOR = "|"
FORM = "name, name:column, name:type or name:column:type (text, int, float, bool, time, list or list:'|')"


@dataclass(frozen=True)
class AskedProperty:
    """A property, and the column of the file that holds it.

    Attributes:
        name: the property.
        column: the column.
        type: of a property of the graph's own; None for what the column holds, or for one of the schema.
        separator: between the texts of a list.
    """

    name: str
    column: str
    type: PropertyType | None = None
    separator: str = SEPARATOR

    def own(self, column: pa.DataType, known: Sequence[Property]) -> Property | None:
        """Return the property as the graph's own, of a ``column`` of that type; None where ``known`` has it."""
        if any(prop.name == self.name for prop in known):
            return None
        return Property(self.name, self.type or _held(column, self.column))

    def listed(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return the texts of each row of a column of texts: parts without blanks around them, none empty."""
        if not pa.types.is_string(column.type):
            return column
        return pa.chunked_array(
            [_parts(chunk, self.separator) for chunk in column.chunks], pa.list_(pa.string())
        )


def read_property(text: str, of: str, known: Sequence[Property]) -> AskedProperty:
    """Read what was given as ``--property``.

    Args:
        text: such as ``age:int``.
        of: the label or type.
        known: its properties in the schema.

    Raises ``UsageError`` for what cannot be read, ``DataError`` for a name that cannot be a property, ``NotFoundError``
    for one without a type that may be a slip.
    """
    name, *rest = text.split(":")
    if any(prop.name == name for prop in known):
        # Its type is known: what follows is a column, whatever it is called.
        return AskedProperty(name, ":".join(rest) or name)
    separator = SEPARATOR
    if "list" in rest[:2] and rest[-1] != "list":
        at = rest.index("list") + 1
        rest, separator = rest[:at], ":".join(rest[at:]).strip("'\"")
    if len(rest) > 2 or (len(rest) == 2 and rest[1] not in TYPES) or not separator or "" in rest:
        raise UsageError(f"--property {text!r} cannot be read; write {FORM}")
    kind = rest.pop() if rest and rest[-1] in TYPES else None
    if kind == "time" and not schema.is_time(name):
        column = rest[0] if rest else name
        raise UsageError(f"--property {text!r}: the name of a time ends in _at; call it {name}_at:{column}:time")
    asked = AskedProperty(name, rest[0] if rest else name, TYPES[kind] if kind else None, separator)
    check_own(of, Property(name, asked.type or ("int64" if schema.is_time(name) else "string")))
    near = None if kind else slip_of(name, known)
    if near is not None:
        raise NotFoundError(
            f"{of} has no property {name!r}; did you mean {near!r}? To keep it as your own, name its type: "
            f"--property {':'.join([name, *rest])}:text"
        )
    return asked


def asked_of(texts: Sequence[str], kind: str) -> list[AskedProperty]:
    """Return what ``--property`` asks for of a label or type; raises ``UsageError`` for one that is asked for twice."""
    found = [read_property(text, kind, schema.properties(kind)) for text in texts]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--property {name} is given twice; a property has one column")
    return found


def numbers_of(asked: Mapping[str, Sequence[AskedProperty]]) -> list[str]:
    """Return the columns that hold numbers, of what is asked for of labels and types."""
    found: list[str] = []
    for kind, properties in asked.items():
        known = {one.name: one.type for one in schema.properties(kind)}
        found += [one.column for one in properties if known.get(one.name, one.type) in ("int64", "float64")]
    return found


def with_properties(
    table: Mapping[str, pa.ChunkedArray], part: pa.Table, asked: Sequence[AskedProperty], kind: str, unit: TimeUnit
) -> tuple[dict[str, pa.ChunkedArray], tuple[Property, ...]]:
    """Return ``table`` with what is asked for of its rows, times in milliseconds; and which of that is the graph's own.

    Args:
        table: the columns of the rows by graphrec's names.
        part: the same rows as the file has them.
        asked: the properties.
        kind: label or type of the rows.
        unit: what numbers that are times count.
    """
    columns = {**table, **{one.name: part[one.column] for one in asked}}
    for name in filter(schema.is_time, columns):
        columns[name] = milliseconds(columns[name], unit)
    known = schema.properties(kind)
    own = [one.own(columns[one.name].type, known) for one in asked]
    for one, prop in zip(asked, own, strict=True):
        if prop is not None and prop.type == "list":
            columns[one.name] = one.listed(columns[one.name])
    return columns, tuple(prop for prop in own if prop is not None)


def _held(kind: pa.DataType, column: str) -> PropertyType:
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_integer(kind) or pa.types.is_temporal(kind):
        return "int64"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "float64"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        if not (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)):
            raise DataError(f"column {column!r} holds lists of {kind.value_type}; a property holds lists of texts")
        return "list"
    return "string"


def _parts(texts: pa.Array, separator: str) -> pa.Array:
    split = pc.split_pattern(texts, separator)
    parts = pc.utf8_trim_whitespace(split.flatten())
    said = pc.not_equal(parts, "")
    rows = pc.list_parent_indices(split).filter(said).to_numpy()
    ends = np.cumsum(np.bincount(rows, minlength=len(texts)))
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), parts.filter(said), mask=texts.is_null())
