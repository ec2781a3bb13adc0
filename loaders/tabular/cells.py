"""What is mended in the cells of a block, a column at a time: blanks after separators, decimal commas."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

DECIMAL = r"^\s*[+-]?\d*,\d+\s*$"


def without_leading_blanks(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """Return a column of text without blanks before its values, and how many had some."""
    trimmed = pc.utf8_ltrim(column, characters=" \t")
    count = pc.sum(pc.not_equal(column, trimmed)).as_py() or 0
    return trimmed, count


def with_decimal_points(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """Return a column of text in which numbers such as 3,5 are 3.5, and how many those are."""
    if not pa.types.is_string(column.type) or not pc.any(pc.match_substring(column, ",")).as_py():
        return column, 0
    commas = pc.fill_null(pc.match_substring_regex(column, DECIMAL), False)
    count = pc.sum(commas).as_py() or 0
    return pc.if_else(commas, pc.replace_substring(column, ",", ".", max_replacements=1), column), count
