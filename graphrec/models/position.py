"""Position prior: which part of a video people tend to highlight."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import TrainingData
from graphrec.models.base import Recommender, Scorer, Settings
from graphrec.models.popularity import SharedScorer


class PositionSettings(Settings):
    """Settings of the position prior."""

    bins: int = Field(10, ge=1, le=1000)
    """Into how many equal parts a video is divided."""
    smoothing: float = Field(5.0, ge=0)
    """Segments at the overall rate that are added to each part, against chance in small data."""


class PositionPrior(Recommender[PositionSettings]):
    """Score of a segment = highlights per known segment in the same part of a video, over all training
    videos.

    It needs nothing but where a segment lies, so it ranks segments of new videos too. An item outside any
    video has no position: its score is its popularity (training edges), which ranks a data set without
    videos as ``popularity`` does.
    """

    name = "position"
    title = "segments from the part of a video that is highlighted most"
    Settings = PositionSettings

    scores: Tensor

    def __init__(self, data: TrainingData, settings: PositionSettings) -> None:
        super().__init__(data, settings)
        edges = data.by_item.lengths
        in_video = data.group >= 0
        part = np.minimum((data.position * settings.bins).astype(np.int64), settings.bins - 1)
        known = in_video & data.sampled
        segments = np.bincount(part[known], minlength=settings.bins)
        highlights = np.bincount(part[known], edges[known], minlength=settings.bins)
        overall = highlights.sum() / max(1, segments.sum())
        rate = (highlights + settings.smoothing * overall) / np.maximum(segments + settings.smoothing, 1e-9)
        self.register_buffer("scores", torch.from_numpy(np.where(in_video, rate[part], edges)).float())

    def scorer(self, items: Tensor | None = None) -> Scorer:
        """Return the scores, the same for all users."""
        return SharedScorer(self.scores)
