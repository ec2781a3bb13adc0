"""AutoInt: fields attend to one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field
from torch import Tensor, nn

from graphrec.models.deepfm import DeepSettings
from graphrec.models.field_model import FieldModel
from graphrec.models.interactions import layers, self_attention


class AutoIntSettings(DeepSettings):
    """Settings of AutoInt."""

    attention_layers: int = Field(2, ge=1, le=8)
    """How many layers of attention."""
    heads: int = Field(2, ge=1, le=64)
    """How many heads each has."""
    attention: int = Field(16, ge=1, le=1024)
    """D', numbers of a head."""
    depth: int = Field(2, ge=0, le=16)
    """How many layers stand beside the attention (AutoInt+, section 5.4); none in AutoInt itself."""


class AutoInt(FieldModel[AutoIntSettings]):
    """AutoInt (Song et al., CIKM 2019).

    Layers of multi-head self-attention over x_1 .. x_n, each with what went in added (Eq. 5 to 8); f is linear in what
    comes out (Eq. 9), and has the answer of layers to [x_1 .. x_n] beside it.
    """

    name = "autoint"
    title = "clicks by fields that attend to one another"
    paper = (
        "Song et al., AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks (CIKM '19)"
    )
    doi = "10.1145/3357384.3357925"
    Settings = AutoIntSettings
    tuned: ClassVar[Sequence[str]] = ("learning_rate", "l2", "layers_l2", "dropout")

    def build(self, fields: int, settings: AutoIntSettings) -> None:
        """Make attention and layers."""
        self.attention = self_attention(
            settings.dimension, settings.attention_layers, settings.heads, settings.attention, scaled=False
        )
        self.attended = nn.Linear(fields * settings.heads * settings.attention, 1)
        self.deep, out = layers(fields * settings.dimension, settings.depth, settings.hidden, settings.dropout)
        self.out = nn.Linear(out, 1, bias=False) if settings.depth else None

    def interact(self, x: Tensor) -> Tensor:
        """Return float32 [B]."""
        told: Tensor = self.attended(self.attention(x).flatten(1)).squeeze(1)
        return told if self.out is None else told + self.out(self.deep(x.flatten(1))).squeeze(1)
