"""Words that say true or false."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

TRUTH: Mapping[str, bool] = {
    "true": True, "yes": True, "y": True, "t": True, "1": True, "1.0": True,
    "false": False, "no": False, "n": False, "f": False, "0": False, "0.0": False,
}  # fmt: skip
"""What they mean, in any case."""
PLAIN = ("true", "false")
ASSUMED = "yes, y, t and 1 are read as true; no, n, f and 0 as false"
FORM = "true or false (nor yes/no, y/n, t/f, 1/0)"


def truths(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, bool]:
    """Return text or numbers as bool [n], null for what says neither; and whether any is not said plainly."""
    if pa.types.is_boolean(column.type):
        return column, False
    text = pc.utf8_lower(column.cast(pa.string()))
    place = pc.index_in(text, value_set=pa.array(TRUTH))
    meant = pa.array(TRUTH.values(), pa.bool_()).take(place)
    other = pc.and_(pc.is_valid(place), pc.invert(pc.is_in(text, value_set=pa.array(PLAIN))))
    return meant, bool(pc.any(other, min_count=0).as_py())
