"""Whether values are the same, for columns of any type of the schema."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def same(left: pa.ChunkedArray, right: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return bool [n]: whether both have a value and it is the same."""
    if not pa.types.is_list(left.type):
        return np.asarray(pc.fill_null(pc.equal(left, right), False))
    lengths = [np.asarray(pc.fill_null(pc.list_value_length(one), -1)) for one in (left, right)]
    found: npt.NDArray[np.bool_] = (lengths[0] == lengths[1]) & (lengths[0] >= 0)
    # Entry by entry, of lists that are as long.
    kept = pa.array(found)
    entries = [pc.list_flatten(one.filter(kept)) for one in (left, right)]
    rows = np.repeat(np.flatnonzero(found), lengths[0][found])
    neither = np.asarray(pc.and_(entries[0].is_null(), entries[1].is_null()))
    found[rows[~(same(*entries) | neither)]] = False
    return found
