"""SLIM: sparse weights between items, none of them negative."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import torch
from pydantic import Field
from scipy import sparse
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, SPACE, Model, Scorer, Target, Vectors
from graphrec.models.item_pairs import HistoryScorer, low_rank, user_rows
from graphrec.models.slim_columns import solve
from graphrec.models.together import Together
from graphrec.ragged import Ints, Ragged
from graphrec.settings import Settings


class SLIMSettings(Settings):
    """Settings of SLIM."""

    l1: float = Field(0.1, ge=0, allow_inf_nan=False)
    """λ, on the weights: the more, the fewer there are."""
    l2: float = Field(100.0, gt=0, allow_inf_nan=False)
    """β, on the squared weights."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A user with d records weighs d ** -user_weighting: 0 counts all records alike (Eq. 3), 1 counts users alike."""
    neighbours: int = Field(500, ge=1, le=4096)
    """k, how many items may tell of an item: the nearest by cosine (fsSLIM); all of them are hardly better."""
    dimension: int = Field(128, ge=1, le=4096)
    """Length of the embeddings that are published: of the largest singular vectors of W. They propose, W decides."""


class SLIM(Model[SLIMSettings]):
    """Sparse Linear Methods (Ning and Karypis, ICDM 2011), with feature selection (fsSLIM).

    Score of item j for user u = x_u · w_j, where w_j minimises ½ |x_j - X w|² + β/2 |w|² + λ |w|_1 with w ≥ 0 and
    w_jj = 0 (Eq. 3 and 4), by coordinate descent. Only the k items nearest to j by cosine take part, of those that may
    weigh anything: where x_i · x_j is λ or less, w_ij is 0. Users may be weighted, which multiplies the rows of X.

    Of items that are equally near any may be chosen, by the seed. It learns on the CPU, and never holds a number for
    each pair of items.
    """

    name = "slim"
    title = "what goes with what a user has: few weights between items, none negative"
    paper = "Ning and Karypis, SLIM: Sparse Linear Methods for Top-N Recommender Systems (ICDM '11)"
    doi = "10.1109/ICDM.2011.134"
    Settings = SLIMSettings
    tuned = ("l2", "l1", "user_weighting")
    proposes = True

    told_by: Tensor
    weights: Tensor

    def __init__(self, shape: Shape, settings: SLIMSettings) -> None:
        super().__init__(shape, settings)
        # Where fewer than k items tell of one the rest weigh 0.
        size = shape.items, min(settings.neighbours, shape.items)
        self.register_buffer("told_by", torch.zeros(size, dtype=torch.int32))
        self.register_buffer("weights", torch.zeros(size))

    def attach(self, data: Data) -> None:
        """Take what users have."""
        self._history = data.by_user.distinct()

    def learner(self, data: Data, run: RunContext) -> Once:
        """Solve for the weights."""
        return Once(partial(self._fit, data, run.generator()), len(data.records))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the scores; 0 for a user without records."""
        return HistoryScorer(partial(self._scores, self._table()), self._history, self.shape.items)

    def embeddings(self) -> Mapping[str, Vectors]:
        """Return one space, float32 [users, D] and [items, D], whose inner products are nearly the scores."""
        table = self._table().tocoo()
        pairs = torch.from_numpy(np.stack([table.row, table.col]).astype(np.int64))
        told = torch.sparse_coo_tensor(pairs, torch.from_numpy(table.data), table.shape, check_invariants=True)
        users, items = low_rank(told.to(self.device).coalesce(), self._history, self.settings.dimension)
        return {SPACE: {"User": users, self.shape.item: items}}

    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the weights of what the user has, summed, float32 [items]."""
        if not len(history):
            return None
        own = torch.zeros(self.shape.items, device=self.device)
        own[torch.from_numpy(np.unique(history)).to(self.device)] = 1
        return (self.weights * own[self.told_by]).sum(1)

    def _table(self) -> sparse.csr_matrix:
        """Return W, float32 [items, items]; row i is what having i says of each item."""
        weights, told_by = self.weights.numpy(force=True), self.told_by.numpy(force=True)
        items, places = weights.nonzero()
        pairs = told_by[items, places], items
        return sparse.csr_matrix((weights[items, places], pairs), shape=(self.shape.items, self.shape.items))

    def _scores(self, table: sparse.csr_matrix, histories: Ragged) -> Tensor:
        """Return float32 [n, items] for the different items of n users."""
        told = user_rows(histories, self.shape.items, 0) @ table
        return torch.from_numpy(told.toarray()).to(self.device)

    def _fit(self, data: Data, generator: torch.Generator) -> Iterator[tuple[int, int]]:
        together = Together.of(self._history, data.items, self.settings.user_weighting, generator)
        size = together.sizes
        for some in together.blocks():
            told_by, weights = solve(
                some.start, some.stop, *together.arrays, size, self.weights.shape[1], self.settings.l1, self.settings.l2
            )
            at = torch.from_numpy(together.order[some]).to(self.device)
            self.told_by[at] = torch.from_numpy(together.order.astype(np.int32)[told_by]).to(self.device)
            self.weights[at] = torch.from_numpy(weights).to(self.device)
            yield some.stop, data.items
