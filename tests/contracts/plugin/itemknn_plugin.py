"""Item-kNN in closed form: worked out at once, kept in a buffer."""

import numpy as np
import torch
from pydantic import Field

from graphrec.learning.once import Once
from graphrec.models.base import ANYTHING, Model
from graphrec.settings import Settings


class ItemKNNSettings(Settings):
    """Settings of item-kNN."""

    neighbours: int = Field(50, ge=1, le=10_000)
    """K, how many items each is compared with."""


class ItemKNN(Model[ItemKNNSettings]):
    """Score of an item = sum of its cosines with what the user has, over its K nearest (Sarwar et al., Eq. 1)."""

    name = "itemknn_plugin"
    title = "items chosen by those who chose the user's"
    paper = "Sarwar et al., Item-based collaborative filtering (WWW '01)"
    Settings = ItemKNNSettings

    def __init__(self, shape, settings):
        super().__init__(shape, settings)
        self.register_buffer("cosines", torch.zeros(shape.items, shape.items))

    def attach(self, data):
        self.history = data.by_user

    def rows(self, users):
        """Return what these users have: 0 or 1, float32 [len(users), items]; never of all users at once."""
        listed = self.history.take(users)
        found = torch.zeros(len(users), self.shape.items)
        found[torch.from_numpy(listed.rows), torch.from_numpy(np.array(listed.indices))] = 1
        return found.to(self.device)

    def learner(self, data, run):
        return Once(self.fit, len(data.records))

    def fit(self):
        both = torch.zeros_like(self.cosines)
        for users in np.array_split(np.arange(self.shape.users), 1 + self.shape.users // 1024):
            rows = self.rows(users)
            both += rows.T @ rows
        count = both.diagonal().clamp(min=1)
        cosines = (both / (count[:, None] * count).sqrt()).fill_diagonal_(0)
        nearest = cosines.topk(min(self.settings.neighbours, len(cosines)), dim=0)
        self.cosines.zero_().scatter_(0, nearest.indices, nearest.values)

    def scorer(self, target=ANYTHING):
        return Scores(self)

    def user_scores(self, history, user=None):
        return self.cosines[torch.from_numpy(np.unique(history))].sum(0) if len(history) else None


class Scores:
    """Scores of items for users."""

    def __init__(self, model):
        self.model = model

    def grid(self, users, items=None):
        scores = self.model.rows(users.numpy(force=True)) @ self.model.cosines
        return scores if items is None else scores[:, items]

    def pairs(self, users, items):
        found = torch.empty(len(users))
        for user in users.unique():
            here = users == user
            found[here] = self.grid(user[None], items[here])[0].cpu()
        return found
