"""Whether what is new lies among what is old: who the nearest neighbours of new nodes are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrec.store.base import Floats
from graphrec.store.nearest import unit

SAMPLED = 500
"""Of more new nodes so many, drawn by lot, are looked at."""


@dataclass(frozen=True)
class Company:
    """In what company the new nodes of a label are.

    Attributes:
        new: how many there are.
        old: how many others.
        k: how many neighbours of each were looked at.
        share: which share of these is old.
        by_chance: which share would be, were the places of all nodes exchanged at random.
    """

    new: int
    old: int
    k: int
    share: float
    by_chance: float


def company(vectors: Floats, new: npt.NDArray[np.bool_], k: int = 10, seed: int = 0) -> Company | None:
    """Tell how many of the ``k`` nearest neighbours of new nodes, by cosine, are old.

    It is worked out from the embeddings themselves: a map in two dimensions bends distances.

    Args:
        vectors: float32 [n, D], of nodes of one label.
        new: bool [n].
        k: neighbours of each.
        seed: of the draw, where there are more than ``SAMPLED`` new nodes.

    Returns:
        None unless there are new nodes as well as old ones.
    """
    fresh = np.flatnonzero(new)
    if not 0 < len(fresh) < len(new):
        return None
    k = min(k, len(new) - 1)
    rng = np.random.default_rng(seed)
    looked_at = fresh if len(fresh) <= SAMPLED else rng.choice(fresh, SAMPLED, replace=False)
    directions = unit(vectors)
    cosines = directions[looked_at] @ directions.T
    cosines[np.arange(len(looked_at)), looked_at] = -np.inf
    nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    old = len(new) - len(fresh)
    return Company(len(fresh), old, k, float((~new[nearest]).mean()), old / (len(new) - 1))
