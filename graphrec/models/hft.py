"""HFT: matrix factorization whose factors of items are also the topics of what is written about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from graphrec.errors import DataError
from graphrec.graph.data import Data, Shape
from graphrec.graph.projection import TEXT
from graphrec.graph.records import Records
from graphrec.learning.batch import PointwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pointwise import Pointwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.base import InSpace, Needs
from graphrec.models.commented_frames import require_comments
from graphrec.models.pair_scores import pair_scores
from graphrec.models.parts import Lists
from graphrec.models.vocabulary import WORD, most_said
from graphrec.ragged import Ints, Ragged
from graphrec.settings import Settings

LIKED = "liked"
"""What records are learned by: 1, and 0 where somebody found something bad."""


class HFTSettings(Settings):
    """Settings of HFT."""

    dimension: int = Field(64, ge=1, le=4096)
    """K, the length of the factors, and the number of topics."""
    word_weight: float = Field(0.5, ge=0, allow_inf_nan=False)
    """μ, how much telling a word weighs beside telling a rating."""
    words: int = Field(5_000, ge=1)
    """So many words count at most, those said most in training."""
    min_count: int = Field(5, ge=1)
    """Words said less often in training do not count."""
    l2: float = Field(0.01, ge=0, allow_inf_nan=False)
    """λ on the squared factors and biases of a rating's user and item."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that factors and topics start with."""


