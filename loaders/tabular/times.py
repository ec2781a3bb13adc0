"""Numbers that are times, in whatever unit, as epoch milliseconds."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc


class TimeUnit(StrEnum):
    """What numbers that are times count since 1970; or the digits of a date."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    NANOSECONDS = "ns"
    DATE = "yyyymmdd"


THOUSANDTHS = {TimeUnit.MICROSECONDS: 3, TimeUnit.NANOSECONDS: 6}
"""Digits of a number that are less than a millisecond."""


def milliseconds(column: pa.ChunkedArray, unit: TimeUnit = TimeUnit.SECONDS) -> pa.ChunkedArray:
    """Return numbers (text or typed) that are times in ``unit`` as milliseconds.

    Dates, and text that is no such number, stay as they are.
    """
    if unit is TimeUnit.MILLISECONDS:
        return column
    number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if not number and not pa.types.is_string(column.type):
        return column
    if unit is TimeUnit.DATE:
        return _dates(column)
    if number:
        return _scaled(column, unit)
    if unit is TimeUnit.SECONDS:
        found = pc.extract_regex(column, r"^\s*(?P<whole>-?\d+)(?:\.(?P<part>\d{0,3})\d*)?\s*$")
        thousandths = pc.utf8_rpad(pc.struct_field(found, "part"), 3, "0")
        scaled = pc.binary_join_element_wise(pc.struct_field(found, "whole"), thousandths, "")
    else:
        rest = rf"\d{{{THOUSANDTHS[unit]}}}(?:\.\d*)?"
        found = pc.extract_regex(column, rf"^\s*(?P<whole>-?\d+){rest}\s*$")
        scaled = pc.struct_field(found, "whole")
    return pc.if_else(pc.is_valid(found), scaled, column)


def _scaled(column: pa.ChunkedArray, unit: TimeUnit) -> pa.ChunkedArray:
    if unit is TimeUnit.SECONDS:
        return pc.round(pc.multiply(column.cast(pa.float64()), 1000.0))
    divisor = 10 ** THOUSANDTHS[unit]
    if pa.types.is_integer(column.type):
        return pc.divide(column, pa.scalar(divisor, pa.int64()))
    return pc.round(pc.divide(column.cast(pa.float64()), float(divisor)))


def _dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return 20200705 as 2020-07-05; the door says which of them is no date."""
    whole = pa.types.is_floating(column.type)
    text = column.cast(pa.int64(), safe=False).cast(pa.string()) if whole else column.cast(pa.string())
    found = pc.extract_regex(text, r"^\s*(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})\s*$")
    parts = (pc.struct_field(found, name) for name in ("y", "m", "d"))
    return pc.if_else(pc.is_valid(found), pc.binary_join_element_wise(*parts, "-"), text)
