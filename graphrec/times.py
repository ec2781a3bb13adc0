"""Times that cannot be: numbers in another unit than they are read in, told by the years that they would be in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

YEARS = (1900, 2100)
"""What is recorded happened between them."""
EARLIEST, LATEST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) for year in YEARS)
LEAST_SECONDS, LEAST_MILLISECONDS = 10**8, 10**11
"""Both are in 1973: what lies between them is no likely date in milliseconds, and a likely one in seconds."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

BEFORE = "is less than 0, which is before 1970; a date so early is written as 1969-12-31"

LEAST_MOMENT = 10**9
"""Epoch milliseconds are greater from the second week of 1970 on; an order of a user's own is not."""


def moment(text: str) -> float | None:
    """Return an ISO date or time, UTC unless it says otherwise, as epoch milliseconds; None for what is none."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() * 1000


def date_text(value: float) -> str | None:
    """Return epoch milliseconds as ``2026-01-31 18:00:00`` (UTC); None for what no calendar has."""
    try:
        return str(datetime.fromtimestamp(value / 1000, UTC))[:19]
    except (ValueError, OverflowError, OSError):
        return None


def impossible(
    given: pa.ChunkedArray, times: pa.ChunkedArray, *, early: bool = False
) -> list[tuple[npt.NDArray[np.bool_], str]]:
    """Return bool [n], which of ``times`` (int64, epoch milliseconds) cannot be meant so, and why, for each reason.

    A number counts from 1970, and none is less than 0; a date may be of any year from ``YEARS[0]`` on.

    Args:
        given: the times as they were given; only numbers may be in another unit than is thought.
        times: how they are read.
        early: whether a number may be less than 0, as in a graph that dates before 1970 were loaded into.
    """
    extremes = pc.min_max(times).as_py()
    low, high = extremes["min"], extremes["max"]
    if high is None or (low >= LEAST_MILLISECONDS and high < LATEST):
        return []
    values = pc.fill_null(times, 0).to_numpy()
    negative = _counted(given) & (values < 0) & (not early)
    wrong = (values < EARLIEST) | (values >= LATEST)
    if _numbers(given):
        if LEAST_SECONDS <= high < LEAST_MILLISECONDS:
            wrong |= values >= LEAST_SECONDS
        known = times.is_valid().to_numpy()
        for unit in (1, 1000):
            if _digits(values[known] // unit).all() and not (values[known] % unit).any():
                wrong |= known
    wrong &= ~negative
    reason = _reason(int(values[np.argmax(wrong)])) if wrong.any() else ""
    return [(negative, BEFORE), (wrong, reason)]


def _counted(given: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return bool [n], which are numbers, not dates."""
    if pa.types.is_string(given.type):
        numbers: npt.NDArray[np.bool_] = pc.fill_null(
            pc.match_substring_regex(given, r"^\s*[+-]?[\d.]+\s*$"), False
        ).to_numpy()
        return numbers
    return np.full(len(given), not pa.types.is_temporal(given.type))


def _numbers(given: pa.ChunkedArray) -> bool:
    kind = given.type
    if pa.types.is_string(kind):
        dates = pc.match_substring_regex(given, r"\d\s*[-:T]")
        return not pc.any(dates).as_py()
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _digits(values: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return bool [n]: which may be the digits of a date, such as 20200705."""
    year, month, day = values // 10_000, values // 100 % 100, values % 100
    found: npt.NDArray[np.bool_] = (
        (year >= YEARS[0]) & (year < YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    )
    return found


def _reason(value: int) -> str:
    """Return why ``value``, epoch milliseconds, cannot be meant, and what it looks like."""
    said = f"would be in the year {_year(value)}"
    # 20200705, the same taken for seconds, and 20200705123000.
    if any(_digits(np.array([value // unit]))[0] for unit in (1, 1000, 10**6)):
        return f"{said}; it looks like the digits of a date: --time-unit yyyymmdd, or written as 2021-03-04"
    if LEAST_SECONDS <= value < LEAST_MILLISECONDS:
        return f"{said}; as seconds it is {_date(value * 1000)}: --time-unit s"
    for divisor, unit in ((1000, "us"), (10**6, "ns")):
        if LEAST_MILLISECONDS <= value // divisor < LATEST:
            more = ", or ms where seconds were asked for" if unit == "us" else ""
            return f"{said}; divided by {divisor:,} it is {_date(value // divisor)}: --time-unit {unit}{more}"
    return f"{said}; times are expected between {YEARS[0]} and {YEARS[1]}"


def _year(value: int) -> int:
    return 1970 + int(value // (365.2425 * 86_400_000))


def _date(value: int) -> str:
    return f"{(EPOCH + timedelta(milliseconds=value)).date()}"
