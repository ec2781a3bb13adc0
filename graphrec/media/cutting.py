"""How a video is cut into segments: at even times, in equal parts, at its shots, or at scenes, runs of like shots."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import Floats
from graphrec.media.segments import LENGTH_S, cut

Bounds = npt.NDArray[np.float64]
SCENE_S = 15.0
MOST = 100_000
"""So many equal parts a video may have."""


class Detector(StrEnum):
    """How cuts are found."""

    ADAPTIVE = "adaptive"
    """Pictures that differ from the last one far more than their neighbours do: fast camera movement is no cut."""
    CONTENT = "content"
    """Pictures that differ from the last one by more than a threshold in hue, saturation and brightness."""
    TRANSNETV2 = "transnetv2"
    """A network that also knows gradual transitions; by the package of this name."""


@dataclass(frozen=True)
class Cutting:
    """A way to cut.

    Attributes:
        kind: ``"fixed"``, ``"equal"``, ``"shots"`` or ``"scenes"``.
        seconds: the length of a fixed segment, or the least length of a scene.
        count: of equal segments, how many a video has.
    """

    kind: Literal["fixed", "equal", "shots", "scenes"] = "fixed"
    seconds: float = LENGTH_S
    count: int = 0

    @classmethod
    def parse(cls, text: str) -> Cutting:
        """Read ``fixed:5``, ``equal:1000``, ``shots`` or ``scenes:15``; raises ``ConfigError`` for anything else."""
        kind, _, seconds = text.partition(":")
        try:
            if kind == "shots" and not seconds:
                return cls("shots", 0.0)
            if kind == "equal" and 0 < int(seconds) <= MOST:
                return cls("equal", 0.0, int(seconds))
            if kind in ("fixed", "scenes"):
                length = float(seconds or (LENGTH_S if kind == "fixed" else SCENE_S))
                if 0 < length < np.inf:
                    return cls("fixed" if kind == "fixed" else "scenes", length)
        except ValueError:
            pass
        raise ConfigError(
            f"segments {text!r}: fixed:SECONDS, equal:COUNT, shots or scenes:SECONDS is meant (as in fixed:5)"
        )

    @property
    def by_shots(self) -> bool:
        """Whether shots must be found for it."""
        return self.kind in ("shots", "scenes")

    def cut(self, shots: Bounds, times: Bounds, vectors: Floats) -> Bounds:
        """Cut one video.

        Args:
            shots: float64 [n + 1], bounds of its shots in seconds, from 0 to its end.
            times: float64 [m], seconds, of its moments.
            vectors: float32 [m, D], what they look like.

        Returns:
            float64 [s, 2], start and end of each segment, in seconds.
        """
        if self.kind == "fixed":
            return np.array([(start, end) for start, end, _ in cut(float(shots[-1]), self.seconds)])
        if self.kind == "equal":
            bounds = float(shots[-1]) * np.arange(self.count + 1) / self.count
        else:
            bounds = shots if self.kind == "shots" else _scenes(shots, times, vectors, self.seconds)
        return np.stack([bounds[:-1], bounds[1:]], axis=1)


def _scenes(shots: Bounds, times: Bounds, vectors: Floats, least_s: float) -> Bounds:
    """Join the shortest shot with the more similar of its neighbours until none is shorter than ``least_s``."""
    of_shot = np.clip(np.searchsorted(shots, times, "right") - 1, 0, len(shots) - 2)
    looks = np.zeros((len(shots) - 1, vectors.shape[1]))
    np.add.at(looks, of_shot, vectors)
    bounds, sums = shots.tolist(), list(looks)
    while len(sums) > 1:
        lengths = np.diff(bounds)
        shortest = int(np.argmin(lengths))
        if lengths[shortest] >= least_s:
            break
        before = _similarity(sums, shortest, shortest - 1)
        first = shortest - 1 if before > _similarity(sums, shortest, shortest + 1) else shortest
        sums[first] = sums[first] + sums.pop(first + 1)
        bounds.pop(first + 1)
    return np.array(bounds)


def _similarity(sums: list[npt.NDArray[np.float64]], one: int, other: int) -> float:
    """The cosine of two scenes' looks; below any cosine where there is no such neighbour."""
    if not 0 <= other < len(sums):
        return -2.0
    lengths = float(np.linalg.norm(sums[one]) * np.linalg.norm(sums[other]))
    return float(sums[one] @ sums[other]) / lengths if lengths else -1.0
