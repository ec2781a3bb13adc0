"""BPR: matrix factorization that puts what a user chose before what the user did not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.learner import Learner
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext, several_processes
from graphrec.learning.sequential import Sequential
from graphrec.learning.table import Table
from graphrec.models.base import InSpace
from graphrec.models.bpr_sweep import sweep
from graphrec.models.folding import fold_in
from graphrec.ragged import Ints
from graphrec.settings import Settings


class BPRSettings(Settings):
    """Settings of BPR."""

    dimension: int = Field(64, ge=1, le=4096)
    """D, the length of the factors."""
    l2: float = Field(0.02, ge=0, allow_inf_nan=False)
    """λ on the squared factors and biases of a record's user, item and negatives."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that factors start with."""


class BPR(InSpace[BPRSettings]):
    """Bayesian Personalized Ranking (Rendle et al., UAI 2009), with matrix factorization (section 4.3.1).

    Score x_ui = <p_u, q_i> + b_i; stochastic gradient descent (LearnBPR, Figure 4) on -ln σ(x_ui - x_uj) + λ |Θ|²
    (Eq. 4 and 5) for records (u, i) and items j that u has no record of, one after the other, with a step of its own
    for each row (Adagrad). On a GPU, and in several processes, the gradients of a batch are taken together. The bias is
    a dimension of items where users hold 1, so that the score is an inner product. Items without a record are at 0.

    Defaults are from validation: λ of 0.01 to 0.03 suits MovieLens at its low end and TikTok micro-videos at its high
    one; without the steps of their own, TikTok came to a tenth less.
    """

    name = "bpr"
    title = "matrix factorization by pairs: what a user chose comes before what the user did not"
    paper = "Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback (UAI '09)"
    doi = "10.48550/arXiv.1205.2618"
    Settings = BPRSettings
    tuned = ("l2", "learning_rate", "dimension")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 1, "batch_size": 4096, "learning_rate": 0.1, "patience": 30}

    def __init__(self, shape: Shape, settings: BPRSettings) -> None:
        super().__init__(shape, settings)
        self.users = Table(shape.users, settings.dimension, std=settings.initial_std)
        self.items = Table(shape.items, settings.dimension + 1, std=settings.initial_std)
        torch.nn.init.zeros_(self.items.weight[:, -1])

    def attach(self, data: Data) -> None:
        """Take which items have a record."""
        self._seen = torch.from_numpy(data.by_item.lengths > 0).to(self.device)

    def learner(self, data: Data, run: RunContext) -> Learner:
        """Return descent record by record, or over batches on a GPU and in several processes."""
        feed = Pairwise(data, run.options, run.generator())
        tables = self.users.weight, self.items.weight
        if self.device.type == "cpu" and not several_processes():
            memory = {name: torch.zeros(self.shape.nodes[name]) for name in ("User", self.shape.item)}
            p, q = (table.detach().numpy() for table in tables)
            seen_p, seen_q = (squares.numpy() for squares in memory.values())
            moves = partial(sweep, p, q, seen_p, seen_q, *feed.drawn_from, self.settings.l2)
            return Sequential("bpr", moves, feed.rows, run, memory)
        return Descent(self, self.loss, feed, [Phase("bpr", (Move(tables, "rowwise_adagrad"),))], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        user, liked, others = (
            self.users(batch.users),
            self.items(batch.positives),
            self.items(batch.negatives.flatten()).view(*batch.negatives.shape, -1),
        )
        difference = liked[:, None] - others
        margin = (difference[..., :-1] * user[:, None]).sum(-1) + difference[..., -1]
        size = user.square().sum() + liked.square().sum() + others.square().sum() / others.shape[1]
        loss: Tensor = softplus(-margin).mean() + self.settings.l2 * size / len(user)
        return loss

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return [p_u, 1] and [q_i, b_i]."""
        users = self.users.weight
        return torch.cat([users, users.new_ones(len(users), 1)], 1), self.items.weight * self._seen[:, None]

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return [p, 1] that minimises the same loss over ``history`` while the items stay, from p_u or 0 on."""
        items = self.vectors()[1].detach()
        start = items.new_zeros(items.shape[1] - 1) if user is None else self.users.weight[user]
        liked = torch.from_numpy(np.asarray(history)).to(items.device)
        return fold_in(items, self._seen, liked, start, self.settings.l2)
