"""GoRec: where users would put a new item is generated from its content and the latent state of known ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.taught import Taught, TaughtSettings
from graphrec.models.tower import tower

_PAIRS = 512
"""Uniformity is of so many items of a batch at most: it looks at all pairs of them."""


class GoRecSettings(TaughtSettings):
    """Settings of GoRec."""

    latent_dimension: int = Field(32, ge=1, le=4096)
    """Length of the latent variable z."""
    hidden: int = Field(256, ge=1, le=65536)
    """Width of the hidden layers of encoder and decoder."""
    kl: float = Field(0.01, ge=0, allow_inf_nan=False)
    """Weight of the divergence of z from a standard normal distribution."""
    uniformity: float = Field(0.01, ge=0, allow_inf_nan=False)
    """Weight of the uniformity of z over items."""


class GoRec(Taught[GoRecSettings]):
    """GoRec: A Generative Cold-start Recommendation Framework (Bai et al., MM 2023).

    A trained model has a vector v of each item with records. A conditional variational autoencoder learns them given
    the content x: q(z | v, x) is normal, a decoder says v from [z, x], and what is minimised is |v - v̂|² +
    kl · KL(q || N(0, I)) + uniformity · ln of the mean of exp(-2 |z_i - z_j|²) over pairs of items, z of unit length,
    which keeps latent states apart. Of a new item v is generated: a latent state, and the decoder.

    Where the paper leaves a choice:

    - The model that it starts from is BPR, trained within the learner.
    - The latent state of a new item is no draw but the mean of those of the known items most like it by content.
    - A step learns the items of a batch's records.
    """

    name = "gorec"
    title = "generates where users would put a new item, from content and the latent state of known ones"
    paper = "Bai et al., GoRec: A Generative Cold-start Recommendation Framework (MM '23)"
    doi = "10.1145/3581783.3612238"
    Settings = GoRecSettings
    tuned = ("neighbour_share", "neighbours", "scaling", "teacher_l2", "kl", "learning_rate")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 1, "learning_rate": 2e-3, "patience": 15}

    def __init__(self, shape: Shape, settings: GoRecSettings) -> None:
        super().__init__(shape, settings)
        known, latent = settings.dimension + 1 + shape.width, settings.latent_dimension
        self.encoder = tower([known, settings.hidden, 2 * latent])
        self.decoder = tower([latent + shape.width, settings.hidden, settings.dimension + 1])

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Train the model that it starts from, and return gradient descent of the autoencoder."""
        self.teach(data, run)
        moved = [*self.encoder.parameters(), *self.decoder.parameters()]
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase.of("autoencoder", moved)], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over a batch's different positives, float32 scalar."""
        items = torch.unique(batch.positives)
        v, x = self.teacher.items.weight[items].detach(), self.content[items]
        mean, log_variance = self._latent(v, x)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        wrong = (v - self._decoded(z, x)).square().sum(1).mean()
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
        loss: Tensor = wrong + self.settings.kl * divergence
        return loss + self.settings.uniformity * uniformity(mean[torch.randperm(len(mean))[:_PAIRS]])

    def embed(self, content: Tensor) -> Tensor:
        """Return what is decoded from the mean latent state of the known items most like ``content``."""
        seen = self.near.known
        states = self._latent(self.known(seen), self.content[seen])[0]
        return self._decoded(self.near.mean_for(content, states), content)

    def _latent(self, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of z, float32 [n, Z] each."""
        told = self.encoder(torch.cat([v, x], 1)).float()
        half = self.settings.latent_dimension
        return told[:, :half], told[:, half:].clamp(-10, 10)

    def _decoded(self, z: Tensor, x: Tensor) -> Tensor:
        v: Tensor = self.decoder(torch.cat([z, x], 1)).float()
        return v


def uniformity(states: Tensor) -> Tensor:
    """Return ln of the mean of exp(-2 |a - b|²) over pairs of different rows at unit length, float32 scalar."""
    if len(states) < 2:
        return states.new_zeros(())
    unit, count = normalize(states, dim=1), len(states)
    itself = torch.eye(count, dtype=torch.bool, device=states.device)
    nearness = (4 * (unit @ unit.T - 1)).masked_fill(itself, -torch.inf)
    return nearness.flatten().logsumexp(0) - math.log(count * (count - 1))
