"""Tables on disk, block by block: CSV, TSV (gzip too) and Parquet, every CSV column as text."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from graphrec.errors import DataError, UsageError, unknown
from graphrec.loading.blocks import Refusal, Refused
from graphrec.loading.loader import Options

BLOCK_BYTES = 16 << 20
PARQUET_ROWS = 1 << 20


class TabularOptions(Options):
    """How text is laid out in columns."""

    delimiter: str | None = None
    """Between columns, a character or `tab`; by default tab for .tsv and comma otherwise."""
    encoding: str = "utf-8"
    """Of the text."""


@dataclass(frozen=True)
class Part:
    """Some rows of a file.

    Attributes:
        table: the rows, without those refused.
        line: where the first of them stands (text; a row that spans lines counts as one) or its number (Parquet).
        refused: lines with too few or too many columns.
    """

    table: pa.Table
    line: int
    refused: Refused = ()


def read_parts(
    path: Path,
    columns: Sequence[str],
    *,
    header: bool = True,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    quoted: bool = True,
    size: int = 1,
) -> Iterator[Part]:
    """Yield ``columns`` of a file in blocks, of text of about 16 MB.

    Args:
        path: .parquet, or delimited text, .gz or not.
        columns: names, or numbers from 1 where there is no header.
        header: whether the first line names the columns.
        delimiter: tab for .tsv and comma otherwise, unless given.
        encoding: of the text.
        quoted: whether a value may stand in quotation marks; otherwise they are text like any other.
        size: how many times as large the blocks of text are.

    Raises ``DataError`` for a missing or empty file, one without rows, a missing column or a wrong encoding.
    """
    _require_content(path)
    if path.suffix == ".parquet":
        parts = _parquet(path, columns)
    else:
        parts = _text(
            path, columns, header, _delimiter(path, delimiter), encoding, quoted, BLOCK_BYTES * size
        )
    rows = 0
    for part in parts:
        rows += part.table.num_rows + len(part.refused)
        yield part
    if not rows:
        raise DataError(f"{path}: the file has no rows", str(path))


def milliseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return epoch seconds (text, numbers) as milliseconds; dates, and text that is no number, stay as they are."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return pc.round(pc.multiply(column.cast(pa.float64()), 1000.0))
    if not pa.types.is_string(column.type):
        return column
    number = pc.extract_regex(column, r"^\s*(?P<whole>-?\d+)(?:\.(?P<part>\d{0,3})\d*)?\s*$")
    thousandths = pc.utf8_rpad(pc.struct_field(number, "part"), 3, "0")
    scaled = pc.binary_join_element_wise(pc.struct_field(number, "whole"), thousandths, "")
    return pc.if_else(pc.is_valid(number), scaled, column)


def column_names(path: Path, *, delimiter: str | None = None, encoding: str = "utf-8") -> list[str]:
    """Return what the first line names, or a Parquet file's columns; raises what ``read_parts`` does."""
    _require_content(path)
    if path.suffix == ".parquet":
        with _opened_parquet(path) as file:
            return list(file.schema_arrow.names)
    names, _ = _names(path, True, _delimiter(path, delimiter), encoding)
    return names


def _require_content(path: Path) -> None:
    if path.is_dir():
        raise DataError(f"{path}: a folder; name the file in it", str(path))
    if not path.is_file():
        raise DataError(f"{path}: no such file", str(path))
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty", str(path))


def _delimiter(path: Path, given: str | None) -> str:
    found = given or ("\t" if ".tsv" in path.suffixes else ",")
    found = {"tab": "\t", "\\t": "\t"}.get(found, found)
    if len(found) != 1:
        raise UsageError(f"--delimiter {found!r} is not one character, nor tab")
    return found


def _text(
    path: Path,
    columns: Sequence[str],
    header: bool,
    delimiter: str,
    encoding: str,
    quoted: bool,
    block_bytes: int,
) -> Iterator[Part]:
    names, first = _names(path, header, delimiter, encoding)
    for column in columns:
        if column not in names:
            raise DataError(f"{path}: {unknown('column', column, names)}{_other_delimiter(first)}", str(path))
    ragged: list[Refusal] = []

    def refuse(row: pacsv.InvalidRow) -> str:
        reason = f"{row.actual_columns} columns instead of {row.expected_columns}"
        ragged.append(Refusal(row.number or 0, reason, row.text or ""))
        return "skip"

    try:
        reader = pacsv.open_csv(
            path,
            pacsv.ReadOptions(
                block_size=block_bytes,
                column_names=names,
                skip_rows=int(header),
                encoding=encoding,
                use_threads=False,
            ),
            pacsv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                invalid_row_handler=refuse,
            ),
            pacsv.ConvertOptions(
                include_columns=list(columns),
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
                column_types=dict.fromkeys(columns, pa.string()),
            ),
        )
        line = 1 + int(header)
        for batch in reader:
            refused = tuple(ragged)
            ragged.clear()
            yield Part(pa.Table.from_batches([batch]), line, refused)
            line += batch.num_rows + len(refused)
        if ragged:
            yield Part(pa.table({name: pa.array([], pa.string()) for name in columns}), line, tuple(ragged))
    except UnicodeDecodeError as error:
        raise _not_text(path, encoding) from error
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0]
        if "UTF8" in reason or "UTF-8" in reason:
            raise _not_text(path, encoding) from error
        if "Could not skip" in reason:
            return
        raise DataError(f"{path}: {reason}", str(path)) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})", str(path)) from error


def _names(path: Path, header: bool, delimiter: str, encoding: str) -> tuple[list[str], list[str]]:
    """Return the names of the columns, and the first line's values."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise UsageError(
            f"no encoding named {encoding!r}; common ones: utf-8, utf-16, latin-1, cp1252"
        ) from None
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding=encoding, newline="") as file:
            first = next(csv.reader(file, delimiter=delimiter), [])
    except UnicodeDecodeError as error:
        raise _not_text(path, encoding) from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise DataError(f"{path}: cannot be read ({error})", str(path)) from error
    names = (
        [name.strip().removeprefix("\ufeff") for name in first]
        if header
        else [str(number) for number in range(1, len(first) + 1)]
    )
    return names, first


def _other_delimiter(first: list[str]) -> str:
    for character, name in ((";", "';'"), ("\t", "tab"), ("|", "'|'"), (",", "','")):
        if len(first) == 1 and character in first[0]:
            return f". The first line is one column; try --delimiter {name}"
    return ""


def _not_text(path: Path, encoding: str) -> DataError:
    return DataError(f"{path}: not {encoding} text; give its encoding with --encoding", str(path))


def _parquet(path: Path, columns: Sequence[str]) -> Iterator[Part]:
    with _opened_parquet(path) as file:
        for column in columns:
            if column not in file.schema_arrow.names:
                raise DataError(f"{path}: {unknown('column', column, file.schema_arrow.names)}", str(path))
        line = 1
        for batch in file.iter_batches(PARQUET_ROWS, columns=list(dict.fromkeys(columns))):
            yield Part(pa.Table.from_batches([batch]), line)
            line += batch.num_rows


def _opened_parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: not a Parquet file ({error})", str(path)) from error
