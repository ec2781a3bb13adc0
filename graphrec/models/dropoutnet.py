"""DropoutNet: networks that learn to do without what is not known of new users and new items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.by_content import ByNeighbours, NeighbourSettings, means
from graphrec.models.ials import IALS, IALSSettings
from graphrec.models.pretrained import pretrain
from graphrec.models.tower import tower
from graphrec.models.user_weights import user_weights
from graphrec.ragged import Ints


class DropoutNetSettings(NeighbourSettings):
    """Settings of DropoutNet."""

    dimension: int = Field(64, ge=1, le=4096)
    """Length of the embeddings that the networks return."""
    preference_dimension: int = Field(64, ge=1, le=4096)
    """Length of the preference inputs U and V."""
    preference_l2: float = Field(0.02, gt=0, allow_inf_nan=False)
    """λ of the iALS that they are from."""
    preference_alpha: float = Field(0.03, gt=0, allow_inf_nan=False)
    """α0 of it."""
    preference_epochs: int = Field(20, ge=1, le=1000)
    """Sweeps of it."""
    hidden: int = Field(256, ge=1, le=65536)
    """Width of the hidden layer of both networks."""
    dropout: float = Field(0.8, ge=0, le=1)
    """Share of a batch's users and items whose preference input is 0."""
    transform: float = Field(0.25, ge=0, le=1)
    """Share, of the others, whose preference input is the mean of those of the other side that they have."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A pair of a user with d records weighs d ** -user_weighting: 0 counts pairs alike, 1 users."""


class DropoutNet(ByNeighbours[DropoutNetSettings]):
    """DropoutNet: Addressing Cold Start in Recommender Systems (Volkovs, Yu and Poutanen, NIPS 2017).

    Score <f_U(U_u, Φ_u), f_V(V_i, Φ_i)>, of two networks that are to say <U_u, V_i>, what a model of preferences says
    (Eq. 2), though they are not always told U_u and V_i: in training these are at times 0 (Eq. 3 and 4), at times the
    mean of the other side's (Algorithm 1, user and item transform). So an item without a record is where its content
    Φ_i says, and a user who came later where the mean item does.

    Where the paper leaves a choice:

    - U and V are of iALS, as the paper's are, trained within the learner.
    - Users have no content of their own: Φ_u is the mean content of what they have.
    - The pairs are the records and as many others as ``negatives``; what a user's or an item's input is, is drawn once
      for a batch.
    - One hidden layer of tanh, without batch normalisation.
    """

    name = "dropoutnet"
    title = "networks over preferences and content that learn to do without the former"
    paper = "Volkovs, Yu, Poutanen, DropoutNet: Addressing Cold Start in Recommender Systems (NIPS '17)"
    Settings = DropoutNetSettings
    tuned = ("dropout", "preference_alpha", "scaling", "learning_rate", "neighbour_share")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 5, "learning_rate": 1e-3, "patience": 20}

    def __init__(self, shape: Shape, settings: DropoutNetSettings) -> None:
        super().__init__(shape, settings)
        of_preferences = {
            "dimension": settings.preference_dimension,
            "l2": settings.preference_l2,
            "alpha": settings.preference_alpha,
        }
        self.preferences = IALS(shape, IALSSettings.model_validate(of_preferences))
        widths = [settings.preference_dimension + shape.width, settings.hidden, settings.dimension]
        self.user_tower, self.item_tower = tower(widths, "tanh"), tower(widths, "tanh")

    def attach(self, data: Data) -> None:
        """Take what items look like, and who has them."""
        super().attach(data)
        self.preferences.attach(data)
        self._weight = user_weights(data, self.settings.user_weighting).to(self.device)
        self._looks: Tensor | None = None

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Train the model of preferences, and return gradient descent of the networks over pairs."""
        self.fit_scaling()
        self._looks = None
        pretrain(self.preferences, data, run, self.settings.preference_epochs)
        users, items = self.preferences.vectors()
        self._means = means(data.by_user, items), means(data.by_item, users)
        feed = Pairwise(data, run.options, run.generator())
        moved = [*self.user_tower.parameters(), *self.item_tower.parameters()]
        return Descent(self, self.loss, feed, [Phase.of("pairs", moved)], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean squared error over a batch's pairs, float32 scalar (Eq. 2)."""
        known_users, known_items = self.preferences.vectors()
        users, at = torch.unique(batch.users, return_inverse=True)
        items, places = torch.unique(batch.items, return_inverse=True)
        columns = torch.cat([places[: len(batch), None], places[len(batch) :].view_as(batch.negatives)], 1)
        u = self._embed_users(self._input(known_users[users], self._means[0][users]), self.looks[users])
        v = self._embed_items(self._input(known_items[items], self._means[1][items]), self.content[items])
        told = (u[at][:, None] * v[columns]).sum(-1)
        true = (known_users[users][at][:, None] * known_items[items][columns]).sum(-1)
        loss: Tensor = ((told - true).square().mean(1) * self._weight[batch.users]).mean()
        return loss

    @property
    def looks(self) -> Tensor:
        """Mean content of what users have, float32 [users, F]; worked out when first used."""
        if self._looks is None:
            self._looks = means(self._data.by_user, self.content)
        return self._looks

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return f_U(U_u, Φ_u) and f_V(V_i, Φ_i), of an item without a record f_V(0, Φ_i) and its neighbours."""
        return self._embed_users(self.preferences.users, self.looks), self.item_vectors()

    def known(self, items: Tensor) -> Tensor:
        """Return f_V(V_i, Φ_i)."""
        return self._embed_items(self.preferences.items[items], self.content[items])

    def embed(self, content: Tensor) -> Tensor:
        """Return f_V(0, Φ)."""
        return self._embed_items(content.new_zeros(len(content), self.settings.preference_dimension), content)

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return f_U of ``history``: of a user who came later with the mean V for U (section 4.2), else by iALS."""
        if not len(history):
            return None
        items = torch.from_numpy(np.array(history)).to(self.device)
        preferred = self.preferences.items[items].mean(0) if user is None else self.preferences.user_vector(history)
        if preferred is None:
            preferred = self.preferences.items.new_zeros(self.settings.preference_dimension)
        return self._embed_users(preferred[None], self.content[items].mean(0, keepdim=True))[0]

    def _input(self, own: Tensor, mean: Tensor) -> Tensor:
        """Return float32 [n, P]: ``own``, or ``mean``, or 0, as is drawn for each row."""
        drawn = torch.rand(2, len(own), 1, device=own.device)
        return torch.where(drawn[0] < self.settings.transform, mean, own) * (drawn[1] >= self.settings.dropout)

    def _embed_users(self, preferences: Tensor, content: Tensor) -> Tensor:
        embedded: Tensor = self.user_tower(torch.cat([preferences, content], 1)).float()
        return embedded

    def _embed_items(self, preferences: Tensor, content: Tensor) -> Tensor:
        embedded: Tensor = self.item_tower(torch.cat([preferences, content], 1)).float()
        return embedded
