"""EASE: a linear autoencoder in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from pydantic import Field
from scipy import sparse
from torch import Tensor

from graphrec.errors import DataError
from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, SPACE, Model, Scorer, Target, Vectors
from graphrec.models.item_pairs import HistoryScorer, low_rank, summed, user_rows
from graphrec.ragged import Ints
from graphrec.settings import Settings

MOST_ITEMS = 40_000
"""The weights of so many items take 6.4 GB, and their inverse as much again."""


class EASESettings(Settings):
    """Settings of EASE."""

    l2: float = Field(100.0, gt=0, allow_inf_nan=False)
    """λ, on the weights."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A user with d records weighs d ** -user_weighting: 0 counts all records alike (Eq. 1), 1 counts users alike."""
    dimension: int = Field(128, ge=1, le=4096)
    """Length of the embeddings that are published: of the largest singular vectors of B. They propose, B decides."""


class EASE(Model[EASESettings]):
    """Embarrassingly Shallow Autoencoders for Sparse Data (Steck, WWW 2019).

    Score of item i for user u = x_u · B_i, where B minimises ||X - XB||² + λ ||B||² with a diagonal of 0 (Eq. 2): with
    P = (XᵀX + λI)⁻¹, B_ij = -P_ij / P_jj off the diagonal (Eq. 8). Users may be weighted, which multiplies the rows of
    X in XᵀX.
    """

    name = "ease"
    title = "what goes with what a user has: weights between items, in closed form"
    paper = "Steck, Embarrassingly Shallow Autoencoders for Sparse Data (WWW '19)"
    doi = "10.1145/3308558.3313710"
    Settings = EASESettings
    tuned = ("l2", "user_weighting")
    proposes = True

    weights: Tensor

    @classmethod
    def check(cls, data: Data, settings: EASESettings) -> None:
        """Raise ``DataError`` where there are too many items for a matrix of their pairs."""
        if data.items > MOST_ITEMS:
            raise DataError(
                f"{cls.name} keeps a weight for each pair of items: {data.items:,} are too many "
                f"(at most {MOST_ITEMS:,}); use slim, bpr or ials"
            )

    def __init__(self, shape: Shape, settings: EASESettings) -> None:
        super().__init__(shape, settings)
        self.register_buffer("weights", torch.zeros(shape.items, shape.items))

    def attach(self, data: Data) -> None:
        """Take what users have."""
        self._history = data.by_user.distinct()

    def learner(self, data: Data, run: RunContext) -> Once:
        """Solve for the weights."""
        return Once(partial(self._fit, data), len(data.records))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the scores; 0 for a user without records."""
        return HistoryScorer(partial(summed, self.weights), self._history, self.shape.items)

    def embeddings(self) -> Mapping[str, Vectors]:
        """Return one space, float32 [users, D] and [items, D], whose inner products are nearly the scores."""
        users, items = low_rank(self.weights, self._history, self.settings.dimension)
        return {SPACE: {"User": users, self.shape.item: items}}

    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the weights of what the user has, summed, float32 [items]."""
        return self.weights[torch.from_numpy(np.unique(history))].sum(0) if len(history) else None

    def _fit(self, data: Data) -> None:
        rows = user_rows(self._history, data.items, self.settings.user_weighting)
        counts = np.diff(rows.indptr)
        # An item without records has no weights, and P nothing but 1 / λ on its diagonal.
        seen = np.unique(rows.indices)
        inverse = _inverse(rows[counts > 0][:, seen], self.settings.l2, self.weights.device)
        inverse /= -inverse.diagonal()
        inverse.fill_diagonal_(0)
        self.weights.zero_()
        where = torch.from_numpy(seen).to(self.weights.device).long()
        self.weights[where[:, None], where] = inverse


def _inverse(rows: sparse.csr_matrix, l2: float, device: torch.device) -> Tensor:
    """Return P = (XᵀX + λI)⁻¹, float32 [items, items], for sparse X; by the smaller of the two matrices of pairs.

    Where there are fewer users than items, that is (I - Xᵀ (XXᵀ + λI)⁻¹ X) / λ (Woodbury).
    """
    fewer = rows.shape[0] < rows.shape[1]
    gram = torch.from_numpy((rows @ rows.T if fewer else rows.T @ rows).toarray()).to(device)
    gram.diagonal().add_(l2)
    factor = torch.linalg.cholesky(gram)
    del gram
    if not fewer:
        return torch.cholesky_inverse(factor)
    half = torch.linalg.solve_triangular(factor, torch.from_numpy(rows.toarray()).to(device), upper=False)
    inverse: Tensor = (half.T @ half).div_(-l2)
    inverse.diagonal().add_(1 / l2)
    return inverse

