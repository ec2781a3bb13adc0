"""JIFR: items and their key frames, by two attention networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import embedding, linear, softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.base import ANYTHING, SPACE, EmbeddingScorer, Model, Needs, Scorer, Target, Vectors
from graphrec.models.features import Scaling
from graphrec.models.folding import fold_in_by
from graphrec.models.influences import Floats, Influences, Part, none
from graphrec.models.item_frames import FRAME, LISTS, ItemFrames, Weighing, frames_of, require_frames
from graphrec.models.scored_pairs import ScoredPairs
from graphrec.ragged import Ints, Ragged
from graphrec.settings import Settings

VISUAL = "visual"
"""The space of users' tastes, of what items look like, and of frames."""


class JIFRSettings(Settings):
    """Settings of JIFR; with both weighings at ``mean`` it is the paper's JIFR_NA, which is VBPR over frames."""

    dimension: int = Field(32, ge=1, le=4096)
    """d1, the length of u and v (section 4.1: 16, 32 or 64, best 32)."""
    visual_dimension: int = Field(32, ge=1, le=4096)
    """d2, the length of w and x. The same as d1, since Eq. 9 has one network for both."""
    frames: Weighing = "attention"
    """What an item looks like: by attention to its frames (Eq. 5 to 7), or their mean (Eq. 1)."""
    rating: Weighing = "mean"
    """How taste and looks come together: as a sum (Eq. 2), or by attention (Eq. 8 to 10), which is the paper's."""
    l2: float = Field(0.02, ge=0, allow_inf_nan=False)
    """λ1 of Eq. 3, on the squared u, w and v of a record's user, item and negatives (mean over the batch)."""
    looks_l2: float = Field(0.02, ge=0, allow_inf_nan=False)
    """The same on the squared x of those items, which is ours; 0 is the paper's."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that U, V and W start with."""
    scaling: Scaling = "standard"
    """How features of frames are brought to one scale; see ``FeatureScaling``."""

    @model_validator(mode="after")
    def _same(self) -> JIFRSettings:
        if self.dimension != self.visual_dimension:
            raise ValueError(
                f"dimension {self.dimension} and visual_dimension {self.visual_dimension} must be the same: one "
                "network weighs both (Eq. 9)"
            )
        return self


