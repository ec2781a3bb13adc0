"""Position prior: which part of a video people tend to highlight."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, Model, Scorer, Target
from graphrec.models.popularity import SharedScorer
from graphrec.settings import Settings


class PositionSettings(Settings):
    """Settings of the position prior."""

    bins: int = Field(10, ge=1, le=1000)
    """Into how many equal parts a video is divided."""
    smoothing: float = Field(5.0, ge=0, allow_inf_nan=False)
    """Segments at the overall rate that are added to each part, against chance in small data."""


class PositionPrior(Model[PositionSettings]):
    """Score of a segment = highlights per known segment in the same part of a video, over all training
    videos.

    It needs nothing but where a segment lies, so it ranks segments of new videos too. An item outside any
    video has no position: its score is its popularity (users who have it), which ranks a data set without
    videos as ``popularity`` does.
    """

    name = "position"
    title = "segments from the part of a video that is highlighted most"
    Settings = PositionSettings
    tuned = ("bins", "smoothing")

    scores: Tensor

    def __init__(self, shape: Shape, settings: PositionSettings) -> None:
        super().__init__(shape, settings)
        self.register_buffer("scores", torch.zeros(shape.items))

    def learner(self, data: Data, run: RunContext) -> Once:
        """Count by parts of videos."""
        return Once(partial(self._fit, data), len(data.records))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the scores, the same for all users."""
        return SharedScorer(self.scores)

    def _fit(self, data: Data) -> None:
        edges = data.people
        if not data.videos:
            self.scores.copy_(torch.from_numpy(edges))
            return
        bins, smoothing = self.settings.bins, self.settings.smoothing
        in_video = data.videos.group >= 0
        part = np.minimum((data.videos.position * bins).astype(np.int64), bins - 1)
        known = in_video & data.sampled
        segments = np.bincount(part[known], minlength=bins)
        highlights = np.bincount(part[known], edges[known], minlength=bins)
        overall = highlights.sum() / max(1, segments.sum())
        rate = (highlights + smoothing * overall) / np.maximum(segments + smoothing, 1e-9)
        self.scores.copy_(torch.from_numpy(np.where(in_video, rate[part], edges)))
