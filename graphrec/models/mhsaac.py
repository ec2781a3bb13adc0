"""MHSA-AC: fields that attend to one another, and pairs of them weighed by attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field
from torch import Tensor, cat, nn

from graphrec.models.deepfm import DeepSettings
from graphrec.models.field_model import FieldModel
from graphrec.models.interactions import PairAttention, layers, self_attention


class MHSAACSettings(DeepSettings):
    """Settings of MHSA-AC."""

    layers_l2: float = Field(3e-3, ge=0, allow_inf_nan=False)
    """See ``LayerSettings``: attention to pairs learns by heart without it."""
    attention_layers: int = Field(1, ge=1, le=8)
    """How many layers of self-attention."""
    heads: int = Field(2, ge=1, le=64)
    """How many heads each has."""
    attention: int = Field(16, ge=1, le=1024)
    """Numbers of a head, and length of h, by which pairs of fields are weighed (Eq. 9)."""
    depth: int = Field(2, ge=0, le=16)
    """How many layers learn from both (Eq. 2 and 3); none: the answer is linear in them (Eq. 1)."""


class MHSAAC(FieldModel[MHSAACSettings]):
    """Multi-head self-attention and attention crossing (Hasama and Li, 2022).

    S are x_1 .. x_n after self-attention, P = Σ_i<j M_ij (x_i * x_j) with M the softmax of h · relu(W (x_i * x_j) + b)
    (Eq. 7 to 9: the text's n (n - 1)² pairs are n (n - 1) / 2, and its plain sum, which may be 0, a softmax). f is
    w_s · S + w_p · P (Eq. 1), where w_p starts at 1, as that of a factorization machine is, and with the deep part the
    answer of layers to [S, P] is added (Eq. 2 and 3). P is times how many pairs there are (see ``PairAttention``).
    """

    name = "mhsaac"
    title = "clicks by fields that attend to one another, and by weighed pairs of them"
    paper = (
        "Hasama and Li, Attention-based Multimodal Feature Representation Model for Micro-video Recommendation (2022)"
    )
    doi = "10.48550/arXiv.2205.08982"
    Settings = MHSAACSettings
    tuned: ClassVar[Sequence[str]] = ("learning_rate", "l2", "layers_l2", "dropout")

    def build(self, fields: int, settings: MHSAACSettings) -> None:
        """Make both attentions, and the layers."""
        size, heads, width = settings.dimension, settings.heads, settings.attention
        self.attention = self_attention(size, settings.attention_layers, heads, width)
        self.pairs = PairAttention(size, width)
        both = fields * heads * width + size
        self.linear = nn.Linear(both, 1, bias=False)
        nn.init.ones_(self.linear.weight[:, -size:])
        self.deep, out = layers(both, settings.depth, settings.hidden, settings.dropout)
        self.out = nn.Linear(out, 1) if settings.depth else None

    def interact(self, x: Tensor) -> Tensor:
        """Return float32 [B]."""
        both = cat([self.attention(x).flatten(1), self.pairs(x)], 1)
        told: Tensor = self.linear(both).squeeze(1)
        return told if self.out is None else told + self.out(self.deep(both)).squeeze(1)
