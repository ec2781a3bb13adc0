"""AFM: a factorization machine that attends to pairs of fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field
from torch import Tensor, nn

from graphrec.models.field_model import FieldModel, LayerSettings
from graphrec.models.interactions import PairAttention


class AFMSettings(LayerSettings):
    """Settings of AFM."""

    layers_l2: float = Field(3e-3, ge=0, allow_inf_nan=False)
    """See ``LayerSettings``: attention to pairs learns by heart without it."""
    attention: int = Field(16, ge=1, le=1024)
    """Length of h, by which pairs of fields are weighed."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Share of the pooled products that is left out in each step (section 3.3)."""


class AFM(FieldModel[AFMSettings]):
    """Attentional factorization machine (Xiao et al., IJCAI 2017).

    f = <p, Σ_i<j a_ij (x_i * x_j)> with a the softmax of h · relu(W (x_i * x_j) + b) (Eq. 4 to 6),
    times how many pairs there are. p starts at 1: at first it is a factorization machine.
    """

    name = "afm"
    title = "clicks by products of pairs of fields, weighed by attention"
    paper = (
        "Xiao et al., Attentional Factorization Machines: Learning the Weight of Feature Interactions via Attention "
        "Networks (IJCAI '17)"
    )
    doi = "10.24963/ijcai.2017/435"
    Settings = AFMSettings
    tuned: ClassVar[Sequence[str]] = ("learning_rate", "l2", "layers_l2", "dropout")

    def build(self, fields: int, settings: AFMSettings) -> None:
        """Make the attention."""
        self.pairs = PairAttention(settings.dimension, settings.attention)
        self.dropout = nn.Dropout(settings.dropout)
        self.out = nn.Linear(settings.dimension, 1, bias=False)
        nn.init.ones_(self.out.weight)

    def interact(self, x: Tensor) -> Tensor:
        """Return float32 [B]."""
        told: Tensor = self.out(self.dropout(self.pairs(x))).squeeze(1)
        return told
