"""Matrix factorization with biases: ratings, or clicks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PointwiseBatch
from graphrec.learning.clicks import click_feed
from graphrec.learning.descent import Descent
from graphrec.learning.learner import Learner
from graphrec.learning.optimisers import Phase
from graphrec.learning.pointwise import Pointwise
from graphrec.learning.run import RunContext, several_processes
from graphrec.learning.sequential import Sequential
from graphrec.learning.table import Table
from graphrec.models.base import ANYTHING, SPACE, EmbeddingScorer, Model, Scorer, Target, Vectors
from graphrec.models.influences import Part
from graphrec.models.known_pairs import KnownPairs
from graphrec.models.mf_sweep import sweep
from graphrec.models.rated import Rated
from graphrec.models.rating_parts import rating_parts
from graphrec.ragged import Ints
from graphrec.settings import Settings

ADAM_RATE = 0.04
"""By which the learning rate is multiplied where Adam takes the steps: those of Adagrad begin large and shrink."""


class MFSettings(Settings):
    """Settings of matrix factorization.

    All defaults by RMSE of validation on MovieLens latest-small (random-k-fold, fold 0).
    """

    dimension: int = Field(64, ge=1, le=4096)
    """D, the length of the factors."""
    l2: float = Field(0.1, ge=0, allow_inf_nan=False)
    """λ on the squared factors and biases of a record's user and item."""
    initial_std: float = Field(0.05, gt=0, allow_inf_nan=False)
    """Standard deviation that factors start with."""


class MF(Model[MFSettings]):
    """Matrix factorization with biases (Koren et al., Matrix Factorization Techniques, 2009).

    r_ui = μ + b_i + b_u + <q_i, p_u> (Eq. 4); stochastic gradient descent on (r - r_ui)² + λ (b_i² + b_u² + |q_i|² +
    |p_u|²) (Eq. 5), one record after the other, with a step of its own for each weight (Adagrad). On a GPU, and in
    several processes, the gradients of a batch are taken together (Adam); so they are of clicks, which have the
    cross-entropy of σ(r_ui) in the place of the error. Biases are dimensions where the other side holds 1, so that the
    prediction is an inner product. Users and items without a record in training have no prediction.
    """

    name = "mf"
    title = "matrix factorization with biases: the rating that a user would give"
    paper = "Koren, Bell, Volinsky, Matrix Factorization Techniques for Recommender Systems (Computer, 2009)"
    doi = "10.1109/MC.2009.263"
    Settings = MFSettings
    tuned = ("l2", "learning_rate", "dimension")
    tasks = ("rating", "click")
    # Factors of clicks grow late: validation may be no better for more than five epochs.
    defaults: ClassVar[Mapping[str, Any]] = {"batch_size": 512, "learning_rate": 0.05, "patience": 10}

    mean: Tensor

    def __init__(self, shape: Shape, settings: MFSettings) -> None:
        super().__init__(shape, settings)
        self.users = Table(shape.users, settings.dimension + 1, std=settings.initial_std)
        self.items = Table(shape.items, settings.dimension + 1, std=settings.initial_std)
        self.register_buffer("mean", torch.zeros(()))
        for table in (self.users, self.items):
            torch.nn.init.zeros_(table.weight[:, -1])

    def attach(self, data: Data) -> None:
        """Take who and what has a record."""
        self._known = [
            torch.from_numpy(lists.lengths > 0).to(self.device) for lists in (data.by_user, data.by_item)
        ]

    def learner(self, data: Data, run: RunContext) -> Learner:
        """Return descent record by record; over batches on a GPU, in several processes, and for clicks."""
        if data.binary:
            feed, start = click_feed(data, run)
            self.mean.copy_(start)
            return self._descent(feed, run)
        self.mean.fill_(float(np.nanmean(data.records.values[data.value], dtype=np.float64)))
        tables = self.users.weight, self.items.weight
        if self.device.type == "cpu" and not several_processes():
            rated = Rated.of(data)
            memory = {name: torch.zeros_like(table) for name, table in zip(("p", "q"), tables, strict=True)}
            p, q, seen_p, seen_q = (one.detach().numpy() for one in (*tables, *memory.values()))
            known = rated.users, rated.items, rated.values, float(self.mean), self.settings.l2

            def moves(rows: Ints, rate: float, seed: int) -> float:
                squared: float = sweep(p, q, seen_p, seen_q, *known, rows, rate)
                return squared

            return Sequential("mf", moves, len(rated), run, memory)
        return self._descent(Pointwise(data, data.value, run.options, run.generator()), run)

    def _descent(self, feed: Pointwise, run: RunContext) -> Learner:
        slower = [replace(table.move, rate=ADAM_RATE) for table in (self.users, self.items)]
        return Descent(self, self.loss, feed, [Phase("mf", slower)], run)

    def loss(self, phase: str, batch: PointwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        user, item = self.users(batch.users), self.items(batch.items)
        told = (user[:, :-1] * item[:, :-1]).sum(1) + user[:, -1] + item[:, -1] + self.mean
        size = (user.square().sum() + item.square().sum()) / len(user)
        error = (
            binary_cross_entropy_with_logits(told, batch.values)
            if self.shape.binary
            else (told - batch.values).square().mean()
        )
        loss: Tensor = error + self.settings.l2 * size
        return loss

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the predictions: ratings, or probabilities of a click."""
        with torch.no_grad():
            return KnownPairs(
                EmbeddingScorer(*self._vectors()), self._known, torch.sigmoid if self.shape.binary else None
            )

    def embeddings(self) -> Mapping[str, Vectors]:
        """Return one space whose inner product is the rating, or the logit of a click."""
        with torch.no_grad():
            users, items = self._vectors()
        return {SPACE: {"User": users, self.shape.item: items}}

    @torch.no_grad()
    def parts(self, user: int, item: int) -> list[Part]:
        """Return what the rating, or the logit of a click, is the sum of."""
        return rating_parts(float(self.mean), self.users.weight[user], self.items.weight[item])

    def _vectors(self) -> tuple[Tensor, Tensor]:
        """Return [p_u, μ + b_u, 1] and [q_i, 1, b_i]."""
        users, items = self.users.weight, self.items.weight
        ones = users.new_ones(max(len(users), len(items)), 1)
        return (
            torch.cat([users[:, :-1], users[:, -1:] + self.mean, ones[: len(users)]], 1),
            torch.cat([items[:, :-1], ones[: len(items)], items[:, -1:]], 1),
        )

