"""iALS: matrix factorization of implicit feedback by alternating least squares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.alternating import Alternating
from graphrec.learning.run import RunContext
from graphrec.models.base import InSpace, Needs
from graphrec.models.least_squares import Side, conjugate_gradient, exact
from graphrec.ragged import Ints
from graphrec.settings import Settings


class IALSSettings(Settings):
    """Settings of iALS.

    ``l2`` and ``alpha`` by recall@20 of validation on MovieLens latest-small (ratings of 4 and more; temporal-last,
    random-70-10-20) and tiktok (given): a pair that is within 6 % of each one's best.
    """

    dimension: int = Field(64, ge=1, le=4096)
    """D, the length of the factors."""
    l2: float = Field(0.02, gt=0, allow_inf_nan=False)
    """λ, times what a user or item has of records and of items or users without one, weighted by ``alpha`` (Eq. 14)."""
    alpha: float = Field(0.03, gt=0, allow_inf_nan=False)
    """α0, how much a pair without a record weighs beside one with; too high, and vectors fall to 0."""
    solver: Literal["cg", "exact"] = "cg"
    """Three steps of conjugate gradients from the last sweep's vectors, or Cholesky."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation of a factor's length at the start."""


class IALS(InSpace[IALSSettings]):
    """Implicit alternating least squares (Hu et al., ICDM 2008, as Rendle et al., RecSys 2022, revisit it).

    Minimises Σ_records c (1 - <p_u, q_i>)² + α0 Σ_all <p_u, q_i>² + λ (Σ_u w_u |p_u|² + Σ_i w_i |q_i|²), with w_u = c
    of the records of u + α0 times the items (Rendle et al., Eq. 2, 3 and 14 with ν = 1). c is 1, or what records weigh
    (Hu et al., Eq. 3: the confidence). A sweep solves for all users, then
    for all items; by conjugate gradients (Takács et al., RecSys 2011) no D x D matrix is made per row.
    """

    name = "ials"
    title = "matrix factorization by least squares: what a user chose is 1, the rest is weakly 0"
    paper = "Hu, Koren, Volinsky, Collaborative Filtering for Implicit Feedback Datasets (ICDM '08)"
    doi = "10.1109/ICDM.2008.22"
    Settings = IALSSettings
    tuned = ("alpha", "l2", "dimension")
    needs = Needs(weights=True)
    defaults: ClassVar[Mapping[str, Any]] = {"epochs": 30, "patience": 5}

    users: Tensor
    items: Tensor

    def __init__(self, shape: Shape, settings: IALSSettings) -> None:
        super().__init__(shape, settings)
        self._gram: Tensor | None = None
        std = settings.initial_std / settings.dimension**0.5
        for name, count in (("users", shape.users), ("items", shape.items)):
            self.register_buffer(name, torch.randn(count, settings.dimension) * std)

    def attach(self, data: Data) -> None:
        """Take which items have a record."""
        self._seen = torch.from_numpy(data.by_item.lengths > 0).to(self.device)

    def train(self, mode: bool = True) -> IALS:
        """Switch to training, after which what was worked out from the items holds no more."""
        self._gram = None
        super().train(mode)
        return self

    def learner(self, data: Data, run: RunContext) -> Alternating:
        """Return sweeps over users and items."""
        users = Side(data.by_user, data.items, self.device, data.weights)
        turned = np.argsort(data.records.item, kind="stable")
        items = Side(data.by_item, data.users, self.device, None if data.weights is None else data.weights[turned])
        # Whoever has no record would only be pulled to 0.
        self.users[~users.known] = 0
        self.items[~items.known] = 0
        solves = [
            ("users", partial(self._solve, users, self.users, self.items)),
            ("items", partial(self._solve, items, self.items, self.users)),
        ]
        return Alternating(solves, len(data.records), run)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return p_u and q_i; zeros for those without a record."""
        return self.users, self.items

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return what a half sweep over ``history`` alone gives, exactly."""
        rows = torch.from_numpy(np.unique(history)).to(self.device)
        rows = rows[self._seen[rows]]
        if not len(rows):
            return None
        near = self.items[rows]
        if self._gram is None:
            self._gram = self.settings.alpha * self.items.T @ self.items
        matrix = near.T @ near + self._gram
        matrix.diagonal().add_(self._penalty(len(rows), len(self.items)))
        vector: Tensor = torch.linalg.solve(matrix, near.sum(0))
        return vector

    def _solve(self, side: Side, own: Tensor, other: Tensor) -> float:
        """Solve for ``own`` while ``other`` stands; return the root of the mean squared change."""
        before = own.clone()
        penalty = self._penalty(side.degrees, len(other))
        solver = conjugate_gradient if self.settings.solver == "cg" else exact
        own.copy_(solver(side, own, other, self.settings.alpha, penalty))
        return float((own - before).square().mean().sqrt())

    def _penalty(self, records: Tensor | int, others: int) -> Tensor | float:
        return self.settings.l2 * (records + self.settings.alpha * others)
