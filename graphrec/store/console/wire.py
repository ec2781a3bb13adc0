"""An answer on its way out of a query's process, as JSON: nothing in it can run where it is read.

What JSON has no word for becomes an object with a mark in it, which is made up for each answer, so that no map of a
query's own can be taken for one.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, cast
from uuid import UUID

import pyarrow as pa

from graphrec.errors import QueryError
from graphrec.store.answers import Node, Path, Relationship

MOST_VALUES = 500_000
"""Each takes some fifty bytes where it is shown, however short it is."""


def packed(columns: tuple[str, ...], rows: list[tuple[Any, ...]], cut: bool) -> bytes:
    """Return columns, rows and whether they were cut."""
    mark = secrets.token_hex(8)
    content = {"columns": columns, "rows": rows, "cut": cut}
    told = json.dumps(content, default=partial(_out, mark), separators=(",", ":"))
    if sum(told.count(sign) for sign in ",[{") > MOST_VALUES:
        raise QueryError(f"the query failed: its answer has more than {MOST_VALUES:,} values; ask for less")
    return f"{mark}{told}".encode()


def unpacked(content: bytes) -> tuple[tuple[str, ...], list[tuple[Any, ...]], bool]:
    """Return what ``packed`` was given."""
    mark, told = content[:16].decode(), content[16:]
    found = json.loads(told, object_hook=partial(_in, mark))
    return tuple(found["columns"]), [tuple(row) for row in found["rows"]], bool(found["cut"])


def as_stream(table: pa.Table) -> bytes:
    """Return a table as Arrow's stream of bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return cast(bytes, sink.getvalue().to_pybytes())


def from_stream(content: bytes) -> pa.Table:
    """Return the table in Arrow's stream of bytes."""
    return pa.ipc.open_stream(content).read_all()


def _out(mark: str, value: Any) -> Any:
    match value:
        case Node():
            return {mark: "node", "of": (value.key, value.label, value.properties, value.foreign)}
        case Relationship():
            return {
                mark: "relationship",
                "of": (value.key, value.type, value.start, value.end, value.properties),
            }
        case Path():
            return {mark: "path", "of": (value.nodes, value.relationships)}
        case bytes():
            return {mark: "bytes", "of": base64.b64encode(value).decode("ascii")}
        case timedelta():
            return {mark: "timedelta", "of": (value.days, value.seconds, value.microseconds)}
        case datetime():
            return {mark: "datetime", "of": value.isoformat()}
        case date():
            return {mark: "date", "of": value.isoformat()}
        case time():
            return {mark: "time", "of": value.isoformat()}
        case Decimal():
            return {mark: "decimal", "of": str(value)}
        case UUID():
            return {mark: "uuid", "of": str(value)}
    return str(value)


def _in(mark: str, told: dict[str, Any]) -> Any:
    kind = told.get(mark)
    return told if kind is None else _KINDS[kind](told["of"])


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "node": lambda of: Node(*of),
    "relationship": lambda of: Relationship(*of),
    "path": lambda of: Path(tuple(of[0]), tuple(of[1])),
    "bytes": base64.b64decode,
    "timedelta": lambda of: timedelta(*of),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
}
