"""A few frames that stand for many: those most different from each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from graphrec.models.parts import PartRows
from graphrec.ragged import Ints, Ragged


def most_different(lists: Ragged, rows: PartRows, count: int) -> Ragged:
    """Return at most ``count`` parts of each list, in the order that they had there.

    The first is the most typical, the nearest to the mean; each further one is the farthest from those taken
    (Gonzalez, Clustering to Minimize the Maximum Intercluster Distance, 1985).

    Args:
        lists: of parts.
        rows: what these look like, vectors of unit length.
        count: how many of a list are kept, 1 or more.
    """
    kept = [_chosen(lists.indices[start:end], rows, count) for start, end in pairwise(lists.indptr.tolist())]
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in kept])]).astype(np.int64)
    return Ragged(indptr, np.concatenate([*kept, np.empty(0, np.int64)]).astype(np.int64))


def _chosen(parts: Ints, rows: PartRows, count: int) -> Ints:
    if len(parts) <= count:
        return parts
    x = rows(torch.from_numpy(np.array(parts)))
    taken = [int((x @ x.mean(0)).argmax())]
    nearest: Tensor = x @ x[taken[0]]
    while len(taken) < count:
        taken.append(int(nearest.argmin()))
        nearest = torch.maximum(nearest, x @ x[taken[-1]])
    kept: Ints = parts[np.sort(taken)]
    return kept
