"""SVM-D: a linear ranking machine of what a segment looks like, and how like it is to what the user chose before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.by_content import ByContent, ContentSettings, means, without
from graphrec.models.user_weights import user_weights
from graphrec.ragged import Ints


class SVMDSettings(ContentSettings):
    """Settings of SVM-D."""

    l2: float = Field(1e-3, ge=0, allow_inf_nan=False)
    """λ on the squared weights of the features."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A record of a user with d of them weighs d ** -user_weighting: 0 counts records alike, 1 users."""


class SVMD(ByContent[SVMDSettings]):
    """SVM-D, a baseline of PHD-GIFs (Garcia del Molino and Gygli, MM 2018) and of TransGRec.

    Score <w, s> + Σ_m a_m <s_m, p_m>: linear in a segment's features s and in how near it is to the user's history, one
    number for each feature matrix m, with p the mean features of what the user has. Learned as a ranking support vector
    machine: max(0, 1 - margin) of a record over negatives, + λ |w|².

    Where the paper leaves a choice: nearness is to the mean of the history, in which a record that is learned from does
    not count itself; features are of unit length, so that the squared distance says the same as the product.
    """

    name = "svmd"
    title = "linear in what a segment looks like, and how like it is to what the user has"
    paper = "Garcia del Molino, Gygli, PHD-GIFs: Personalized Highlight Detection for Automatic GIF Creation (MM '18)"
    doi = "10.1145/3240508.3240599"
    Settings = SVMDSettings
    tuned = ("l2", "learning_rate", "scaling", "user_weighting")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 5, "learning_rate": 1e-2, "patience": 15}

    def __init__(self, shape: Shape, settings: SVMDSettings) -> None:
        super().__init__(shape, settings)
        self.looks = nn.Parameter(torch.zeros(shape.width))
        self.nearness = nn.Parameter(torch.ones(len(shape.widths)))

    def attach(self, data: Data) -> None:
        """Take what items look like, and what users have."""
        super().attach(data)
        widths = torch.tensor(list(self.shape.widths.values()))
        self._matrix = torch.repeat_interleave(torch.arange(len(widths)), widths).to(self.device)
        self._weight = user_weights(data, self.settings.user_weighting).to(self.device)
        self._records = torch.from_numpy(data.by_user.lengths).to(self.device).float()
        self._mean: Tensor | None = None

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over pairs."""
        self.fit_scaling()
        self._mean = None
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase.of("pairs", [self.looks, self.nearness])], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        liked = self.content[batch.positives]
        others = without(self.mean[batch.users], self._records[batch.users, None], liked)
        towards = (self.looks + others * self.nearness[self._matrix])[:, None]
        margin = ((liked[:, None] - self.content[batch.negatives]) * towards).sum(-1)
        lost = ((1 - margin).clamp(min=0).mean(1) * self._weight[batch.users]).mean()
        loss: Tensor = lost + self.settings.l2 * self.looks.square().sum()
        return loss

    @property
    def mean(self) -> Tensor:
        """Mean features of what users have, float32 [users, F]; worked out when first used."""
        if self._mean is None:
            self._mean = means(self._data.by_user, self.content)
        return self._mean

    def embed(self, content: Tensor) -> Tensor:
        """Return [s, <w, s>]."""
        return torch.cat([content, (content @ self.looks)[:, None]], 1)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return [a p, 1] and [s, <w, s>]."""
        return self._users(self.mean), self.embed(self.content)

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return [a p, 1] of the mean of ``history``; None where there is none."""
        if not len(history):
            return None
        items = torch.from_numpy(np.array(history)).to(self.device)
        return self._users(self.content[items].mean(0, keepdim=True))[0]

    def _users(self, mean: Tensor) -> Tensor:
        return torch.cat([mean * self.nearness[self._matrix], mean.new_ones(len(mean), 1)], 1)