class HFT(InSpace[HFTSettings]):
    """Hidden Factors as Topics (McAuley and Leskovec, RecSys 2013), of what users comment on.

    rec(u, i) = α + β_u + β_i + <γ_u, γ_i> (Eq. 1). A share θ_ik of what is written about item i is about topic k, the
    softmax of κ γ_i over topics (Eq. 4); topic k says word w with φ_kw, the softmax over words of ψ_kw + b_w, with b_w
    the log of how often w is said at all. Minimised is Σ (rec(u, i) - r_ui)² - μ Σ_d Σ_j ln Σ_k θ_ik φ_kw (section 3):
    over ratings, and over each word w, at place j of comment d. Ratings are 1 where a user wrote about an item, and 0
    otherwise (KFRCI section 5.1): where that was something bad, and for items that are drawn for each comment, good or
    bad, and about which the user wrote nothing.

    Where it is not the paper's: there each word has one topic z, drawn anew between steps of the gradient, and counts
    ln θ_iz φ_zw. Here z is summed out, which has the same aim, is smooth, and the same for the same seed. A batch is of
    ratings and the words of their comments, so that in an epoch each word counts once. l2 is ours.

    Items without a comment in training have factors and bias 0: words place only what they are written about.
    """

    name = "hft"
    title = "matrix factorization whose factors of items are the topics of comments on them"
    paper = (
        "McAuley and Leskovec, Hidden factors and hidden topics: understanding rating dimensions with review text "
        "(RecSys '13)"
    )
    doi = "10.1145/2507157.2507163"
    Settings = HFTSettings
    needs = Needs(lists=(TEXT,))
    tuned = ("word_weight", "l2", "learning_rate", "dimension")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 5, "batch_size": 512, "patience": 20}

    background: Tensor
    vocabulary: Tensor
    unseen: Tensor

    @classmethod
    def check(cls, data: Data, settings: HFTSettings) -> None:
        """Raise ``DataError`` where records are no comments, or no word of theirs counts."""
        require_comments(data, cls.name)
        said = _said(_rated(data), data)
        if not len(_counting(said, settings)):
            most = int(np.bincount(said.indices).max())
            raise DataError(
                f"no word is said {settings.min_count:,} times in training, the most said {most:,}; --set min_count "
                "lowers it"
            )

    @classmethod
    def notes(cls, data: Data, settings: HFTSettings) -> list[str]:
        """Say how many words count."""
        said = _said(_rated(data), data)
        counting, different = _counting(said, settings), np.unique(said.indices)
        return [
            f"Of {len(different):,} different words {len(counting):,} count: those said most, "
            f"{settings.min_count:,} times or more."
        ]

    def __init__(self, shape: Shape, settings: HFTSettings) -> None:
        super().__init__(shape, settings)
        self.users = Table(shape.users, settings.dimension + 1, std=settings.initial_std)
        self.items = Table(shape.items, settings.dimension + 1, std=settings.initial_std)
        for table in (self.users, self.items):
            nn.init.zeros_(table.weight[:, -1])
        words = min(settings.words, shape.nodes.get(WORD, 0))
        self.topics = nn.Parameter(torch.randn(words, settings.dimension) * settings.initial_std)
        self.offset, self.peak = nn.Parameter(torch.zeros(())), nn.Parameter(torch.ones(()))
        self.register_buffer("background", torch.zeros(words))
        self.register_buffer("vocabulary", torch.full((words,), -1))
        self.register_buffer("unseen", torch.zeros(()))

    def attach(self, data: Data) -> None:
        """Take which items have a comment."""
        self._seen = torch.from_numpy(np.bincount(_rated(data).item, minlength=data.items) > 0).to(self.device)

    def learner(self, data: Data, run: RunContext) -> Descent[PointwiseBatch]:
        """Return gradient descent over ratings."""
        rated, unseen = _rated(data), run.options.negatives
        said = _said(rated, data)
        counting = _counting(said, self.settings)
        times = np.bincount(said.indices, minlength=data.nodes[WORD])[counting]
        self.vocabulary[: len(counting)] = torch.from_numpy(counting)
        self.background.fill_(-torch.inf)
        self.background[: len(counting)] = torch.from_numpy(np.log(times / times.sum()))
        self.unseen.fill_(unseen)
        self._words = Lists.of(_columns(said, counting, data.nodes[WORD]), self.device)
        with torch.no_grad():
            self.offset.fill_(float(rated.values[LIKED].mean()) / (1 + unseen))
        feed = Pointwise(replace(data, records=rated), LIKED, run.options, run.generator(), unseen)
        moves = [self.users.move, self.items.move, Move([self.topics, self.offset, self.peak])]
        return Descent(self, self.loss, feed, [Phase("hft", moves)], run)

    def loss(self, phase: str, batch: PointwiseBatch) -> Tensor:
        """Return the objective's mean over the ratings of the batch, float32 scalar."""
        user, item = self.users(batch.users), self.items(batch.items)
        told = self.offset + user[:, -1] + item[:, -1] + (user[:, :-1] * item[:, :-1]).sum(1)
        written = batch.records >= 0
        lost = self.of_words(batch.records[written], item[written, :-1])
        size = user.square().sum() + item.square().sum()
        total = (told - batch.values).square().sum() + self.settings.word_weight * lost + self.settings.l2 * size
        loss: Tensor = total / len(batch)
        return loss

    def of_words(self, records: Tensor, factors: Tensor) -> Tensor:
        """Return -Σ ln Σ_k θ_ik φ_kw over the words of ``records``, int64 [n], whose items have ``factors`` [n, K]."""
        said = self._words.take(records)
        rows = torch.arange(len(records), device=records.device).repeat_interleave(said.lengths)
        likely = pair_scores(self.shares(factors), self.words(), rows, said.indices[:, None])
        return -likely.log().sum()

    def shares(self, factors: Tensor) -> Tensor:
        """Return θ, float32 [n, K], of items with ``factors``, float32 [n, K]."""
        return torch.softmax(self.peak * factors, 1)

    def words(self) -> Tensor:
        """Return φ, float32 [words, K]: how likely each topic says each word of ``vocabulary``."""
        return torch.softmax(self.topics + self.background[:, None], 0)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return [γ_u, 1] and [γ_i, β_i]: α and β_u change nobody's order."""
        users = self.users.weight[:, :-1]
        return torch.cat([users, users.new_ones(len(users), 1)], 1), self.items.weight * self._seen[:, None]

    @torch.no_grad()
    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return [γ, 1] that minimises the same loss over ``history`` while items stay: exactly, by least squares.

        The items drawn as 0 are all others there are comments on, weighing together what is drawn in training.
        """
        liked = torch.from_numpy(np.asarray(history)).to(self.device)
        liked = liked[self._seen[liked]]
        if not len(liked):
            return None
        weights = self._seen.float()
        weights[liked] = 0
        weights *= self.unseen * len(liked) / weights.sum().clamp(min=1)
        times = torch.bincount(liked, minlength=len(weights)).float()
        factors, biases = self.items.weight[:, :-1], self.items.weight[:, -1]
        columns = torch.cat([factors, torch.ones_like(biases)[:, None]], 1)
        lacking = times - (times + weights) * (self.offset + biases)
        matrix = columns.T @ ((times + weights)[:, None] * columns)
        matrix.diagonal().add_(self.settings.l2 * (1 + self.unseen) * len(liked))
        # Without l2 there may be many solutions: the least.
        found: Tensor = torch.linalg.pinv(matrix, hermitian=True) @ (columns.T @ lacking)
        found[-1] = 1
        return found


def _rated(data: Data) -> Records:
    """Return comments and those against something, with the value ``LIKED``."""
    parts = [data.records] if data.against is None else [data.records, data.against]
    user, item = (np.concatenate([getattr(one, name) for one in parts]) for name in ("user", "item"))
    liked = np.arange(len(user)) < len(data.records)
    records = Records.of_pairs(user, item, data.users, **{LIKED: liked})
    if data.records.text is None:
        return records
    text = np.concatenate([np.asarray(one.text) for one in parts])
    return replace(records, text=text[np.argsort(user, kind="stable")])


def _said(records: Records, data: Data) -> Ragged:
    """Return the words of each of ``records``."""
    return data.lists[TEXT].take(np.asarray(records.text))


def _counting(said: Ragged, settings: HFTSettings) -> Ints:
    """Return the words that count, int64 [n], those said most first."""
    return most_said(said.indices, settings.words, settings.min_count)


def _columns(said: Ragged, counting: Ints, words: int) -> Ragged:
    """Return ``said`` as positions in ``counting``, without the other ``words``."""
    column = np.full(words, -1)
    column[counting] = np.arange(len(counting))
    found = column[said.indices]
    return Ragged.from_sorted(said.rows[found >= 0], found[found >= 0], len(said))
