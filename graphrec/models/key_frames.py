"""Frames for each user, by what they look like and what users write over them: what KFRCI and its halves share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from graphrec.graph.data import Data, Shape
from graphrec.learning.commented import Commented, CommentedBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.base import ANYTHING, SPACE, Model, Scorer, Target, Vectors
from graphrec.models.comment_words import CommentWords
from graphrec.models.commented_frames import log_likelihood
from graphrec.models.folding import fold_in_by
from graphrec.models.frame_vectors import FrameVectors
from graphrec.models.influences import Part
from graphrec.models.kfrci_settings import KFRCISettings, LikeSettings
from graphrec.models.proposing import nearest_linear
from graphrec.models.scored_pairs import ScoredPairs
from graphrec.models.vocabulary import WORD, Vocabulary
from graphrec.ragged import Ints


class KeyFrames(Model[LikeSettings]):
    """What KFRCI (which see), KFRI and KFRC share: the first is whole, the others lack words or images."""

    paper = "Zhang et al., Personalized Key Frame Recommendation (SIGIR '17)"
    doi = "10.1145/3077136.3080776"
    defaults: ClassVar[Mapping[str, Any]] = {
        "negatives": 5, "batch_size": 1024, "learning_rate": 0.01, "patience": 15,
    }  # fmt: skip

    without: ClassVar[Mapping[str, Any]] = {}
    """Settings of KFRCI by which it is what it is."""

    def __init__(self, shape: Shape, settings: LikeSettings) -> None:
        super().__init__(shape, settings)
        self.whole = KFRCISettings.model_validate({**settings.model_dump(), **self.without})
        dimension, layers = self.whole.dimension, self.whole.layers
        widths = [dimension, *(max(1, self.whole.layer_size >> layer) for layer in range(layers))]
        self.users = Table(shape.users, dimension, std=self.whole.initial_std)
        self.frames = FrameVectors(shape, dimension, self.whole.merge, self.whole.scaling, self.whole.initial_std)
        self.hidden = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in pairwise(widths))
        self.last = nn.Linear(widths[-1], 1, bias=False) if layers else None
        self.constant = nn.Parameter(torch.full((1,), -1.5))
        if layers:
            self.proposes = True
        self.vocabulary = Vocabulary(shape.nodes.get(WORD, 0), self.whole.words)
        self.words = (
            CommentWords(
                max(1, self.vocabulary.size),
                widths[self.whole.init] + (dimension if self.whole.reads == "frame" else 0),
                self.whole.word_dimension,
                first=self.whole.first_word,
                softmax=self.whole.softmax,
            )
            if self.whole.alpha
            else None
        )

    def attach(self, data: Data) -> None:
        """Take what frames look like, and which are learned from."""
        self.frames.attach(data)
        self._seen = torch.from_numpy(data.by_item.lengths > 0).to(self.device)

    def learner(self, data: Data, run: RunContext) -> Descent[CommentedBatch]:
        """Return gradient descent over frames and their negatives, with the words of those that have a comment."""
        self.frames.fit(data)
        words = list[nn.Parameter]()
        if self.words is not None:
            self.vocabulary.fit(data, self.whole.min_count)
            self._comments = self.vocabulary.coded(data, self.whole.longest)
            words = [*self.words.parameters()]
        feed = Commented(data, run.options, run.generator(), self.whole.disliked)
        others = [self.constant, *self.hidden.parameters(), *([] if self.last is None else self.last.parameters())]
        moves = [self.users.move, *self.frames.moves, Move([*others, *words])]
        return Descent(self, self.loss, feed, [Phase(self.name, moves)], run)

    def learned(self) -> list[str]:
        """Say how many words are told apart."""
        if self.words is None:
            return []
        return [f"{self.vocabulary.known:,} of {self.shape.nodes.get(WORD, 0):,} words are told apart."]

    def loss(self, phase: str, batch: CommentedBatch) -> Tensor:
        """Return -L3 of Eq. 12 by positive, and ``l2``, float32 scalar."""
        frames, places = torch.unique(batch.items, return_inverse=True)
        vectors, free, seen = self.frames(frames)
        users = self.users(batch.users)
        states = self._states(users[:, None], vectors[places])
        own = self.whole
        sizes = own.l2 * free.square().sum(1) + own.content_l2 * seen.square().sum(1)
        size = own.l2 * users.square().sum(1).mean() + sizes[places].mean()
        words = 0.0
        if self.words is not None:
            preference = self._read(states[own.init], vectors[places]).flatten(0, 1)[batch.pairs]
            words = self.words(preference, self._comments.take(batch.comments))
        likes = log_likelihood(self._out(states[-1]) + self.constant)
        loss: Tensor = (own.alpha * words + (1 - own.alpha) * likes) / len(batch) + size
        return loss

    @torch.no_grad()
    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return w_out · e_D, which ranks as y does."""
        return ScoredPairs(self._scores, self.users.weight.detach(), self.frames.every())

    @torch.no_grad()
    def embeddings(self) -> Mapping[str, Vectors]:
        """Return p and q*, or with layers [p, a - p] and [q*, q*]."""
        users, frames = self.users.weight.detach(), self.frames.every()
        return {SPACE: {"User": self._published(users), self.shape.item: self._twice(frames)}}

    def vector_scores(self, users: Tensor, items: Tensor) -> Tensor:
        """Return the scores of published vectors, float32 [n]."""
        half = self.whole.dimension
        return self._scores(users[..., :half], items[..., :half])

    def vector_parts(self, user: Tensor, item: Tensor) -> list[Part]:
        """Return nothing: images and words are one score."""
        return []

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return what is published of a user whose p ranks ``history`` first while frames stay."""
        p = self._folded(self.frames.every(), history, user)
        return None if p is None else self._published(p[None])[0]

    @torch.no_grad()
    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the scores of such a user, float32 [frames]."""
        frames = self.frames.every()
        p = self._folded(frames, history, user)
        return None if p is None else self._scores(p, frames)

    @torch.no_grad()
    def likely_words(self, user: Tensor, item: Tensor) -> tuple[Ints, Tensor] | None:
        """Return words, int64 [n], and p ln(p / p') of each, float32 [n].

        p is the chance that the user begins with the word here, p' that any user does anywhere. None where first words
        are not predicted. ``user`` and ``item`` are as published.
        """
        if self.words is None or not self.whole.first_word:
            return None
        half, known = self.whole.dimension, self.vocabulary.known
        told = self.words.likely(self._preference(user[None, :half], item[None, :half]))[0]
        gain = told.exp() * (told - self._usual_words(self.words))
        return self.vocabulary.numbers[:known].numpy(force=True), gain[:known]

    def _states(self, users: Tensor, frames: Tensor) -> list[Tensor]:
        """Return e_0 to e_D, float32 [..., widths], of p and q*, float32 [..., d] each."""
        states = [users * frames]
        for layer in self.hidden:
            states.append(layer(states[-1]).relu())
        return states

    def _preference(self, users: Tensor, frames: Tensor) -> Tensor:
        """Return what the LSTM reads of users and frames beside words, float32 [..., E]."""
        state = self._states(users, frames)[self.whole.init]
        return self._read(state, frames.expand(*state.shape[:-1], -1))

    def _read(self, state: Tensor, frames: Tensor) -> Tensor:
        return torch.cat([state, frames], -1) if self.whole.reads == "frame" else state

    def _out(self, state: Tensor) -> Tensor:
        """Return w_out · e_D, float32 [...]."""
        return (state.sum(-1) if self.last is None else self.last(state)[..., 0]).float()

    def _scores(self, users: Tensor, frames: Tensor) -> Tensor:
        return self._out(self._states(users, frames)[-1])

    def _usual_words(self, words: CommentWords) -> Tensor:
        """Return ln p of the first word for users and frames at large, float32 [words]."""
        counts = self.shape.users, self.shape.items
        users, frames = (torch.linspace(0, one - 1, min(one, 16)).long().to(self.device) for one in counts)
        e = self._preference(self.users.weight[users, None], self.frames(frames)[0]).flatten(0, 1)
        return words.likely(e).logsumexp(0) - math.log(len(e))

    def _twice(self, frames: Tensor) -> Tensor:
        return frames.repeat(1, 2) if self.whole.layers else frames

    def _published(self, users: Tensor) -> Tensor:
        """Return what is published of p, float32 [n, d] or [n, 2 d]."""
        if not self.whole.layers:
            return users
        return torch.cat([users, nearest_linear(self._scores, users, self.frames.every()) - users], 1)

    def _folded(self, frames: Tensor, history: Ints, user: int | None) -> Tensor | None:
        start = self.users.weight.detach().mean(0) if user is None else self.users.weight[user]
        liked = torch.from_numpy(np.asarray(history)).to(frames.device)
        return fold_in_by(lambda p, rows: self._scores(p, frames[rows]), self._seen, liked, start, self.whole.l2)
