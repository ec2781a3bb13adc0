"""Delimited text, read by Arrow in blocks; what Arrow cannot read as it stands is rewritten on the way."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from graphrec.errors import DataError
from graphrec.loaders.tabular.dialect import Dialect
from graphrec.loaders.tabular.opening import CHUNK, Chunks, TextFile, not_text, readable, whole_lines
from graphrec.loading.blocks import Refusal

BLOCK_BYTES = 16 << 20
STAND_IN = "\x1f"
"""What Arrow, which knows only one character, gets for a longer separator: ASCII's own separator of units."""
AGAIN = "the header again, as where files were put together; it is no row"


def blocks(
    file: TextFile, dialect: Dialect, places: Sequence[int], size: int
) -> Iterator[tuple[pa.Table, int, tuple[Refusal, ...]]]:
    """Yield the columns at ``places`` as text, named by their numbers; the first line of the block; and what is no row.

    Args:
        file: the text.
        dialect: how it is laid out.
        places: of the columns, from 0.
        size: how many times 16 MB a block has.

    Raises ``DataError`` for text that cannot be read.
    """
    ragged: list[Refusal] = []

    def refuse(row: pacsv.InvalidRow) -> str:
        reason = f"{row.actual_columns} columns instead of {row.expected_columns}"
        ragged.append(Refusal(row.number or 0, reason, _restored(row.text or "", dialect)))
        return "skip"

    line = 1 + dialect.skip
    try:
        reader = pacsv.open_csv(
            _source(file, dialect),
            pacsv.ReadOptions(
                block_size=BLOCK_BYTES * size,
                column_names=[str(number) for number in range(len(dialect.names))],
                skip_rows=dialect.skip,
                use_threads=False,
            ),
            pacsv.ParseOptions(
                delimiter=dialect.separator if len(dialect.separator) == 1 else STAND_IN,
                quote_char='"' if dialect.quoted else False,
                newlines_in_values=dialect.quoted,
                invalid_row_handler=refuse,
            ),
            pacsv.ConvertOptions(
                include_columns=[str(place) for place in places],
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
                column_types={str(place): pa.string() for place in places},
            ),
        )
        for batch in reader:
            refused = tuple(ragged)
            ragged.clear()
            yield _unchanged(pa.Table.from_batches([batch]), dialect), line, refused
            line += batch.num_rows + len(refused)
        if ragged:
            yield pa.table({str(place): pa.array([], pa.string()) for place in places}), line, tuple(ragged)
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0]
        if "UTF8" in reason or "UTF-8" in reason:
            raise not_text(file.path, file.encoding) from error
        if "Could not skip" in reason or "Empty CSV file" in reason:
            return
        raise DataError(f"{file.path}: {reason}", str(file.path)) from error
    except OSError as error:
        raise DataError(f"{file.path}: cannot be read ({error})", str(file.path)) from error


def headers_again(table: pa.Table, names: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return bool [rows]: where each of the columns holds its own name."""
    again = np.ones(table.num_rows, bool)
    for column, name in zip(table.columns, names, strict=True):
        if again.any():
            trimmed = column.filter(pa.array(again))
            again[again] = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(trimmed), name), False).to_numpy()
    return again


def _source(file: TextFile, dialect: Dialect) -> Any:
    """Return what Arrow reads: the file itself wherever it can."""
    if len(dialect.separator) > 1:
        return _stream(_replaced(file, dialect))
    if dialect.spaced and dialect.quoted:
        return _stream(_rewritten(file, dialect))
    if not file.plain or file.packing == "zip":
        return file.opened()
    return pa.input_stream(str(file.path), compression=file.packing)


def _stream(chunks: Iterator[bytes]) -> IO[bytes]:
    return io.BufferedReader(Chunks(chunks), CHUNK)


def _replaced(file: TextFile, dialect: Dialect) -> Iterator[bytes]:
    """Yield the text with the stand-in for its separator."""
    separator, stand_in = dialect.separator.encode(), STAND_IN.encode()
    for text in whole_lines(file.chunks()):
        if stand_in in text:
            raise DataError(
                f"{file.path}: it holds the character \\x1f beside the separator {dialect.separator!r}; take it out",
                str(file.path),
            )
        yield text.replace(separator, stand_in)


def _rewritten(file: TextFile, dialect: Dialect) -> Iterator[bytes]:
    """Yield the rows as CSV without blanks before quotation marks."""
    with readable(file.path, file.encoding), io.TextIOWrapper(file.opened(), "utf-8", newline="") as lines:
        for _ in range(dialect.skip):
            yield lines.readline().encode()
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=dialect.separator, lineterminator="\n")
        for row in csv.reader(lines, delimiter=dialect.separator, skipinitialspace=True):
            writer.writerow(row)
            if text.tell() > CHUNK:
                yield text.getvalue().encode()
                text.seek(0)
                text.truncate()
        yield text.getvalue().encode()


def _unchanged(table: pa.Table, dialect: Dialect) -> pa.Table:
    """Return a block with the separator that enclosed values hold, for its stand-in."""
    if len(dialect.separator) == 1 or not dialect.quoted:
        return table
    columns = [pc.replace_substring(column, STAND_IN, dialect.separator) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _restored(text: str, dialect: Dialect) -> str:
    return text.replace(STAND_IN, dialect.separator) if len(dialect.separator) > 1 else text
