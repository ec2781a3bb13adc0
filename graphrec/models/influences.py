"""What a model's embedding of a user or an item was made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Influences:
    """What went into one embedding.

    Attributes:
        of_users: whether ``at`` are users, else items.
        at: int64 [n], which.
        weights: float32 [n], by what factor each one's vector counts.
        said: how, as a sentence about "it".
        learned: whether they are neighbours in the graph, and not merely alike by content.
        part: label of ``at`` where they are parts of the item, such as its frames; of an item that came after training
            the places of its parts as they were given.
    """

    of_users: bool
    at: Ints
    weights: Floats
    said: str
    learned: bool = True
    part: str = ""


@dataclass(frozen=True)
class Part:
    """What one of several models in a run, or one side of a model, adds to a score.

    Attributes:
        name: of that model's own run, or of the side.
        weight: how much it counts.
        score: what it adds to the score, the weight within.
    """

    name: str
    weight: float
    score: float


def none(said: str, of_users: bool = False) -> Influences:
    """Return that nothing else went into an embedding, and why."""
    return Influences(of_users, np.empty(0, np.int64), np.empty(0, np.float32), said)
