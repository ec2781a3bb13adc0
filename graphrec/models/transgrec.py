"""TransGRec: a graph network for what has edges, a transfer network for what has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear, logsigmoid, softplus

from graphrec.graph.blocks import Blocks
from graphrec.graph.data import Data, Shape
from graphrec.graph.full_graph import whole_graph
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.feed import Feed
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Blocked, Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.base import (
    ANYTHING,
    EmbeddingScorer,
    InSpace,
    Needs,
    Scorer,
    Target,
    require_features,
)
from graphrec.models.content_neighbours import ContentNeighbours
from graphrec.models.features import FeatureScaling
from graphrec.models.influences import Floats, Influences
from graphrec.models.pair_scores import MANY, pair_scores
from graphrec.models.placement import Placement
from graphrec.models.propagation import Propagation
from graphrec.models.transgrec_influences import item_source, of_content, of_item, of_user
from graphrec.models.transgrec_settings import TransGRecSettings
from graphrec.models.user_weights import user_weights
from graphrec.ragged import Ints

_ROWS = 8192


class TransGRec(InSpace[TransGRecSettings]):
    """Learning to Transfer Graph Embeddings for Inductive Graph based Recommendation (Wu et al., SIGIR 2020).

    The graph network (Eq. 2 to 9) embeds users and the items they touched; the transfer network T (Eq. 11)
    learns to say from content alone where the graph network would have put an item, so that an item nobody
    has touched can be ranked (Eq. 18). With the Euclidean loss (Eq. 12) all parameters move together (Eq.
    15); with the adversarial one (Eq. 13) graph network, T and a discriminator D are updated in turn (Eq. 16
    and 17).

    Where the paper leaves a choice:

    - Eq. 13's signs: D minimises -[log D(v, u, r) + log(1 - D(T, u, r))], T minimises log(1 - D(T, u, r)).
    - D's condition r_ai: each positive of the batch gives a pair (a, i) with r = 1 and its first negative a
      pair (a, j) with r = 0; the real and the fake embedding are judged under the same u_a and r. So D
      learns what an item looks like *to somebody who likes it*, and T cannot please it with an average
      embedding.
    - Eq. 12 sums over items; here it is the mean over items with edges: all of them when the whole graph is
      propagated, those of the batch when it is sampled.
    - Eq. 14's λ(|X|² + |Z|²) is the mean over the batch of |x_a|² + |z_i|² + mean_j |z_j|², so it weighs the
      same at any batch size.
    """

    name = "transgrec"
    title = "graph network with a transfer network that embeds new items from their content"
    paper = "Wu et al., Learning to Transfer Graph Embeddings for Inductive Graph based Recommendation (SIGIR '20)"
    doi = "10.1145/3397271.3401145"
    Settings = TransGRecSettings
    tuned = ("l2", "content_l2", "learning_rate", "layers", "dimension", "neighbour_share", "user_weighting")

    needs = Needs(features=True)

    has_edges: Tensor
    edge_weight: Tensor
    active: Tensor
    local: Tensor
    norms: Tensor

    @classmethod
    def check(cls, data: Data, settings: TransGRecSettings) -> None:
        """Raise ``DataError`` where items have neither content nor free embeddings."""
        if not settings.free_items:
            require_features(data, f"{cls.name} with free_items=false")

    def __init__(self, shape: Shape, settings: TransGRecSettings) -> None:
        super().__init__(shape, settings)
        dimension, width = settings.dimension, shape.width
        self.scaling = FeatureScaling(width, settings.scaling)
        self.users_free = nn.Parameter(torch.randn(shape.users, dimension) * settings.initial_std)
        self.items_free = (
            nn.Parameter(torch.randn(shape.items, dimension) * settings.initial_std)
            if settings.free_items
            else None
        )
        self.projection = nn.Parameter(torch.empty(dimension, width))
        if width:
            nn.init.xavier_normal_(self.projection, settings.content_gain)
        self.propagation = Propagation(
            shape,
            settings.layers,
            dimension,
            settings.activation,
            transform=settings.transform,
            identity_start=settings.identity_start,
            pooling=settings.pooling,
        )
        self.transfer = _transfer_network(settings) if settings.transfer != "none" else None
        self.discriminator = (
            nn.Sequential(
                nn.Linear(2 * dimension + 1, settings.hidden), nn.ReLU(), nn.Linear(settings.hidden, 1)
            )
            if settings.transfer == "adversarial"
            else None
        )
        self.register_buffer("norms", torch.zeros(shape.items))
        for name in ("has_edges", "edge_weight", "active", "local"):
            self.register_buffer(name, torch.empty(0), persistent=False)
        self._source = item_source(settings, shape.in_videos)

    def attach(self, data: Data) -> None:
        """Take the training graph and what items look like."""
        has_edges = torch.from_numpy(data.by_item.lengths > 0)
        active = torch.tensor(data.sampled) | has_edges
        local = torch.cumsum(active, 0) - 1
        here = self.device
        self.has_edges = has_edges.float().to(here)
        self.edge_weight = user_weights(data, self.settings.user_weighting).to(here)
        self.active = active.nonzero()[:, 0]
        self.local = torch.where(active, local, -1).to(here)
        self.propagation.attach(data)
        self._data, self._graph = data, whole_graph(data, self.active, self.settings.layers).to(here)
        self._scaled: Tensor | None = None
        self._near: ContentNeighbours | None = None
        self._levels: list[Tensor] | None = None

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over triplets, on the whole graph or on sampled blocks."""
        self.scaling.fit(data.content, data.by_item.lengths > 0)
        self.norms.copy_(self.scaling.norms(data.content))
        sampler = run.sampler(data, self.settings.layers)
        # Batches whose neighbourhoods are drawn on the CPU are made there too: no step waits for the GPU.
        where = run.device if sampler is None else torch.device("cpu")
        triplets = Pairwise(data, run.options, run.generator(where))
        feed: Feed[PairwiseBatch] = triplets if sampler is None else Blocked(triplets, sampler, run.device)
        return Descent(self, self.loss, feed, self.phases(), run)

    def train(self, mode: bool = True) -> TransGRec:
        """Switch to training, after which what was worked out from the parameters holds no more."""
        self._levels = None
        super().train(mode)
        return self

    @property
    def content(self) -> Tensor:
        """Scaled features of all items, float32 [items, F]; worked out when first used."""
        if self._scaled is None:
            self._scaled = self.scaling.of(self._data.content)
        return self._scaled

    def phases(self) -> Sequence[Phase]:
        """Return one joint update (Eq. 15), or gnn, transfer and discriminator in turn (Eq. 16 and 17)."""
        if self.transfer is None or self.discriminator is None:
            return (Phase.of("joint", self.parameters()),)
        own = {id(p) for p in chain(self.transfer.parameters(), self.discriminator.parameters())}
        return (
            Phase.of("gnn", [p for p in self.parameters() if id(p) not in own]),
            Phase.of("transfer", self.transfer.parameters()),
            Phase.of("discriminator", self.discriminator.parameters()),
        )

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the scalar loss of ``phase``: joint, gnn, transfer or discriminator.

        A batch on the CPU is moved.
        """
        if phase in ("joint", "gnn"):
            seen = self._propagate(batch)
            loss = self._preference(batch, seen)
            if self.transfer is None or (self.settings.detach and phase == "gnn"):
                return loss
            follow = self._euclidean if phase == "joint" else self._fool
            return loss + self.settings.transfer_weight * follow(
                seen.detach() if self.settings.detach else seen
            )
        with torch.no_grad():
            seen = self._propagate(batch)
        return self._fool(seen) if phase == "transfer" else self._discriminate(seen)

    def _preference(self, batch: PairwiseBatch, seen: _Seen) -> Tensor:
        """BPR (Eq. 14), a user's edges weighted by degree ** -user_weighting."""
        margin = self._margins(seen)
        batch = batch.to(self.device)
        loss = (-logsigmoid(margin).mean(1) * self.edge_weight[batch.users]).mean()
        norms = self.users_free.square().sum(1)[batch.users].mean()
        if self.items_free is not None:
            of_item = self.items_free.square().sum(1)
            norms = norms + of_item[batch.positives].mean() + of_item[batch.negatives].mean()
        if self.settings.content_l2:
            of_content = seen.content.square().sum(1)
            size = of_content[seen.positives].mean() + of_content[seen.negatives].mean()
            loss = loss + self.settings.content_l2 * size
        return loss + self.settings.l2 * norms

    def _margins(self, seen: _Seen) -> Tensor:
        """By how much each positive scores higher than each of its negatives, float32 [B, N]."""
        # In float32 also under autocast: a margin is a small difference of large products.
        with torch.autocast(self.device.type, enabled=False):
            if seen.negatives.numel() >= MANY and self.device.type == "cpu":
                columns = torch.cat([seen.positives[:, None], seen.negatives], 1)
                scores = pair_scores(seen.u, seen.v, seen.users, columns)
                return scores[:, :1] - scores[:, 1:]
            user, positive = embedding(seen.users, seen.u), embedding(seen.positives, seen.v)
            negative = embedding(seen.negatives, seen.v)
            liked, others = (user * positive).sum(-1, keepdim=True), torch.bmm(negative, user[:, :, None])
            return liked - others[:, :, 0]

    def _euclidean(self, seen: _Seen) -> Tensor:
        """Eq. 12."""
        assert self.transfer is not None
        error: Tensor = (self.transfer(seen.inputs).float() - seen.v).square().sum(-1)
        weight = self.has_edges[seen.items]
        return (error * weight).sum() / weight.sum().clamp(min=1)

    def _fool(self, seen: _Seen) -> Tensor:
        """Eq. 16: log(1 - D(fake)), or the non-saturating -log D(fake)."""
        fake = self._judge(seen, real=False)
        return softplus(-fake).mean() if self.settings.nonsaturating else -softplus(fake).mean()

    def _discriminate(self, seen: _Seen) -> Tensor:
        """Eq. 17: -log D(real) - log(1 - D(fake))."""
        return softplus(-self._judge(seen, real=True)).mean() + softplus(self._judge(seen, real=False)).mean()

    def _judge(self, seen: _Seen, *, real: bool) -> Tensor:
        """Logits of D for the positives (r = 1) and the first negatives (r = 0), float32 [2B, 1]."""
        assert self.transfer is not None
        assert self.discriminator is not None
        items = torch.cat([seen.positives, seen.negatives[:, 0]])
        item = seen.v[items].detach() if real else self.transfer(embedding(items, seen.inputs)).float()
        user = seen.u[seen.users].detach().repeat(2, 1)
        liked = torch.ones(len(items), 1, device=user.device)
        liked[len(seen.positives) :] = 0
        logits: Tensor = self.discriminator(torch.cat([item, user, liked], 1)).float()
        return logits

    def _propagate(self, batch: PairwiseBatch) -> _Seen:
        """Embeddings of everything the batch touches, and where in them the batch's users and items are."""
        blocks, users, places = self._blocks(batch)
        content, fused = self._items(blocks.items)
        u, v = self.propagation(blocks, embedding(blocks.users, self.users_free), fused)
        inputs = content if self.settings.transfer_input == "content" else fused
        return _Seen(
            u,
            v,
            content[: len(v)],
            inputs[: len(v)],
            blocks.items[: len(v)],
            users,
            places[: len(batch.positives)],
            places[len(batch.positives) :].view(batch.negatives.shape),
        )

    def _blocks(self, batch: PairwiseBatch) -> tuple[Blocks, Tensor, Tensor]:
        """Return blocks for a batch and where in their seeds its users and its items are, on this device."""
        if batch.drawn is not None:
            drawn = batch.drawn
            return drawn.blocks, drawn.blocks.seed_users[drawn.users], drawn.blocks.seed_items[drawn.items]
        if self.settings.layers:
            return self._graph, batch.users.to(self.device), self.local[batch.items.to(self.device)]
        seeds, users = torch.unique(batch.users.to(self.device), return_inverse=True)
        items, places = torch.unique(batch.items.to(self.device), return_inverse=True)
        own = (torch.arange(len(ids), device=self.device) for ids in (seeds, items))
        return Blocks(seeds, items, (), *own), users, places

    def _items(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Content g_i (Eq. 2) and fused y_i (Eq. 3), float32 [n, D] each."""
        everything = items is self._graph.items and len(items) == self.shape.items
        scaled = self._dropped(items, self.content if everything else self.content[items])
        content = linear(scaled, self.projection).float()
        return content, content if self.items_free is None else content + embedding(items, self.items_free)

    @torch.no_grad()
    def _dropped(self, items: Tensor, scaled: Tensor) -> Tensor:
        """Return ``scaled``, float32 [n, F], of ``items``; in training some of them without one of their matrices."""
        features, share = self._data.content, self.settings.block_dropout
        if not (self.training and share and features.partial.any()):
            return scaled
        chosen = torch.rand(len(items)) < share
        at = items.cpu()[chosen].numpy()
        matrix = torch.randint(features.present.shape[1], (len(at),)).numpy()
        changed = scaled.clone()
        changed[chosen.to(scaled.device)] = self.scaling(
            torch.from_numpy(features.dropping(at, matrix)).to(scaled.device)
        )
        return changed

    @torch.no_grad()
    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return inner products of ``embeddings`` (Eq. 10 and 18); others than the target's are not worked out."""
        return EmbeddingScorer(*self._embeddings(target.nodes))

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return user and item embeddings, [users, D] and [items, D]; see ``item_embedding``."""
        return self._embeddings(None)

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return embeddings, float32 [n, D], for new items' features, float32 [n, F] (Eq. 18)."""
        return self._placement(self._graph_embeddings()[1]).content(self.scaling(features.to(self.device)))

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return u^K of a user with ``history`` by Eq. 4 and 5, in a graph that else is as it was in training.

        One who came after training starts at 0, one who was there at x_a.
        """
        known = np.asarray(self.local.cpu())[history] >= 0
        if not known.any():
            return None
        if self._levels is None:
            self._levels = self._item_levels()
        items = torch.from_numpy(np.asarray(history)[known]).to(self.device)
        at = self.local[items]
        own = self.users_free[user] if user is not None else torch.zeros_like(self.users_free[0])
        return self.propagation.of_user(
            own, [level[at] for level in self._levels], self.propagation.item_degree[items]
        )

    @torch.no_grad()
    def layers_of(self, items: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return v^0, v^K and T(g) of ``items`` with edges, int64 [n]: float32 [n, D] each (figure 5)."""
        at, items = self.local[items.to(self.device)], items.to(self.device)
        _, v = self._graph_embeddings()
        return self._items(items)[1], v[at], self._transferred(self.content[items])

    def user_sources(self, user: int) -> Influences:
        """Return the items that were pooled into a user's embedding."""
        return of_user(self._data, self.settings, user)

    def item_sources(self, item: int, features: Floats | None = None) -> Influences:
        """Return the users, or the items like it, that an item's embedding was made of."""
        if features is None:
            return of_item(self, self._data, item)
        return of_content(self, self._data, features)

    def _embeddings(self, wanted: Tensor | None) -> tuple[Tensor, Tensor]:
        u, v = self._graph_embeddings()
        items = torch.zeros(self.shape.items, v.shape[1], device=self.device)
        new = torch.arange(len(items), device=self.device) if wanted is None else wanted.to(self.device)
        if self._source == "graph":
            items[self._graph.items] = v
            new = new[self.has_edges[new] == 0]
        items[new] = self._placement(v).items(new)
        return u, items

    def _graph_embeddings(self) -> tuple[Tensor, Tensor]:
        """Return u^K of all users and v^K of the graph's items."""
        graph = self._graph
        u, v = self.propagation(graph, embedding(graph.users, self.users_free), self._items(graph.items)[1])
        return u, v

    def _item_levels(self) -> list[Tensor]:
        """Return v^0 to v^{K-1} of the graph's items, float32 [n, D] each."""
        graph = self._graph
        users, items = embedding(graph.users, self.users_free), self._items(graph.items)[1]
        levels = []
        for k in range(self.settings.layers):
            levels.append(items)
            users, items = self.propagation.step(graph, k, users, items)
        return levels

    def _placement(self, v: Tensor) -> Placement:
        """Return what embeds items by content, among the graph's items with embeddings ``v``."""
        graph = self._graph
        warm = (self.has_edges[graph.items] > 0).nonzero()[:, 0]
        if self._near is None:
            self._near = ContentNeighbours(self.content, graph.items[warm], self.settings.neighbours)
        return Placement(self._transferred, self.content, self._near, v[warm], self.settings.neighbour_share)

    def _transferred(self, content: Tensor) -> Tensor:
        return torch.cat([self._embed(part) for part in torch.split(content, _ROWS)])

    def _embed(self, content: Tensor) -> Tensor:
        projected = linear(content, self.projection).float()
        if self.transfer is None:
            return projected
        embedded: Tensor = self.transfer(projected).float()
        return embedded


@dataclass(frozen=True)
class _Seen:
    """Embeddings u [U, D] and v [I, D]; of the same items g_i, T's input and graph ids; the batch's places."""

    u: Tensor
    v: Tensor
    content: Tensor
    inputs: Tensor
    items: Tensor
    users: Tensor
    positives: Tensor
    negatives: Tensor

    def detach(self) -> _Seen:
        return _Seen(*(t.detach() for t in vars(self).values()))


def _transfer_network(settings: TransGRecSettings) -> nn.Sequential:
    layers = [
        nn.Linear(settings.dimension, settings.hidden),
        nn.ReLU(),
        nn.Linear(settings.hidden, settings.dimension),
    ]
    return nn.Sequential(*layers, *([nn.ReLU()] if settings.activation == "relu" and settings.layers else []))