class JIFR(Model[JIFRSettings]):
    """Personalized Multimedia Item and Key Frame Recommendation (Wu et al., IJCAI 2019).

    r_ai = 2 (β1 <u_a, v_i> + β2 <w_a, x_i>) (Eq. 8), where x_i is what the frames of i look like (``ItemFrames``) and β
    the softmax of w2 · relu(W2 [u_a, v_i]) and w2 · relu(W2 [w_a, x_i]) (Eq. 9 and 10), or a half each, which is Eq. 2.
    The key frame of an item is the one with the highest <w_a, P c_k> (Eq. 4), which no record of a frame has trained.

    Two rulings where the paper is silent. The 2 is ours: without it, weights that are alike halve Eq. 2. And w2 starts
    at 0, so that taste and looks begin alike: from a random start the weights go to one side before both have learned
    anything, the other side stays untrained, and rating attention takes away what it should add.

    ``looks_l2`` is ours. λ1 of the paper holds U, V and W down and P not, so that whatever looks can tell, however
    badly, is cheaper told by them than by taste, the more so the larger λ1. With x held down beside v neither crowds
    the other out, and the plain sum is then the better one: ``rating=attention, looks_l2=0`` is the paper's model.

    Eq. 3 lacks -ln: the loss is that of BPR, -ln σ(r_ai - r_aj) + λ1 (|u_a|² + |w_a|² + |v_i|² + mean_j |v_j|²), and
    Eq. 7's sum is over the frames of the item. An item without a training record has v_i = 0: it is ranked by its
    frames; one without a frame by v_i alone.
    """

    name = "jifr"
    title = "items and their key frames, by attention to frames and between taste and looks"
    paper = "Wu et al., Personalized Multimedia Item and Key Frame Recommendation (IJCAI '19)"
    doi = "10.24963/ijcai.2019/198"
    Settings = JIFRSettings
    needs = Needs(described=(FRAME,), lists=LISTS)
    several = True
    proposes = True
    tuned = ("l2", "looks_l2", "learning_rate")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 10, "batch_size": 1024, "patience": 20}

    @classmethod
    def check(cls, data: Data, settings: JIFRSettings) -> None:
        """Raise ``DataError`` where items have no frames with features."""
        require_frames(data, cls.name)

    def __init__(self, shape: Shape, settings: JIFRSettings) -> None:
        super().__init__(shape, settings)
        dimension = settings.dimension
        self.users = Table(shape.users, 2 * dimension, std=settings.initial_std)
        self.items = Table(shape.items, dimension, std=settings.initial_std)
        self.looks = ItemFrames(shape, dimension, settings.frames, settings.scaling)
        self.weighing = _Weighing(dimension) if settings.rating == "attention" else None

    def attach(self, data: Data) -> None:
        """Take the frames of items, and which items have a record."""
        self.looks.attach(data)
        self._seen = torch.from_numpy(data.by_item.lengths > 0).to(self.device)
        self._records = data.by_user.lengths

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over triplets of items; records of frames are not learned from."""
        self.looks.fit(data)
        tables = {id(self.users.weight), id(self.items.weight)}
        others = Move([one for one in self.parameters() if id(one) not in tables])
        phase = Phase("bpr", [self.users.move, self.items.move, others])
        return Descent(self, self.loss, Pairwise(data, run.options, run.generator()), [phase], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        items, places = torch.unique(batch.items, return_inverse=True)
        free = self.items(items)
        looks = self.looks(items, free)
        item = torch.cat([free, looks], 1)
        user = self.users(batch.users)
        columns = torch.cat([places[: len(batch), None], places[len(batch) :].view_as(batch.negatives)], 1)
        scores = self._scores(user[:, None], embedding(columns, item))
        own = self.settings
        sizes = own.l2 * free.square().sum(1) + own.looks_l2 * looks.square().sum(1)
        size = own.l2 * user.square().sum(1).mean() + sizes[columns[:, 0]].mean() + sizes[columns[:, 1:]].mean()
        loss: Tensor = softplus(scores[:, 1:] - scores[:, :1]).mean() + size
        return loss

    @torch.no_grad()
    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return r_ai, or l_ak of frames."""
        if target.label == FRAME:
            return EmbeddingScorer(self.users.weight.detach()[:, self.settings.dimension :], self.looks.of_frames())
        return ScoredPairs(self._scores, self.users.weight.detach(), self._items())

    @torch.no_grad()
    def embeddings(self) -> Mapping[str, Vectors]:
        """Return [u, w] and [v, x], which propose; and w, x and P c in the space ``visual``."""
        users, items, half = self.users.weight.detach(), self._items(), self.settings.dimension
        return {
            SPACE: {"User": users, self.shape.item: items},
            VISUAL: {
                "User": users[:, half:].contiguous(),
                self.shape.item: items[:, half:].contiguous(),
                FRAME: self.looks.of_frames(),
            },
        }

    def parts_of(self, data: Data) -> Ragged:
        """Return the frames with features of each item."""
        return frames_of(data)

    def place_parts(self, features: Tensor, parts: Ragged) -> Mapping[str, Vectors]:
        """Return [0, x] of new items by their frames, and x and P c in the space ``visual``."""
        looks, frames = self.looks.place(features, parts)
        items = torch.cat([torch.zeros_like(looks), looks], 1)
        return {SPACE: {self.shape.item: items}, VISUAL: {self.shape.item: looks, FRAME: frames}}

    @torch.no_grad()
    def vector_parts(self, user: Tensor, item: Tensor) -> list[Part]:
        """Return taste, 2 β1 <u, v>, and looks, 2 β2 <w, x>."""
        (u, w), (v, x) = user.chunk(2), item.chunk(2)
        share = 0.5 if self.weighing is None else float(self.weighing(u, v, w, x))
        return [
            Part("taste", share, 2 * share * float(u @ v)),
            Part("looks", 1 - share, 2 * (1 - share) * float(w @ x)),
        ]

    def user_sources(self, user: int) -> Influences:
        """Return that u and w were learned."""
        count = int(self._records[user])
        return none(f"Its taste and the looks that it likes were learned from {count} records; nothing is pooled.")

    def item_sources(self, item: int, features: Floats | None = None) -> Influences:
        """Return the frames that an item's looks rest on."""
        if features is None:
            frames, weights = self.looks.weights(item, self.items.weight.detach()[item] * self._seen[item])
        else:
            frames, weights = np.arange(len(features)), self.looks.weights_of(torch.from_numpy(features))
        learned = features is None and bool(self._seen[item])
        taste = "its taste was learned from records" if learned else "no record has taught its taste, which counts 0"
        if not len(frames):
            return none(f"It has no frame with features, and so no looks; {taste}.")
        how = "by the attention that they get" if self.settings.frames == "attention" else "all alike"
        of = "its only frame" if len(frames) == 1 else f"its {len(frames)} frames, {how}"
        said = f"What it looks like rests on {of}; {taste}."
        return Influences(False, frames, weights.numpy(force=True), said, part=FRAME)

    def vector_scores(self, users: Tensor, items: Tensor) -> Tensor:
        """Return r of [u, w] and [v, x], float32 [n]."""
        return self._scores(users, items)

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return [u, w] that minimises the same loss over ``history`` while the items stay."""
        items = self._items()
        start = self.users.weight.new_zeros(items.shape[1]) if user is None else self.users.weight[user]
        liked = torch.from_numpy(np.asarray(history)).to(items.device)
        return fold_in_by(
            lambda user, rows: self._scores(user[None], items[rows]), self._seen, liked, start, self.settings.l2
        )

    @torch.no_grad()
    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return r of such a user, float32 [items]."""
        vector = self.user_vector(history, user)
        return None if vector is None else self._scores(vector[None], self._items())

    def _items(self) -> Tensor:
        """Return [v_i, x_i], float32 [items, 2 D]."""
        free = self.items.weight.detach() * self._seen[:, None]
        return torch.cat([free, self.looks.of_items(free)], 1)

    def _scores(self, users: Tensor, items: Tensor) -> Tensor:
        """Return r, float32 [...], of [u, w] and [v, x], float32 [..., 2 D] each."""
        (u, w), (v, x) = users.chunk(2, -1), items.chunk(2, -1)
        taste, looks = (u * v).sum(-1), (w * x).sum(-1)
        if self.weighing is None:
            return taste + looks
        share: Tensor = self.weighing(u, v, w, x)
        return 2 * (share * taste + (1 - share) * looks)


class _Weighing(nn.Module):
    """β1 of Eq. 9 and 10."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.hidden = nn.Parameter(torch.empty(dimension, 2 * dimension))
        self.last = nn.Parameter(torch.zeros(1, dimension))
        nn.init.xavier_normal_(self.hidden)

    def forward(self, u: Tensor, v: Tensor, w: Tensor, x: Tensor) -> Tensor:
        """Return float32 [...] for float32 [..., D] each; users and items may be broadcast."""
        share: Tensor = (self._logit(u, v) - self._logit(w, x)).sigmoid()
        return share

    def _logit(self, user: Tensor, item: Tensor) -> Tensor:
        of_user, of_item = self.hidden.chunk(2, 1)
        return linear((linear(user, of_user) + linear(item, of_item)).relu(), self.last)[..., 0].float()
