"""TransGRec: a graph network for what has edges, a transfer network for what has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear, logsigmoid, softplus

from graphrec.graph.blocks import Blocks, Sampler
from graphrec.graph.data import TrainingData
from graphrec.graph.full_graph import whole_graph
from graphrec.models.base import Batch, EmbeddingScorer, Phase, Recommender, Scorer, require_features
from graphrec.models.content_neighbours import ContentNeighbours
from graphrec.models.features import FeatureScaling
from graphrec.models.influences import Floats, Influences
from graphrec.models.placement import Placement
from graphrec.models.propagation import Propagation
from graphrec.models.transgrec_influences import item_source, of_content, of_item, of_user
from graphrec.models.transgrec_settings import TransGRecSettings

_ROWS = 8192


class TransGRec(Recommender[TransGRecSettings]):
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
    Settings = TransGRecSettings

    has_edges: Tensor
    edge_weight: Tensor
    active: Tensor
    local: Tensor

    @classmethod
    def check(cls, data: TrainingData, settings: TransGRecSettings) -> None:
        """Raise ``DataError`` where items have neither content nor free embeddings."""
        if not settings.free_items:
            require_features(data, f"{cls.name} with free_items=false")

    def __init__(self, data: TrainingData, settings: TransGRecSettings) -> None:
        super().__init__(data, settings)
        dimension, width = settings.dimension, data.features.shape[1]
        has_edges = torch.from_numpy(data.by_item.lengths > 0)
        self.scaling = FeatureScaling(data.features, settings.scaling, has_edges.numpy())
        self.users_free = nn.Parameter(torch.randn(data.users, dimension) * settings.initial_std)
        self.items_free = (
            nn.Parameter(torch.randn(data.items, dimension) * settings.initial_std)
            if settings.free_items
            else None
        )
        self.projection = nn.Parameter(torch.empty(dimension, width))
        if width:
            nn.init.xavier_normal_(self.projection, settings.content_gain)
        self.propagation = Propagation(
            data,
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
        degree = torch.from_numpy(data.by_user.lengths).clamp(min=1)
        weight = degree.double() ** -settings.user_weighting
        edges = torch.from_numpy(data.by_user.lengths)
        active = torch.tensor(data.sampled) | has_edges
        local = torch.cumsum(active, 0) - 1
        for name, value in (
            ("has_edges", has_edges.float()),
            ("edge_weight", (weight * edges.sum() / (weight * edges).sum()).float()),
            ("active", active.nonzero()[:, 0]),
            ("local", torch.where(active, local, -1)),
        ):
            self.register_buffer(name, value, persistent=False)
        self.in_video = bool((data.group >= 0).any())
        self._graph = whole_graph(data, self.active, settings.layers)
        self._features, self._scaled = data.features, torch.empty(0)
        self._near: ContentNeighbours | None = None
        self._sampler: Sampler | None = None
        self._drawn: tuple[Batch, Blocks, Tensor, Tensor] | None = None

    @classmethod
    def user_influences(cls, data: TrainingData, settings: TransGRecSettings, user: int) -> Influences:
        """Return the items that were pooled into a user's embedding."""
        return of_user(data, settings, user)

    @classmethod
    def item_influences(
        cls, data: TrainingData, settings: TransGRecSettings, item: int, features: Floats | None = None
    ) -> Influences:
        """Return the users, or the items like it, that an item's embedding was made of."""
        if features is None:
            return of_item(data, settings, item)
        return of_content(data, settings, features)

    @property
    def content(self) -> Tensor:
        """Scaled features of all items, float32 [items, F]; worked out when first used."""
        if len(self._scaled) != len(self._features):
            self._scaled = self.scaling.of(self._features)
        self._scaled = self._scaled.to(self.device)
        return self._scaled

    @property
    def layers(self) -> int:
        """K."""
        return self.settings.layers

    def sample_with(self, sampler: Sampler | None) -> None:
        """Have ``loss`` draw neighbourhoods from ``sampler`` (K deep); None: use the whole graph."""
        self._sampler, self._drawn = sampler, None

    def phases(self) -> Sequence[Phase]:
        """Return one joint update (Eq. 15), or gnn, transfer and discriminator in turn (Eq. 16 and 17)."""
        if self.transfer is None or self.discriminator is None:
            return (Phase("joint", list(self.parameters())),)
        own = {id(p) for p in chain(self.transfer.parameters(), self.discriminator.parameters())}
        return (
            Phase("gnn", [p for p in self.parameters() if id(p) not in own]),
            Phase("transfer", list(self.transfer.parameters())),
            Phase("discriminator", list(self.discriminator.parameters())),
        )

    def loss(self, phase: str, batch: Batch) -> Tensor:
        """Return the scalar loss of ``phase``: joint, gnn, transfer or discriminator.

        A batch on the CPU is moved; its neighbourhoods are drawn before, so that nothing waits for the GPU.
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

    def _preference(self, batch: Batch, seen: _Seen) -> Tensor:
        """BPR (Eq. 14), a user's edges weighted by degree ** -user_weighting."""
        user, positive = embedding(seen.users, seen.u), embedding(seen.positives, seen.v)
        negative = embedding(seen.negatives, seen.v)
        # In float32 also under autocast: a margin is a small difference of large products.
        with torch.autocast(self.device.type, enabled=False):
            liked, others = (user * positive).sum(-1, keepdim=True), torch.bmm(negative, user[:, :, None])
        margin = liked - others[:, :, 0]
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

    def _propagate(self, batch: Batch) -> _Seen:
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

    def _blocks(self, batch: Batch) -> tuple[Blocks, Tensor, Tensor]:
        """Return blocks for a batch and where in their seeds its users and its items are, on this device."""
        touched = torch.cat([batch.positives, batch.negatives.flatten()])
        if self._sampler is None and self.settings.layers:
            return self._whole(), batch.users.to(self.device), self.local[touched.to(self.device)]
        if self._drawn is None or self._drawn[0] is not batch:
            seeds, users = torch.unique(batch.users, return_inverse=True)
            items, places = torch.unique(touched, return_inverse=True)
            if self._sampler is None:
                here = seeds.device
                places_of = (torch.arange(len(ids), device=here) for ids in (seeds, items))
                blocks = Blocks(seeds, items, (), *places_of)
            else:
                blocks = self._sampler.sample(seeds, items)
            # The phases of a step share what was drawn for it.
            self._drawn = batch, blocks.to(self.device), users.to(self.device), places.to(self.device)
        _, blocks, users, places = self._drawn
        return blocks, blocks.seed_users[users], blocks.seed_items[places]

    def _whole(self) -> Blocks:
        if self._graph.users.device != self.device:
            self._graph = self._graph.to(self.device)
        return self._graph

    def _items(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Content g_i (Eq. 2) and fused y_i (Eq. 3), float32 [n, D] each."""
        everything = items is self._graph.items and len(items) == len(self._features)
        content = linear(self.content if everything else self.content[items], self.projection).float()
        return content, content if self.items_free is None else content + embedding(items, self.items_free)

    @torch.no_grad()
    def scorer(self, items: Tensor | None = None) -> Scorer:
        """Return inner products of ``embeddings`` (Eq. 10 and 18); others than ``items`` are not worked out."""
        return EmbeddingScorer(*self._embeddings(items))

    @torch.no_grad()
    def embeddings(self) -> tuple[Tensor, Tensor]:
        """Return user and item embeddings, [users, D] and [items, D]; see ``item_embedding``."""
        return self._embeddings(None)

    @torch.no_grad()
    def embed_items(self, features: Tensor) -> Tensor:
        """Return embeddings, float32 [n, D], for new items' features, float32 [n, F] (Eq. 18)."""
        return self._placement(self._graph_embeddings()[1]).content(self.scaling(features.to(self.device)))

    def _embeddings(self, wanted: Tensor | None) -> tuple[Tensor, Tensor]:
        u, v = self._graph_embeddings()
        items = torch.zeros(len(self._features), v.shape[1], device=self.device)
        new = torch.arange(len(items), device=self.device) if wanted is None else wanted.to(self.device)
        if self._source == "graph":
            items[self._whole().items] = v
            new = new[self.has_edges[new] == 0]
        items[new] = self._placement(v).items(new)
        return u, items

    @property
    def _source(self) -> str:
        return item_source(self.settings, self.in_video)

    def _graph_embeddings(self) -> tuple[Tensor, Tensor]:
        """Return u^K of all users and v^K of the graph's items."""
        graph = self._whole()
        u, v = self.propagation(graph, embedding(graph.users, self.users_free), self._items(graph.items)[1])
        return u, v

    def _placement(self, v: Tensor) -> Placement:
        """Return what embeds items by content, among the graph's items with embeddings ``v``."""
        graph = self._whole()
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
