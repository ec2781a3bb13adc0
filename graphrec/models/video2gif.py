"""Video2GIF: what makes a good moment for anybody, from how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.by_content import ByContent, ContentSettings
from graphrec.models.tower import tower
from graphrec.models.user_weights import user_weights
from graphrec.ragged import Ints


class Video2GIFSettings(ContentSettings):
    """Settings of Video2GIF."""

    hidden: int = Field(512, ge=1, le=65536)
    """Width of the first hidden layer."""
    narrow: int = Field(128, ge=1, le=65536)
    """Width of the second."""
    delta: float = Field(1.5, gt=0, allow_inf_nan=False)
    """δ, from which on the loss grows as a line."""
    l2: float = Field(1e-3, ge=0, allow_inf_nan=False)
    """On the squared scores (mean over the batch); the paper decays weights by as much."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A record of a user with d of them weighs d ** -user_weighting: 0 counts records alike, 1 users."""


class Video2GIF(ByContent[Video2GIFSettings]):
    """Video2GIF: Automatic Generation of Animated GIFs from Video (Gygli, Song and Cao, CVPR 2016).

    A network h of two hidden layers scores a segment by its features, the same for all users; what was chosen is to
    score one more than what was not: with u = 1 - h(s+) + h(s-), the loss is max(0, u)² / 2 up to δ and δ max(0, u) -
    δ² / 2 beyond (Huber's, robust to what nobody would call a highlight).

    Where the paper leaves a choice: a pair is a record and an item that its user has no record of (as in TransGRec's
    tables), not two segments of one video. A score is a space of one dimension, in which every user is at 1.
    """

    name = "video2gif"
    title = "what is chosen by anybody, from how it looks"
    paper = "Gygli, Song, Cao, Video2GIF: Automatic Generation of Animated GIFs from Video (CVPR '16)"
    doi = "10.1109/CVPR.2016.114"
    Settings = Video2GIFSettings
    tuned = ("l2", "learning_rate", "scaling", "user_weighting")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 5, "learning_rate": 1e-3, "patience": 15}

    def __init__(self, shape: Shape, settings: Video2GIFSettings) -> None:
        super().__init__(shape, settings)
        self.network = tower([shape.width, settings.hidden, settings.narrow, 1])

    def attach(self, data: Data) -> None:
        """Take what items look like, and how many records users have."""
        super().attach(data)
        self._weight = user_weights(data, self.settings.user_weighting).to(self.device)

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over pairs."""
        self.fit_scaling()
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase.of("pairs", self.network.parameters())], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        items, places = torch.unique(batch.items, return_inverse=True)
        scores = self.embed(self.content[items])[:, 0]
        liked, others = scores[places[: len(batch), None]], scores[places[len(batch) :].view_as(batch.negatives)]
        lost = huber(liked - others, self.settings.delta).mean(1)
        loss: Tensor = (lost * self._weight[batch.users]).mean() + self.settings.l2 * scores.square().mean()
        return loss

    def embed(self, content: Tensor) -> Tensor:
        """Return h, float32 [n, 1]."""
        scores: Tensor = self.network(content).float()
        return scores

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return 1 and h."""
        return torch.ones(self.shape.users, 1, device=self.device), self.embed(self.content)

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return 1, whatever the history; None where there is none."""
        return torch.ones(1, device=self.device) if len(history) else None


def huber(margin: Tensor, delta: float) -> Tensor:
    """Return the loss of pairs of which one shall score 1 more than the other and scores ``margin`` more."""
    short = (1 - margin).clamp(min=0)
    return torch.where(short <= delta, short.square() / 2, delta * short - delta**2 / 2)
