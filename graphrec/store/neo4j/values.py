"""Values between Neo4j and Arrow: columns that are collected into lists, and the rows of any query."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from neo4j.graph import Node, Path, Relationship
from neo4j.spatial import Point
from neo4j.time import Date, DateTime, Duration, Time

from graphrec.errors import StoreError
from graphrec.rows import ARROW
from graphrec.schema import Property

NOTHING = {"int64": -(1 << 63), "float64": math.nan, "string": "", "bool": -1, "list": list[str]()}
PARAMETERS: Mapping[str, Any] = {f"no_{kind}": value for kind, value in NOTHING.items()}
"""What a null is replaced by, since ``collect`` leaves nulls out; to be given to every query with ``collected``."""

_EXPRESSIONS = {
    "int64": "coalesce({}, $no_int64)",
    "float64": "coalesce({}, $no_float64)",
    "string": "coalesce('=' + {}, $no_string)",
    "bool": "coalesce(toInteger({}), $no_bool)",
    "list": "coalesce({}, $no_list)",
}


def collected(variable: str, prop: Property) -> str:
    """Return Cypher for the list of a property's values, which is as long as there are rows."""
    return f"collect({_EXPRESSIONS[prop.type].format(f'{variable}.`{prop.name}`')})"


def column(values: Sequence[Any], prop: Property, what: str) -> pa.Array:
    """Return such a list as Arrow, with its nulls; raises ``StoreError`` for values that are not of the type."""
    try:
        if prop.type == "string":
            marked = pa.array(values, pa.string())
            return pc.if_else(pc.equal(marked, ""), None, pc.utf8_slice_codeunits(marked, 1))
        if prop.type == "list":
            return pa.array([value or None for value in values], ARROW["list"])
        if prop.type == "float64":
            numbers = np.array(values, np.float64)
            return pa.array(numbers, mask=np.isnan(numbers))
        whole = pa.array(values, pa.int64())
        known = pc.if_else(pc.equal(whole, NOTHING[prop.type]), None, whole)
        return known.cast(ARROW[prop.type])
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError, OverflowError) as error:
        raise StoreError(f"{what}.{prop.name}: not every stored value is {prop.type}") from error


def table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Return the rows of a query; nodes and relationships become their properties, times Python's own.

    A column that mixes types becomes text.
    """
    columns = [[plain(row[place]) for row in rows] for place in range(len(names))]
    return pa.table({name: _array(values) for name, values in zip(names, columns, strict=True)})


def _array(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def plain(value: Any) -> Any:
    """Return a value of the driver's as one of Python's own; nodes and relationships become their properties."""
    match value:
        case Node() | Relationship():
            return {key: plain(entry) for key, entry in value.items()}
        case Path():
            return [plain(node) for node in value.nodes]
        case DateTime() | Date() | Time():
            return value.to_native()
        case Duration() | Point():
            return str(value)
        case list():
            return [plain(entry) for entry in value]
        case dict():
            return {key: plain(entry) for key, entry in value.items()}
    return value
