"""ItemKNN: what is had by those who have what a user has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, SPACE, Model, Scorer, Target, Vectors
from graphrec.models.item_pairs import HistoryScorer, low_rank
from graphrec.models.together import Floats, Together, nearest
from graphrec.ragged import Ints, Ragged
from graphrec.settings import Settings

_PAIRS = 1 << 24


class ItemKNNSettings(Settings):
    """Settings of ItemKNN."""

    neighbours: int = Field(100, ge=1, le=4096)
    """k, how many nearest items of each item count."""
    similarity: Literal["cosine", "conditional"] = "conditional"
    """Cosine of two items' columns, or how probable one is for who has the other."""
    popularity: float = Field(0.0, ge=0, le=1)
    """α: the conditional probability is divided by how many have the item, to the power of α."""
    user_weighting: float = Field(1.0, ge=0, le=1)
    """A user with d records weighs d ** -user_weighting: 0 counts all records alike, 1 counts users alike."""
    shrinkage: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Added to the denominator of a similarity: lowers those that rest on few users."""
    dimension: int = Field(128, ge=1, le=4096)
    """Length of the embeddings that are published: of the largest singular vectors. They propose, neighbours decide."""


class ItemKNN(Model[ItemKNNSettings]):
    """Nearest items of what a user has (Deshpande and Karypis, TOIS 2004).

    Score of item i for user u = sum of sim(j, i) over the items j of u to whose k nearest i belongs. With x_j the roots
    of the weights of who has j, and n_j how many they are: sim(j, i) = x_j · x_i / (|x_j| |x_i|), the cosine, or
    x_j · x_i / (n_j n_i^α), the conditional probability, lowered for what many have.
    """

    name = "itemknn"
    title = "what is had by those who have what a user has: nearest items"
    paper = "Deshpande and Karypis, Item-Based Top-N Recommendation Algorithms (TOIS '04)"
    doi = "10.1145/963770.963776"
    Settings = ItemKNNSettings
    tuned = ("similarity", "popularity", "user_weighting", "neighbours")
    proposes = True

    nearest: Tensor
    similarities: Tensor

    def __init__(self, shape: Shape, settings: ItemKNNSettings) -> None:
        super().__init__(shape, settings)
        # Of an item with fewer neighbours than k the rest are at 0.
        size = shape.items, min(settings.neighbours, shape.items)
        self.register_buffer("nearest", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("similarities", torch.zeros(size))

    def attach(self, data: Data) -> None:
        """Take what users have."""
        self._history = data.by_user.distinct()

    def learner(self, data: Data, run: RunContext) -> Once:
        """Find the nearest items."""
        return Once(partial(self._fit, data, run.generator()), len(data.records))

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the scores; 0 for a user without records."""
        return HistoryScorer(self._scores, self._history, self.shape.items)

    def embeddings(self) -> Mapping[str, Vectors]:
        """Return one space, float32 [users, D] and [items, D], whose inner products are nearly the scores."""
        rows = torch.arange(len(self.nearest), device=self.device)[:, None].expand_as(self.nearest)
        pairs = torch.stack([rows.flatten(), self.nearest.flatten()])
        size = self.shape.items, self.shape.items
        table = torch.sparse_coo_tensor(pairs, self.similarities.flatten(), size, check_invariants=True)
        users, items = low_rank(table.coalesce(), self._history, self.settings.dimension)
        return {SPACE: {"User": users, self.shape.item: items}}

    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the similarities to what the user has, summed, float32 [items]."""
        own = np.unique(history)
        return self._scores(Ragged(np.array([0, len(own)]), own))[0] if len(own) else None

    def _scores(self, histories: Ragged) -> Tensor:
        """Return float32 [n, items] for the different items of n users."""
        rows, own = (torch.from_numpy(np.array(ids)).to(self.device) for ids in (histories.rows, histories.indices))
        scores = torch.zeros(len(histories) * self.shape.items, device=self.device)
        step = max(1, _PAIRS // self.nearest.shape[1])
        for start in range(0, len(own), step):
            part = slice(start, start + step)
            where = rows[part, None] * self.shape.items + self.nearest[own[part]]
            scores.index_add_(0, where.flatten(), self.similarities[own[part]].flatten())
        return scores.view(len(histories), self.shape.items)

    def _fit(self, data: Data, generator: torch.Generator) -> Iterator[tuple[int, int]]:
        together = Together.of(self._history, data.items, self.settings.user_weighting, generator)
        of, near = self._divisors(together, data.people[together.order])
        for some in together.blocks():
            found, values = nearest(
                some.start, some.stop, *together.arrays, of, near, self.settings.shrinkage, self.nearest.shape[1]
            )
            at = torch.from_numpy(together.order[some]).to(self.device)
            self.nearest[at] = torch.from_numpy(together.order[found]).to(self.device)
            self.similarities[at] = torch.from_numpy(values).to(self.device)
            yield some.stop, data.items

    def _divisors(self, together: Together, people: Ints) -> tuple[Floats, Floats]:
        """Return float64 [items] each, whose product a pair's common weight is divided by."""
        if self.settings.similarity == "cosine":
            lengths = np.sqrt(together.sizes)
            return lengths, lengths
        return people.astype(np.float64), people.astype(np.float64) ** self.settings.popularity
