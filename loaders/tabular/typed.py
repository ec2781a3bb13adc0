"""Parquet and Arrow files: every type that holds text, numbers or times, in one of few forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

from graphrec.errors import DataError, unknown
from graphrec.loaders.tabular.opening import kind_of

ROWS = 1 << 20


def names(path: Path) -> list[str]:
    """Return what the columns are called; raises ``DataError``."""
    with _opened(path) as (schema, _):
        return list(schema.names)


def blocks(path: Path, columns: Sequence[str]) -> Iterator[tuple[pa.Table, int]]:
    """Yield ``columns`` in blocks, and the number of the first row of each.

    Raises ``DataError`` for a file of another kind, a missing or ambiguous column, and a type that holds neither text
    nor numbers nor times.
    """
    with _opened(path) as (schema, batches):
        count = Counter(schema.names)
        for column in columns:
            if column not in count:
                raise DataError(f"{path}: {unknown('column', column, schema.names)}", str(path))
            if count[column] > 1:
                raise DataError(f"{path}: two columns are called {column!r}; rename one", str(path))
        line = 1
        for batch in batches(list(columns)):
            table = pa.Table.from_batches([batch]).select(list(columns))
            yield pa.table({name: _plain(path, name, table[name]) for name in columns}), line
            line += batch.num_rows


@contextmanager
def _opened(path: Path) -> Iterator[tuple[pa.Schema, Any]]:
    """Give a file's schema, and what yields record batches of some columns."""
    what = "a Parquet file" if kind_of(path) == "parquet" else "an Arrow file"
    try:
        if what == "a Parquet file":
            with pq.ParquetFile(path) as file:
                yield file.schema_arrow, lambda columns: file.iter_batches(ROWS, columns=columns)
        else:
            with pa.OSFile(str(path)) as source:
                yield _arrow(source)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise DataError(
            f"{path}: not {what} that can be read ({str(error).splitlines()[0]})", str(path)
        ) from error


def _arrow(source: pa.NativeFile) -> tuple[pa.Schema, Any]:
    start = source.read(6)
    source.seek(0)
    if start[:4] == b"FEA1":
        table = feather.read_table(source)
        return table.schema, lambda _: iter(table.to_batches(ROWS))
    if start == b"ARROW1":
        file = ipc.open_file(source)
        return file.schema, lambda _: (file.get_batch(n) for n in range(file.num_record_batches))
    stream = ipc.open_stream(source)
    return stream.schema, lambda _: iter(stream)


def _plain(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as text, lists of texts, numbers, bool, timestamps, dates or nothing; others are refused."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(
            path, name, pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        )
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _plain(path, name, column.cast(kind.value_type))
    if _holds_text(kind):
        try:
            return column.cast(pa.string())
        except pa.ArrowInvalid as error:
            raise DataError(
                f"{path}: column {name!r} holds bytes that are no UTF-8 text", str(path)
            ) from error
    if _holds_lists(kind) and _holds_text(kind.value_type):
        return column.cast(pa.list_(pa.string()))
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return column.cast(pa.float64())
    known = (
        pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_null,
        pa.types.is_timestamp, pa.types.is_date,
    )  # fmt: skip
    if any(is_kind(kind) for is_kind in known):
        return column
    raise DataError(
        f"{path}: column {name!r} holds {kind}; write it as text, numbers, timestamps or dates", str(path)
    )


def _holds_lists(kind: pa.DataType) -> bool:
    return any(
        is_kind(kind)
        for is_kind in (
            pa.types.is_list,
            pa.types.is_large_list,
            pa.types.is_fixed_size_list,
            pa.types.is_list_view,
        )
    )


def _holds_text(kind: pa.DataType) -> bool:
    kinds = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary,
        pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary,
    )  # fmt: skip
    return any(is_kind(kind) for is_kind in kinds)
