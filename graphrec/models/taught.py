"""What models share that learn from content what a BPR, trained within their learner, says of items with records."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.run import RunContext
from graphrec.models.bpr import BPR, BPRSettings
from graphrec.models.by_content import ByNeighbours, NeighbourSettings
from graphrec.models.pretrained import pretrain
from graphrec.ragged import Ints


class TaughtSettings(NeighbourSettings):
    """Settings of such models."""

    dimension: int = Field(64, ge=1, le=4096)
    """Length of the teacher's factors."""
    teacher_l2: float = Field(0.02, ge=0, allow_inf_nan=False)
    """λ of the BPR that teaches."""
    teacher_epochs: int = Field(100, ge=1, le=10000)
    """Epochs of it."""


T = TypeVar("T", bound=TaughtSettings)


class Taught(ByNeighbours[T]):
    """A model that leaves users and items with records where its teacher has them, [p_u, 1] and [q_i, b_i]."""

    def __init__(self, shape: Shape, settings: T) -> None:
        super().__init__(shape, settings)
        of_teacher = {"dimension": settings.dimension, "l2": settings.teacher_l2}
        self.teacher = BPR(shape, BPRSettings.model_validate(of_teacher))

    def attach(self, data: Data) -> None:
        """Take what items look like, and which have a record."""
        super().attach(data)
        self.teacher.attach(data)

    def teach(self, data: Data, run: RunContext) -> None:
        """Fit the scale of features and train the teacher."""
        self.fit_scaling()
        pretrain(self.teacher, data, run, self.settings.teacher_epochs)

    def known(self, items: Tensor) -> Tensor:
        """Return [q_i, b_i]."""
        return self.teacher.items.weight[items]

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return [p_u, 1], and [q_i, b_i] or, of an item without a record, what content and its neighbours say."""
        return self.teacher.vectors()[0], self.item_vectors()

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return what the teacher makes of ``history``."""
        return self.teacher.user_vector(history, user)
