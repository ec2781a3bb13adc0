"""PHD-GIFs: what makes a good moment for one user, from how it looks and what the user chose before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, Scorer, Target
from graphrec.models.by_content import WithContent, means, without
from graphrec.models.tower import tower
from graphrec.models.user_weights import user_weights
from graphrec.models.video2gif import Video2GIFSettings, huber
from graphrec.ragged import Ints

_NUMBERS = 1 << 23
"""So many hidden units are in memory at a time."""


class PHDGIFsSettings(Video2GIFSettings):
    """Settings of PHD-GIFs, those of Video2GIF."""


class PHDGIFs(WithContent[PHDGIFsSettings]):
    """PHD-GIFs: Personalized Highlight Detection for Automatic GIF Creation (Garcia del Molino and Gygli, MM 2018).

    Video2GIF's network and loss over [s, p]: a segment's features, and the mean of those of the user's history (the
    paper's form with concatenated, aggregated history).

    Where the paper leaves a choice: pairs are those of ``video2gif``; a record that is learned from is not in its own
    user's history. The score is no inner product, so there are no embeddings to publish: a run is asked itself, and
    each user is scored by the whole network.
    """

    name = "phdgifs"
    title = "what a user would choose, from how it looks and what the user chose before"
    paper = "Garcia del Molino, Gygli, PHD-GIFs: Personalized Highlight Detection for Automatic GIF Creation (MM '18)"
    doi = "10.1145/3240508.3240599"
    Settings = PHDGIFsSettings
    tuned = ("l2", "learning_rate", "scaling", "user_weighting")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 5, "learning_rate": 1e-3, "patience": 15}

    def __init__(self, shape: Shape, settings: PHDGIFsSettings) -> None:
        super().__init__(shape, settings)
        self.of_segment = nn.Linear(shape.width, settings.hidden)
        self.of_user = nn.Linear(shape.width, settings.hidden, bias=False)
        self.rest = nn.Sequential(nn.ReLU(), tower([settings.hidden, settings.narrow, 1]))

    def attach(self, data: Data) -> None:
        """Take what items look like, and what users have."""
        super().attach(data)
        self._weight = user_weights(data, self.settings.user_weighting).to(self.device)
        self._records = torch.from_numpy(data.by_user.lengths).to(self.device).float()
        self._mean: Tensor | None = None

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over pairs."""
        self.fit_scaling()
        self._mean = None
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase.of("pairs", self.parameters())], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        liked = self.content[batch.positives]
        others = without(self.mean[batch.users], self._records[batch.users, None], liked)
        items, places = torch.unique(batch.items, return_inverse=True)
        columns = torch.cat([places[: len(batch), None], places[len(batch) :].view_as(batch.negatives)], 1)
        scores = self.rest(self.of_segment(self.content[items])[columns] + self.of_user(others)[:, None])
        scores = scores[..., 0].float()
        lost = huber(scores[:, :1] - scores[:, 1:], self.settings.delta).mean(1)
        loss: Tensor = (lost * self._weight[batch.users]).mean() + self.settings.l2 * scores.square().mean()
        return loss

    @property
    def mean(self) -> Tensor:
        """Mean features of what users have, float32 [users, F]; worked out when first used."""
        if self._mean is None:
            self._mean = means(self._data.by_user, self.content)
        return self._mean

    @torch.no_grad()
    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the network's scores."""
        return _NetworkScorer(self.of_user(self.mean), self.of_segment(self.content), self.rest)

    @torch.no_grad()
    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return float32 [items] for the mean of ``history``; None where there is none."""
        if not len(history):
            return None
        items = torch.from_numpy(np.array(history)).to(self.device)
        mean = self.content[items].mean(0, keepdim=True)
        alone = _NetworkScorer(self.of_user(mean), self.of_segment(self.content), self.rest)
        return alone.grid(torch.zeros(1, dtype=torch.int64, device=self.device))[0]


class _NetworkScorer:
    """Scores of what the first layer says of users and of segments, float32 [users, H] and [items, H]."""

    def __init__(self, users: Tensor, items: Tensor, rest: nn.Module) -> None:
        self._users, self._items, self._rest = users, items, rest

    @torch.no_grad()
    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        segments = self._items if items is None else self._items[items]
        scores = torch.empty(len(users), len(segments), device=segments.device)
        step = max(1, _NUMBERS // max(1, segments.numel()))
        for start in range(0, len(users), step):
            part = slice(start, start + step)
            scores[part] = self._rest(self._users[users[part], None] + segments)[..., 0]
        return scores

    @torch.no_grad()
    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        scores = torch.empty(len(users), device=self._items.device)
        step = max(1, _NUMBERS // self._items.shape[1])
        for start in range(0, len(users), step):
            part = slice(start, start + step)
            scores[part] = self._rest(self._users[users[part]] + self._items[items[part]])[..., 0]
        return scores
