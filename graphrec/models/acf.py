"""ACF: users as what they had, by attention to items and to the frames of items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, embedding, linear, softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch, PointwiseBatch
from graphrec.learning.clicks import click_feed
from graphrec.learning.descent import Descent
from graphrec.learning.learner import Learner
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.base import ANYTHING, EmbeddingScorer, InSpace, Needs, Scorer, Target
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.item_frames import FRAME, LISTS, Weighing, frames_of, require_frames, seen_frames
from graphrec.models.known_pairs import KnownPairs
from graphrec.models.parts import Lists, PartRows, alike_within, pool_within, softmax_within
from graphrec.ragged import Ints, Ragged
from graphrec.settings import Settings

_PAIRS = 1 << 16
"""So many records are attended to at a time where all users are asked for."""


class ACFSettings(Settings):
    """Settings of ACF."""

    dimension: int = Field(64, ge=1, le=4096)
    """D, the length of all vectors."""
    items: Weighing = "attention"
    """How a user's items count: by attention (Eq. 6 and 7), or alike."""
    components: Literal["attention", "mean", "none"] = "attention"
    """How an item's frames count: by attention (Eq. 8 to 10), alike, or not at all."""
    history: int = Field(50, ge=1)
    """So many of a user's records are attended to, the latest ones."""
    l2: float = Field(0.01, ge=0, allow_inf_nan=False)
    """λ on the squared u of a record's user and v of its item and negatives (mean over the batch)."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that vectors start with."""
    scaling: Scaling = "standard"
    """How features of frames are brought to one scale; see ``FeatureScaling``."""


