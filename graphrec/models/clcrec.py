"""CLCRec: what an item looks like is brought near to what users make of it, by contrast to other items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.by_content import ByNeighbours, NeighbourSettings
from graphrec.models.folding import fold_in
from graphrec.models.pair_scores import pair_scores
from graphrec.models.tower import tower
from graphrec.models.user_weights import user_weights
from graphrec.ragged import Ints


class CLCRecSettings(NeighbourSettings):
    """Settings of CLCRec; ``temperature`` and ``balance`` by validation on one fold of TikTok's cold items."""

    dimension: int = Field(64, ge=1, le=4096)
    """Length of the embeddings."""
    hidden: int = Field(256, ge=1, le=65536)
    """Width of the hidden layer of what embeds content."""
    temperature: float = Field(1.0, gt=0, le=100)
    """τ, by which products are divided; the lower, the more the hardest of the others count."""
    balance: float = Field(0.2, ge=0, le=1)
    """λ: weight of content against the item's own embedding; the rest is that of users against items."""
    replaced: float = Field(0.5, ge=0, le=1)
    """ρ: share of a batch's items that stand before users by their content instead of their own embedding."""
    l2: float = Field(0.01, ge=0, allow_inf_nan=False)
    """On the squared embeddings of a record's user, item and negatives (mean over the batch)."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A record of a user with d of them weighs d ** -user_weighting: 0 counts records alike, 1 users."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that embeddings start with."""


class CLCRec(ByNeighbours[CLCRecSettings]):
    """Contrastive Learning for Cold-Start Recommendation (Wei et al., MM 2021).

    Users and items have embeddings z, and what an item looks like has one too, f, by a network of its content. Two
    contrasts are learned, each -ln of the share that the right one has of exp(·/τ) among it and the negatives: a user
    against items, by <z_u, z_i>, and an item's content against items, by the cosine of f_i and z_i. They weigh 1 - λ
    and λ. Before users a share ρ of items stands by f_i in place of z_i (hybrid contrastive training). An item without
    a record is at f_i.

    Where the paper leaves a choice:

    - Negatives are of the items with a record only, and are the same in both contrasts.
    - Which items are replaced is drawn once for a batch.
    - A user who came later is folded in by the loss of BPR, since z alone is learned of a user.
    """

    name = "clcrec"
    title = "embeddings of items and of their content, contrasted with those of other items"
    paper = "Wei et al., Contrastive Learning for Cold-Start Recommendation (MM '21)"
    doi = "10.1145/3474085.3475665"
    Settings = CLCRecSettings
    tuned = ("temperature", "balance", "l2", "learning_rate", "scaling", "neighbour_share")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 32, "learning_rate": 5e-3, "patience": 15}

    def __init__(self, shape: Shape, settings: CLCRecSettings) -> None:
        super().__init__(shape, settings)
        self.users = Table(shape.users, settings.dimension, std=settings.initial_std)
        self.items = Table(shape.items, settings.dimension, std=settings.initial_std)
        self.encoder = tower([shape.width, settings.hidden, settings.dimension])

    def attach(self, data: Data) -> None:
        """Take what items look like, and how many records users have."""
        super().attach(data)
        self._weight = user_weights(data, self.settings.user_weighting).to(self.device)

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over records and their negatives."""
        self.fit_scaling()
        moves = [self.users.move, self.items.move, Move(list(self.encoder.parameters()))]
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase("contrasts", moves)], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        users, at = torch.unique(batch.users, return_inverse=True)
        items, places = torch.unique(batch.items, return_inverse=True)
        liked = places[: len(batch)]
        columns = torch.cat([liked[:, None], places[len(batch) :].view_as(batch.negatives)], 1)
        user, own, looks = self.users(users), self.items(items), self.embed(self.content[items])
        shown = torch.where(torch.rand(len(items), 1, device=own.device) < self.settings.replaced, looks, own)
        weight = self._weight[batch.users]
        of_users = self._contrast(pair_scores(user, shown, at, columns), weight)
        of_looks = self._contrast(pair_scores(normalize(looks), normalize(own), liked, columns), weight)
        size = user.square().sum(1)[at].mean() + own.square().sum(1)[columns].mean(0)[:2].sum()
        balance = self.settings.balance
        loss: Tensor = (1 - balance) * of_users + balance * of_looks + self.settings.l2 * size
        return loss

    def _contrast(self, scores: Tensor, weight: Tensor) -> Tensor:
        """Return -ln of what the first of each row has of the row's exp(score / τ), float32 scalar."""
        first = torch.zeros(len(scores), dtype=torch.int64, device=scores.device)
        lost = cross_entropy(scores / self.settings.temperature, first, reduction="none")
        return (lost * weight).mean()

    def embed(self, content: Tensor) -> Tensor:
        """Return f."""
        embedded: Tensor = self.encoder(content).float()
        return embedded

    def known(self, items: Tensor) -> Tensor:
        """Return z_i."""
        return self.items.weight[items]

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return z_u and z_i, of an item without a record f_i and its neighbours."""
        return self.users.weight.detach(), self.item_vectors()

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return z that minimises BPR's loss over ``history`` while items stay, from the user's own on."""
        items = self.vectors()[1].detach()
        start = items.new_zeros(items.shape[1]) if user is None else self.users.weight[user]
        liked = torch.from_numpy(np.asarray(history)).to(items.device)
        unbiased = torch.cat([items, items.new_zeros(len(items), 1)], 1)
        vector = fold_in(unbiased, self._seen, liked, start, self.settings.l2)
        return None if vector is None else vector[:-1]
