"""Which video each item is a part of, and where in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from graphrec.ragged import Ints, Ragged


def _none() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Videos:
    """Items by video; empty (and false) where items are parts of nothing.

    Attributes:
        group: int64 [items], which video an item is of, or -1.
        position: float32 [items], the middle of a segment in its video, 0 to 1; 0 without a video.
        count: how many videos there are.
    """

    group: Ints = field(default_factory=_none)
    position: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    count: int = 0

    def __bool__(self) -> bool:
        return self.count > 0

    @cached_property
    def members(self) -> Ragged:
        """The items of each video, by position in it."""
        inside = np.flatnonzero(self.group >= 0)
        inside = inside[np.argsort(self.position[inside], kind="stable")]
        return Ragged.from_pairs(self.group[inside], inside, self.count)

    @classmethod
    def of(cls, segments: Ragged, place: npt.NDArray[np.float64], items: int) -> Videos:
        """Return the videos of which ``segments`` lists the items.

        Args:
            segments: the items of each video.
            place: float64 [items], 0 for a video's first; NaN counts as 0.
            items: how many items there are.
        """
        group = np.full(items, -1, np.int64)
        group[segments.indices] = segments.rows
        middle = np.zeros(items, np.float32)
        inside = group >= 0
        counts = np.bincount(group[inside], minlength=max(len(segments), 1))
        middle[inside] = (np.nan_to_num(np.asarray(place))[inside] + 0.5) / counts[group[inside]]
        return cls(group, middle.clip(0, 1), len(segments))