class ACF(InSpace[ACFSettings]):
    """Attentive Collaborative Filtering (Chen et al., SIGIR 2017).

    Score = <u_i + Σ_l α(i, l) p_l, v_j> over the items l that user i had (Eq. 3), on the loss of BPR. α is the softmax
    over them of w · relu(W [u_i, v_l, p_l, x̄_il] + b) (Eq. 6 and 7), and x̄_il = Σ_m β(i, l, m) x_lm, the frames of l as
    this user looks at them, β the softmax of w' · relu(W' [u_i, x_lm] + b') (Eq. 8 to 10). x_lm is the frame's features
    projected to D numbers, which the paper leaves open. An item without a frame has x̄ = 0; items without a training
    record are at 0.

    Of clicks, for which Hasama and Li (2022) compare it, the score is σ of that and of a number that all have, the loss
    is the cross-entropy, and a user had what was clicked: a record's own item is not among it while it is learned from.
    """

    name = "acf"
    title = "users as what they had, by attention to items and to their frames"
    paper = (
        "Chen et al., Attentive Collaborative Filtering: Multimedia Recommendation with Item- and Component-Level "
        "Attention (SIGIR '17)"
    )
    doi = "10.1145/3077136.3080797"
    Settings = ACFSettings
    tasks = ("ranking", "click")
    needs = Needs(described=(FRAME,), lists=LISTS)
    tuned = ("l2", "learning_rate", "dimension", "history")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 1, "batch_size": 1024, "patience": 20}

    mean: Tensor

    @classmethod
    def check(cls, data: Data, settings: ACFSettings) -> None:
        """Raise ``DataError`` where items have no frames with features."""
        if settings.components != "none":
            require_frames(data, cls.name)

    @classmethod
    def reads(cls, settings: ACFSettings) -> Needs:
        """Return the frames, unless they count for nothing."""
        return Needs() if settings.components == "none" else cls.needs

    def __init__(self, shape: Shape, settings: ACFSettings) -> None:
        super().__init__(shape, settings)
        size, width = settings.dimension, shape.beside.get(FRAME, 0)
        self.scaling = FeatureScaling(width, settings.scaling)
        self.register_buffer("mean", torch.zeros(()))
        self.users = Table(shape.users, size, std=settings.initial_std)
        # v and p side by side.
        self.items = Table(shape.items, 2 * size, std=settings.initial_std)
        self.projection = nn.Parameter(torch.zeros(size, width))
        if width:
            nn.init.xavier_normal_(self.projection)
        seen = 3 if settings.components == "none" else 4
        self.of_items = _Attention(seen * size, size) if settings.items == "attention" else None
        self.of_components = _Attention(2 * size, size) if settings.components == "attention" else None

    def attach(self, data: Data) -> None:
        """Take what users had, and the frames of items."""
        clicked = data.records.values[data.value] == 1 if data.binary else None
        own = data.by_user if clicked is None else data.records.where(clicked).by_user
        kept = np.arange(len(own.indices)) >= np.repeat(own.indptr[1:] - self.settings.history, own.lengths)
        latest = Ragged.from_sorted(own.rows[kept], np.asarray(own.indices)[kept], len(own)).distinct()
        self._histories = Lists.of(latest, self.device)
        if self.settings.components != "none":
            self._frames = Lists.of(frames_of(data), self.device)
            self._rows = PartRows(data.content_of(FRAME), self.scaling)
        self._known, self._seen = (
            torch.from_numpy(lists.lengths > 0).to(self.device) for lists in (data.by_user, data.by_item)
        )

    def learner(self, data: Data, run: RunContext) -> Learner:
        """Return gradient descent over triplets, or over records of clicks."""
        if self.settings.components != "none":
            self.scaling.fit(data.content_of(FRAME), seen_frames(data))
            self._rows = PartRows(data.content_of(FRAME), self.scaling)
        tables = {id(self.users.weight), id(self.items.weight)}
        others = Move([one for one in self.parameters() if id(one) not in tables])
        moves = [self.users.move, self.items.move, others]
        if not data.binary:
            feed = Pairwise(data, run.options, run.generator())
            return Descent(self, self.loss, feed, [Phase("bpr", moves)], run)
        clicks, start = click_feed(data, run)
        self.mean.copy_(start)
        return Descent(self, self.click_loss, clicks, [Phase("click", moves)], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        users, rows = torch.unique(batch.users, return_inverse=True)
        own = self.users(users)
        user = embedding(rows, self._users(users, own))
        item = self.items(torch.cat([batch.positives[:, None], batch.negatives], 1))[..., : self.settings.dimension]
        scores = (user[:, None] * item).sum(-1)
        sizes = item.square().sum(-1)
        size = own.square().sum(1)[rows].mean() + sizes[:, 0].mean() + sizes[:, 1:].mean()
        loss: Tensor = softplus(scores[:, 1:] - scores[:, :1]).mean() + self.settings.l2 * size
        return loss

    def click_loss(self, phase: str, batch: PointwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar; no record's own item is in what its user had."""
        own, item = self.users(batch.users), self.items(batch.items)[..., : self.settings.dimension]
        others = self._histories.take(batch.users).without(batch.items)
        told = ((own + self._had(own, others)) * item).sum(1) + self.mean
        size = own.square().sum(1).mean() + item.square().sum(1).mean()
        loss: Tensor = binary_cross_entropy_with_logits(told, batch.values) + self.settings.l2 * size
        return loss

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return inner products, or probabilities of a click."""
        if not self.shape.binary:
            return super().scorer(target)
        with torch.no_grad():
            return KnownPairs(EmbeddingScorer(*self.vectors()), [self._known, self._seen], self._probability)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return u_i + Σ_l α(i, l) p_l and v_j."""
        with torch.no_grad():
            users = torch.cat([self._users(rows, self.users(rows)) for rows in self._blocks()])
        return users, self.items.weight[:, : self.settings.dimension] * self._seen[:, None]

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the same of a user who has had ``history``; u of a new one is 0."""
        known = np.unique(np.asarray(history)[-self.settings.history :])
        known = known[self._seen.numpy(force=True)[known]]
        if not len(known):
            return None
        own = self.users.weight.new_zeros(self.settings.dimension) if user is None else self.users.weight[user]
        lists = Lists.of(Ragged(np.array([0, len(known)]), known), self.device)
        return (own[None] + self._had(own[None], lists))[0]

    def _probability(self, told: Tensor) -> Tensor:
        return (told + self.mean).sigmoid()

    def _users(self, users: Tensor, own: Tensor) -> Tensor:
        return own + self._had(own, self._histories.take(users))

    def _had(self, users: Tensor, histories: Lists) -> Tensor:
        """Return Σ_l α(i, l) p_l, float32 [n, D], of users whose u, float32 [n, D], and histories these are."""
        of_user = torch.arange(len(users), device=users.device).repeat_interleave(histories.lengths)
        items, places = torch.unique(histories.indices, return_inverse=True)
        v, p = self.items(items).chunk(2, 1)
        had = embedding(places, p)
        if self.of_items is None:
            return pool_within(alike_within(histories), had, histories)
        known: list[tuple[Tensor, Tensor | None]] = [(users, of_user), (v, places), (p, places)]
        if self.settings.components != "none":
            known.append((self._looks(users, of_user, histories.indices), None))
        logits = self.of_items(*known)
        return pool_within(softmax_within(logits, histories), had, histories)

    def _looks(self, users: Tensor, of_user: Tensor, items: Tensor) -> Tensor:
        """Return x̄, float32 [n, D], for pairs of u, a row ``of_user`` of ``users``, and items, int64 [n] both."""
        frames = self._frames.take(items)
        distinct, places = torch.unique(frames.indices, return_inverse=True)
        x = linear(self._rows(distinct), self.projection).float()
        seen = embedding(places, x)
        if self.of_components is None:
            return pool_within(alike_within(frames), seen, frames)
        logits = self.of_components((users, of_user.repeat_interleave(frames.lengths)), (x, places))
        return pool_within(softmax_within(logits, frames), seen, frames)

    def _blocks(self) -> list[Tensor]:
        """Return all users in parts whose histories fit in memory."""
        step = max(1, _PAIRS // self.settings.history)
        return list(torch.arange(self.shape.users, device=self.device).split(step))  # type: ignore[no-untyped-call]


class _Attention(nn.Module):
    """w · relu(W [x_1, x_2, ...] + b)."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden, self.last = nn.Linear(inputs, hidden), nn.Linear(hidden, 1, bias=False)

    def forward(self, *parts: tuple[Tensor, Tensor | None]) -> Tensor:
        """Return float32 [n] for x_k as rows, float32 [m, D], and the row of each, int64 [n], or None: one by one.

        W x is worked out once for each row, not for each of the many pairs that it is in.
        """
        summed: Tensor = self.hidden.bias
        for matrix, (rows, places) in zip(self.hidden.weight.chunk(len(parts), 1), parts, strict=True):
            told = linear(rows, matrix)
            summed = summed + (told if places is None else embedding(places, told))
        logits: Tensor = self.last(summed.relu())[:, 0].float()
        return logits
