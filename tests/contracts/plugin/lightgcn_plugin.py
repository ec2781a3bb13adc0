"""LightGCN as a stranger would add it."""

import numpy as np
import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import embedding, softplus

from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.models.base import InSpace
from graphrec.settings import Settings


class LightGCNSettings(Settings):
    """Settings of LightGCN."""

    dimension: int = Field(64, ge=1, le=4096)
    """D, the length of the embeddings."""
    layers: int = Field(3, ge=0, le=10)
    """K, how many times neighbours are averaged."""
    l2: float = Field(1e-4, ge=0, allow_inf_nan=False)
    """λ, on the embeddings of the batch before they are averaged."""


class LightGCN(InSpace[LightGCNSettings]):
    """E_{k+1} = D^-1/2 A D^-1/2 E_k; embeddings are the mean of E_0 to E_K (He et al., Eq. 3 to 8), taught by BPR."""

    name = "lightgcn_plugin"
    title = "means of means of neighbours' embeddings"
    paper = "He et al., LightGCN (SIGIR '20)"
    doi = "10.1145/3397271.3401063"
    Settings = LightGCNSettings

    def __init__(self, shape, settings):
        super().__init__(shape, settings)
        self.table = nn.Parameter(torch.randn(shape.users + shape.items, settings.dimension) * 0.1)
        self.register_buffer("adjacency", None, persistent=False)

    def attach(self, data):
        """Take the normalised adjacency; it is of the data, so it is not saved."""
        user = torch.from_numpy(data.by_user.rows)
        item = torch.from_numpy(np.array(data.by_user.indices)) + data.users
        ends = torch.stack([torch.cat([user, item]), torch.cat([item, user])])
        count = data.users + data.items
        self.degree = torch.bincount(ends[0], minlength=count).clamp(min=1).to(self.device)
        weight = self.degree[ends].prod(0).float().rsqrt()
        matrix = torch.sparse_coo_tensor(ends, weight, (count, count), check_invariants=True)
        self.adjacency = matrix.coalesce().to(self.device)

    def learner(self, data, run):
        """Return gradient descent over triplets."""
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase.of("bpr", [self.table])], run)

    def loss(self, phase, batch):
        """Return the scalar loss of a batch."""
        (users, items), starts = self.vectors(), self.table.split([self.shape.users, self.shape.items])
        user, liked = embedding(batch.users, users), embedding(batch.positives, items)
        margin = (user[:, None] * (liked[:, None] - embedding(batch.negatives, items))).sum(-1)
        own = torch.cat([embedding(batch.users, starts[0]), embedding(batch.items, starts[1])])
        return softplus(-margin).mean() + self.settings.l2 * own.square().sum() / len(user)

    def levels(self):
        """Return E_0 to E_K, float32 [users + items, D] each."""
        found = [self.table]
        for _ in range(self.settings.layers):
            found.append(self.adjacency @ found[-1])
        return found

    def vectors(self):
        """Return float32 [users, D] and [items, D]."""
        return torch.stack(self.levels()).mean(0).split([self.shape.users, self.shape.items])

    def user_vector(self, history, user=None):
        """Return what a user with this history would have, in a graph that else is as it was."""
        if not len(history):
            return None
        items = torch.from_numpy(np.array(history)).to(self.device) + self.shape.users
        weight = (self.degree[items] * len(items)).float().rsqrt()
        found = torch.zeros_like(self.table[0]) if user is None else self.table[user]
        for level in self.levels()[:-1]:
            found = found + weight @ level[items]
        return found / (self.settings.layers + 1)
