"""One moment for all users: what came before it trains, what came after it is the test."""

from __future__ import annotations

import numpy as np

from graphrec import schema
from graphrec.errors import ConfigError, DataError
from graphrec.graph.projection import types_of
from graphrec.graph.snapshot import Snapshot
from graphrec.ragged import Ints
from graphrec.times import LEAST_MOMENT, date_text, moment

CUT = "temporal-cut"
DEFAULT = "0.9"
"""The share of the records that lie before the moment where nothing else is said: 80 % train, 10 % validate."""


def require_times(snapshot: Snapshot) -> None:
    """Raise ``DataError`` where the records have no times, or only an order of each user's own."""
    order = np.asarray(snapshot.records.order)
    last = types_of(str(snapshot.projection["relationship"]))[-1]
    own = any(one.name == "sequence" for one in schema.relationship(last).properties)
    if not len(order) or np.ptp(order) == 0 or (own and order.max() < LEAST_MOMENT):
        what = "only a `sequence` of each user's own" if own and len(order) and np.ptp(order) else "no time (`at`)"
        raise DataError(
            f"the records have {what}, so that no moment parts them for all users; choose another split, for example "
            "--split leave-one-out"
        )


def moment_of(order: Ints, text: str) -> int:
    """Return the moment that ``text`` names, as ``order``, int64 [E], counts: records from it on are the test.

    Args:
        order: when each record was made.
        text: an ISO date or time, UTC unless it says otherwise, or a share of the records, such as 0.9; the default
            where it is empty.

    Raises ``ConfigError`` for what is neither, ``DataError`` for a date before or after all records.
    """
    share = _share(text or DEFAULT)
    if share is not None:
        return int(np.sort(order)[min(round(share * len(order)), len(order) - 1)])
    date = moment(text)
    if date is None:
        raise ConfigError(
            f"--at {text} is neither a date such as 2026-01-31 (or 2026-01-31T18:00) nor a share between 0 and 1"
        )
    cut = round(date)
    if not order.min() < cut <= order.max():
        span = " to ".join(_date(int(one)) for one in (order.min(), order.max()))
        raise DataError(f"--at {text} parts nothing: the records are from {span}")
    return cut


def told_moment(order: Ints, text: str) -> str:
    """Return in a sentence which moment it is."""
    return f"Records from {_date(moment_of(order, text))} on are the test, for all users; those before it train."


def untimed(order: Ints) -> int:
    """Return how many records have no time, or no number, where others have one; ``order`` as in ``Records``."""
    if not len(order) or np.ptp(order) == 0:
        return 0
    return int((order == 0).sum() if order.max() >= LEAST_MOMENT else (order < 0).sum())


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    if not 0 < share < 1:
        raise ConfigError(f"--at {text} is no share: it takes a number between 0 and 1, or a date")
    return share


def _date(value: int) -> str:
    return (date_text(value) if abs(value) >= LEAST_MOMENT else None) or str(value)
