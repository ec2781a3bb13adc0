"""Which pictures stand for a video: at even times, or one for each shot or segment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError
from graphrec.media.cutting import Bounds
from graphrec.media.encoders.base import Floats

CANDIDATES_PER_S = 2.0


class Pick(StrEnum):
    """Which picture stands for a shot or segment."""

    BEST = "best"
    """Of the half of its pictures that are most like all of it, the sharpest."""
    FIRST = "first"
    MIDDLE = "middle"


@dataclass(frozen=True)
class FrameRule:
    """Which frames become nodes.

    Attributes:
        kind: ``"rate"`` at even times, ``"shots"`` one per shot, ``"segments"`` one per segment, ``"none"``.
        per_s: how many pictures of a second are looked at; at a rate, each of them is a frame.
    """

    kind: Literal["rate", "shots", "segments", "none"] = "segments"
    per_s: float = CANDIDATES_PER_S

    @classmethod
    def parse(cls, text: str) -> FrameRule:
        """Read ``1/s``, ``per-shot``, ``keyframes`` or ``none``; raises ``ConfigError`` for anything else."""
        words: dict[str, FrameRule] = {"per-shot": cls("shots"), "keyframes": cls(), "none": cls("none")}
        if text in words:
            return words[text]
        try:
            if text.endswith("/s") and 0 < float(text[:-2]) <= 100:
                return cls("rate", float(text[:-2]))
        except ValueError:
            pass
        raise ConfigError(f"frames {text!r}: N/s (as in 1/s), per-shot, keyframes or none is meant")


@dataclass(frozen=True)
class Candidates:
    """Pictures of one video among which frames are chosen.

    Attributes:
        times: float64 [c], seconds, ascending.
        vectors: float32 [c, P], what each looks like.
        sharpness: float64 [c], more is sharper.
    """

    times: npt.NDArray[np.float64]
    vectors: Floats
    sharpness: npt.NDArray[np.float64]


def choose(candidates: Candidates, stretches: Bounds, looks: Floats, pick: Pick) -> npt.NDArray[np.int64]:
    """Choose a picture for each stretch of a video; one in which no candidate lies gets none.

    Args:
        candidates: the pictures.
        stretches: float64 [n, 2], start and end in seconds, ascending.
        looks: float32 [n, P], what each stretch looks like.
        pick: how.

    Returns:
        int64 [at most n], indices of candidates, ascending.
    """
    chosen = []
    first, last = np.searchsorted(candidates.times, stretches.T)
    for number, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if begin == end:
            continue
        if pick is Pick.FIRST:
            chosen.append(begin)
        elif pick is Pick.MIDDLE:
            middle = stretches[number].mean()
            chosen.append(begin + int(np.argmin(np.abs(candidates.times[begin:end] - middle))))
        else:
            likeness = _cosine(candidates.vectors[begin:end], looks[number])
            typical = np.argsort(-likeness, kind="stable")[: (end - begin + 1) // 2]
            chosen.append(begin + int(typical[np.argmax(candidates.sharpness[begin:end][typical])]))
    return np.array(chosen, np.int64)


def _cosine(vectors: Floats, look: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(look)
    return np.asarray(vectors @ look / np.maximum(lengths, 1e-12), np.float32)
