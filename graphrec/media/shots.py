"""Where one shot ends and the next begins, by PySceneDetect's detectors, fed from the one pass over the file."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ContentDetector

from graphrec.media.cutting import Detector
from graphrec.media.encoders.base import Pixels

if TYPE_CHECKING:
    from graphrec.media.transnet import TransNetShots

_LONGEST = 128
_SHORTEST_SHOT = 10
"""Pictures. A flash or two cuts closer than this are one cut."""


class ShotFinder:
    """Finds the cuts of a video from all of its pictures, in order.

    Args:
        detector: ``ADAPTIVE`` or ``CONTENT``.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = _make(detector)
        self._reformatter = VideoReformatter()
        self._size: tuple[int, int] | None = None
        self._starts = array("d")
        self._cuts: list[int] = []
        self._end_s = 0.0
        # The pictures are tiny, and the cores are busy decoding.
        cv2.setNumThreads(1)

    def picture(self, start_s: float, end_s: float, frame: VideoFrame) -> None:
        """Take the next picture."""
        if self._size is None:
            scale = min(1.0, _LONGEST / max(frame.width, frame.height))
            self._size = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        small = self._reformatter.reformat(
            frame, width=self._size[0], height=self._size[1], format="bgr24", interpolation="POINT", threads=1
        )
        # Detectors count in pictures; the rate only names their times, which are not asked for.
        at = FrameTimecode(len(self._starts), fps=25.0)
        self._starts.append(start_s)
        self._end_s = end_s
        self._cuts += [cut.frame_num for cut in self._detector.process_frame(at, small.to_ndarray())]

    def finish(self) -> npt.NDArray[np.float64]:
        """Return the shots' bounds, float64 [shots + 1], seconds: 0, each cut's first picture's start, the end."""
        last = FrameTimecode(len(self._starts), fps=25.0)
        cuts = {*self._cuts, *(cut.frame_num for cut in self._detector.post_process(last))} - {0}
        return np.array([0.0, *(self._starts[cut] for cut in sorted(cuts)), self._end_s])


def shot_finder(detector: Detector) -> ShotFinder | TransNetShots:
    """Return a new finder; raises ``ConfigError`` where its package is missing."""
    if detector is Detector.TRANSNETV2:
        from graphrec.media.transnet import TransNetShots

        return TransNetShots()
    return ShotFinder(detector)


class QuickScore(ContentDetector):  # type: ignore[misc]  # the library has no types
    """The library's score of a picture, with its default weights, in a twentieth of the time: it copies less."""

    _before: Pixels | None = None

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: Pixels) -> float:
        """Return the mean difference of hue, saturation and brightness from the last picture; 0 for the first."""
        now = np.asarray(cv2.cvtColor(frame_img, cv2.COLOR_BGR2HSV), np.uint8)
        before, self._before = self._before, now
        return 0.0 if before is None else cv2.norm(now, before, cv2.NORM_L1) / now.size


class _QuickAdaptive(QuickScore, AdaptiveDetector):  # type: ignore[misc]
    pass


def _make(detector: Detector) -> ContentDetector:
    if detector is Detector.ADAPTIVE:
        return _QuickAdaptive(min_scene_len=_SHORTEST_SHOT)
    return QuickScore(min_scene_len=_SHORTEST_SHOT)
