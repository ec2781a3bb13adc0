"""DeepFM: a factorization machine and layers on the same vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field
from torch import Tensor, nn

from graphrec.models.field_model import FieldModel, LayerSettings
from graphrec.models.interactions import layers, second_order


class DeepSettings(LayerSettings):
    """Settings of models of clicks that have layers."""

    depth: int = Field(2, ge=0, le=16)
    """How many layers."""
    hidden: int = Field(64, ge=1, le=8192)
    """Width of each."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Share of a layer's numbers that is left out in each step."""


class DeepFM(FieldModel[DeepSettings]):
    """DeepFM (Guo et al., IJCAI 2017).

    f = Σ_i<j <x_i, x_j> + the layers' answer to [x_1 .. x_n] (Eq. 1 to 4).
    """

    name = "deepfm"
    title = "clicks by a factorization machine, and layers on the same vectors"
    paper = "Guo et al., DeepFM: A Factorization-Machine based Neural Network for CTR Prediction (IJCAI '17)"
    doi = "10.24963/ijcai.2017/239"
    Settings = DeepSettings
    tuned: ClassVar[Sequence[str]] = ("learning_rate", "l2", "layers_l2", "dropout")

    def build(self, fields: int, settings: DeepSettings) -> None:
        """Make the layers."""
        self.deep, width = layers(fields * settings.dimension, settings.depth, settings.hidden, settings.dropout)
        self.out = nn.Linear(width, 1)

    def interact(self, x: Tensor) -> Tensor:
        """Return float32 [B]."""
        told: Tensor = self.out(self.deep(x.flatten(1))).squeeze(1)
        return second_order(x) + told
