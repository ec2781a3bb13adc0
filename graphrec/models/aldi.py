"""ALDI: what content says of an item is taught by what a trained model says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softmax, softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.pair_scores import pair_scores
from graphrec.models.taught import Taught, TaughtSettings
from graphrec.models.tower import tower
from graphrec.models.user_weights import user_weights


class ALDISettings(TaughtSettings):
    """Settings of ALDI; ``neighbour_share`` by validation on TikTok's cold items (0: .119, 0.5: .164, 0.8: .172)."""

    neighbour_share: float = Field(0.8, ge=0, le=1)
    """Ours, not the paper's: an item without a record is embedded by (1 - share) * what the student says plus share *
    the mean of what the teacher says of the items with records that are most like it."""
    hidden: int = Field(256, ge=1, le=65536)
    """Width of the student's hidden layer."""
    rating: float = Field(0.1, ge=0, allow_inf_nan=False)
    """α: weight of the ratings' alignment."""
    ranking: float = Field(1.0, ge=0, allow_inf_nan=False)
    """β: weight of the rankings' alignment."""
    identification: float = Field(0.1, ge=0, allow_inf_nan=False)
    """γ: weight of the alignment of what items are told from each other by."""
    trust: float = Field(5.0, ge=0, allow_inf_nan=False)
    """A teacher with so many records counts half of one with very many; 0: all alike."""
    user_weighting: float = Field(0.5, ge=0, le=1)
    """A record of a user with d of them weighs d ** -user_weighting: 0 counts records alike, 1 users."""


class ALDI(Taught[ALDISettings]):
    """Aligning Distillation for Cold-start Item Recommendation (Huang et al., SIGIR 2023).

    An item with records is a teacher, as a trained model has it; a network of its content is the student, who stands in
    for items without. With t and s what they score, the student learns records (u, i) against negatives j by
    -ln σ(s_ui - s_uj), and beside it to be like the teacher: in rating, |s_ui - t_ui| + |s_uj - t_uj|; in ranking, the
    cross-entropy of σ(s_ui - s_uj) against σ(t_ui - t_uj); and in identification, that i is told from the j's by
    content as by the teacher. The three are weighted by how far the teacher is to be trusted (teacher-qualifying).

    Where the paper leaves a choice:

    - The teacher is BPR, trained within the learner. Users stay where it has them, so that one vector of a user ranks
      items with and without records.
    - Identification is the cross-entropy of the shares that i and the j's have of exp(<s_i, t_k>), against those of
      exp(<t_i, t_k>).
    - A teacher with n records weighs n / (n + ``trust``).
    """

    name = "aldi"
    title = "content learns to say of an item what a trained model says of it"
    paper = "Huang et al., Aligning Distillation For Cold-start Item Recommendation (SIGIR '23)"
    doi = "10.1145/3539618.3591732"
    Settings = ALDISettings
    tuned = ("neighbour_share", "neighbours", "scaling", "teacher_l2", "learning_rate")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 5, "learning_rate": 2e-3, "patience": 15}

    def __init__(self, shape: Shape, settings: ALDISettings) -> None:
        super().__init__(shape, settings)
        self.student = tower([shape.width, settings.hidden, settings.dimension + 1])

    def attach(self, data: Data) -> None:
        """Take what items look like, and how many records users and items have."""
        super().attach(data)
        self._weight = user_weights(data, self.settings.user_weighting).to(self.device)
        records = torch.from_numpy(data.by_item.lengths).to(self.device).float()
        self._trust = records / (records + self.settings.trust).clamp(min=1)

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Train the teacher, and return gradient descent of the student over triplets."""
        self.teach(data, run)
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase.of("student", self.student.parameters())], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        items, places = torch.unique(batch.items, return_inverse=True)
        liked = places[: len(batch)]
        columns = torch.cat([liked[:, None], places[len(batch) :].view_as(batch.negatives)], 1)
        with torch.no_grad():
            users, known = self.teacher.vectors()
            known = known[items]
            t = pair_scores(users, known, batch.users, columns)
            likeness = softmax(pair_scores(known, known, liked, columns), 1)
        student = self.embed(self.content[items])
        s = pair_scores(users, student, batch.users, columns)
        told = pair_scores(student, known, liked, columns).log_softmax(1)
        order, right = s[:, :1] - s[:, 1:], torch.sigmoid(t[:, :1] - t[:, 1:])
        wrong = (s - t).abs()
        aligned = (
            self.settings.rating * (wrong[:, 0] + wrong[:, 1:].mean(1))
            + self.settings.ranking * binary_cross_entropy_with_logits(order, right, reduction="none").mean(1)
            - self.settings.identification * (likeness * told).sum(1)
        )
        loss = softplus(-order).mean(1) + self._trust[batch.positives] * aligned
        weighted: Tensor = (loss * self._weight[batch.users]).mean()
        return weighted

    def embed(self, content: Tensor) -> Tensor:
        """Return what the student says, [factors, bias]."""
        embedded: Tensor = self.student(content).float()
        return embedded
