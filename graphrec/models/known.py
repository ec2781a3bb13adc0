"""Whom and what a model knows, and the scores that are served: measured is what is served.

Of a user without a training record, or whom the model can make nothing of, an embedding is a random vector or none;
such users get what is popular. An item with neither a training record nor any features is never recommended.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.graph.records import Mask
from graphrec.models.base import EmbeddingScorer, Embeds, KnowsItems, Model, PlacesByParts, Scorer
from graphrec.ragged import Ints


def known_users(data: Data, scorer: Scorer | None = None, users: Ints | None = None) -> Mask:
    """Return who has a training record and, where ``scorer`` has vectors of users, one that is not 0.

    Of ``users``, int64 [n], bool [n]; of all, bool [users], where none are named.
    """
    lengths = data.by_user.lengths
    known: Mask = (lengths if users is None else lengths[users]) > 0
    if isinstance(scorer, EmbeddingScorer):
        vectors = scorer.users if users is None else scorer.users[torch.from_numpy(users)]
        known = known & vectors.any(1).numpy(force=True)
    return known


def placed_items(data: Data, model: object = None) -> Mask:
    """Return bool [items], which have a training record or features, of their parts where ``model`` places by these.

    A model that knows better says so itself.
    """
    if isinstance(model, KnowsItems):
        return model.known_items()
    placed: Mask = (data.by_item.lengths > 0) | data.content.described
    if isinstance(model, PlacesByParts) and isinstance(model, Model) and data.item == model.shape.item:
        placed = placed | (model.parts_of(data).lengths > 0)
    return placed


def as_served(model: Model[Any], scorer: Scorer, data: Data, known_by: Data | None = None) -> Scorer:
    """Return the scores by which ``model`` is served: its own, but for whom and what it does not know.

    A model that embeds nobody, such as popularity, ranks for everybody by itself.

    Args:
        model: whose scores.
        scorer: of the items of ``data``.
        data: by which items are known, and popular.
        known_by: by which users are known, where that is not ``data``: of frames what is known of items.
    """
    if not isinstance(model, Embeds):
        return scorer
    return Served(scorer, known_users(known_by or data, scorer), placed_items(data, model), people_of(data))


def people_of(data: Data) -> Tensor:
    """Return float32 [items], how many users have a training record of each."""
    return torch.from_numpy(data.people.astype(np.float32))


class Served:
    """A scorer whose unknown users get what is popular, and which ranks unknown items behind all others.

    Args:
        scorer: the model's own.
        users: bool [users], whom it knows.
        items: bool [items], what it has a place for.
        popular: float32 [items], the scores of those whom it does not know.
    """

    def __init__(self, scorer: Scorer, users: Mask, items: Mask, popular: Tensor) -> None:
        self._scorer, self._popular = scorer, popular
        self._unknown, self._unplaced = torch.from_numpy(~users), torch.from_numpy(~items)

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float32 [len(users), len(items)]."""
        scores = self._scorer.grid(users, items)
        unknown = self._unknown[users.cpu()].to(scores.device)
        unplaced = (self._unplaced if items is None else self._unplaced[items.cpu()]).to(scores.device)
        if unplaced.any():
            scores = scores.masked_fill(unplaced, torch.finfo(scores.dtype).min)
        if unknown.any():
            popular = self._popular if items is None else self._popular[items.cpu()]
            scores = torch.where(unknown[:, None], popular.to(scores), scores)
        return scores

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float32 [n], those of the model itself."""
        return self._scorer.pairs(users, items)
