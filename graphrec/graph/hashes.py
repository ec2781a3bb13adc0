"""Numbers that stand for nodes, and for lists of them, whatever their positions: modulo 2 ** 64."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphrec.graph.ids import Ids
from graphrec.ragged import Ragged

Hashes = npt.NDArray[np.uint64]


def hashes_of(ids: Ids) -> Hashes:
    """Return uint64 [n], a number for each id, the same everywhere."""
    found: Hashes = pd.util.hash_array(ids.values.to_numpy(zero_copy_only=False), categorize=False)
    return found


def sums(hashes: Hashes, lists: Ragged) -> Hashes:
    """Return the sum over each list: the same in any order."""
    totals = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes[lists.indices], dtype=np.uint64)])
    found: Hashes = totals[lists.indptr[1:]] - totals[lists.indptr[:-1]]
    return found
